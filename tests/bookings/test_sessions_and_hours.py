"""Whoever reads or changes a calendar meets the sessions in it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.errors import BookingsOutside, PlaceInUse, SlotTaken
from bookings.models import Allocation, DateOverride, Lane, Requirement, Service, TimeOff
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.date_override import set_date_hours
from bookings.services.group_session import cancel_session
from bookings.services.resource import ResourceChanges, update_resource
from bookings.services.session_changing import change_session
from bookings.services.time_off import Absence, add_time_off
from core.access import Role
from tests.bookings.sessions import HOUR, join, live
from tests.cast import MIA
from tests.console import desk_for
from tests.factories import GroupSessionFactory, ResourceFactory, ResourceTypeFactory

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 11, 18)  # the tutorial's, 14:00 to 15:00 in Berlin


@pytest.fixture(autouse=True)
def _it_is_tuesday(clock):
    """The third of November, 2026."""


@pytest.fixture
def away(salon, staff):
    def away(resource=None, on=WEDNESDAY, **how):
        return add_time_off(
            Absence(kind=TimeOff.Kind.SICK, starts_on=on, ends_on=on),
            organization_id=salon.pk,
            resource=resource,
            timezone="Europe/Berlin",
            caller=staff,
            **how,
        )

    return away


def told_of(session, resource=None) -> dict[str, object]:
    """What a refusal says of it."""
    return {
        "groupSessionId": session.pk,
        "startTime": session.starts_at,
        "endTime": session.ends_at,
        "resourceId": (resource or session.resource).pk,
    }


def test_who_may_read_bookings_learns_which_session_is_in_the_way(
    desk, website, tutorial, algebra, anna
):
    algebra.resources.remove(algebra.resources.get(name="Ben"))
    query = {
        "serviceId": str(algebra.pk),
        "from": "2026-11-18T13:00:00Z",
        "to": "2026-11-18T14:00:00Z",
    }

    (seen,) = desk.get("/api/availability/explain", query).data["data"]["candidates"]
    (public,) = website.get("/api/availability/explain", query).data["data"]["candidates"]

    cause = {"kind": "SESSION", "id": str(tutorial.pk)}
    assert seen["reasons"] == [{"code": "TAKEN", "cause": cause}]
    assert public["reasons"] == [{"code": "TAKEN"}]


def test_nobody_is_away_during_their_session_unless_that_is_wanted(tutorial, lea, anna, ben, away):
    join(tutorial, lea)

    for whose in (anna, None):
        with pytest.raises(BookingsOutside) as refused:
            away(whose)
        assert refused.value.details == {"count": 1, "bookings": [told_of(tutorial)]}
    assert not TimeOff.objects.exists()

    away(ben)
    away(anna, even_if_bookings_fall_outside=True)
    tutorial.refresh_from_db()
    assert (tutorial.status, tutorial.version, len(live())) == ("OPEN", 1, 1)


def test_hours_are_not_shortened_over_a_session(tutorial, salon, anna, staff):
    short = {"organization_id": salon.pk, "resource": anna, "on": WEDNESDAY, "caller": staff}

    with pytest.raises(BookingsOutside) as refused:
        set_date_hours(**short, stretches=[(time(9), time(14, 30))])

    assert refused.value.details["bookings"] == [told_of(tutorial)]
    assert not DateOverride.objects.exists()
    set_date_hours(**short, stretches=[(time(14), time(15))])


def test_a_session_out_of_hours_minds_an_absence_and_no_hours(tutorial, salon, anna, staff, away):
    evening = datetime(2026, 11, 18, 18, tzinfo=UTC)
    change_session(tutorial, starts_at=evening, caller=staff)
    set_date_hours(
        organization_id=salon.pk,
        resource=anna,
        on=WEDNESDAY,
        stretches=[(time(9), time(12))],
        caller=staff,
    )

    with pytest.raises(BookingsOutside):
        away(anna)

    assert not TimeOff.objects.exists()


def test_what_is_cancelled_or_over_is_in_nobodys_way(tutorial, algebra, ben, staff, away, clock):
    GroupSessionFactory(service=algebra, resource=ben)
    cancel_session(tutorial, caller=staff)
    clock.move_to(tutorial.ends_at)

    away()

    assert TimeOff.objects.count() == 1


def test_a_session_keeps_the_places_that_its_ta_is_given(tutorial, anna, algebra, staff):
    update_resource(anna, ResourceChanges(places=2), caller=staff)

    assert live() == [
        ("Anna", 1, tutorial.starts_at, tutorial.ends_at),
        ("Anna", 2, tutorial.starts_at, tutorial.ends_at),
    ]
    with pytest.raises(SlotTaken):
        create_booking(individual(algebra, anna, tutorial.starts_at), caller=staff)
    update_resource(anna, ResourceChanges(places=1), caller=staff)
    update_resource(anna, ResourceChanges(places=2), caller=staff)
    assert len(live()) == 2
    cancel_session(tutorial, caller=staff)
    assert live() == []


def test_a_place_on_which_somebody_is_booked_is_not_the_sessions(
    algebra, anna, staff, tutorial, ten_o_clock
):
    """They were left there when the place went; it is theirs when it comes back."""
    update_resource(anna, ResourceChanges(places=2), caller=staff)
    for _ in range(2):
        create_booking(individual(algebra, anna, ten_o_clock), caller=staff)
    update_resource(
        anna, ResourceChanges(places=1), caller=staff, even_if_bookings_fall_outside=True
    )

    update_resource(anna, ResourceChanges(places=2), caller=staff)

    assert [row[2] for row in live()].count(ten_o_clock) == 2
    assert [row[2] for row in live()].count(tutorial.starts_at) == 2


def test_a_place_that_a_session_needs_does_not_go(algebra, anna, salon, staff):
    room = ResourceTypeFactory(organization=salon, key="room", name="Room")
    Requirement.objects.create(service=algebra, type=anna.type, position=0)
    Requirement.objects.create(service=algebra, type=room, position=1)
    blue = ResourceFactory(organization=salon, name="Blue room", type=room, lanes=2)
    algebra.resources.add(blue)
    session = GroupSessionFactory(service=algebra, resource=anna)
    change_session(session, starts_at=session.starts_at + HOUR, caller=staff)
    first, second = Lane.objects.filter(resource=blue).order_by("number")
    Allocation.objects.filter(lane=first).update(lane=second)

    with pytest.raises(PlaceInUse) as refused:
        update_resource(blue, ResourceChanges(places=1), caller=staff)

    session.refresh_from_db()
    assert refused.value.details == {"count": 1, "bookings": [told_of(session, blue)]}
    assert Lane.objects.filter(resource=blue, is_active=True).count() == 2


def test_asking_for_sessions_too_costs_no_statement_more(tutorial, algebra, anna, ben, away, clock):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked, pytest.raises(BookingsOutside):
            away()
        return len(asked)

    one = statements()
    for number in range(1, 4):
        starts_at = tutorial.starts_at + timedelta(hours=2 * number)
        GroupSessionFactory(service=algebra, resource=ben, starts_at=starts_at)
    assert statements() == one


def test_the_console_shows_which_session_stands_there_before_saving(tutorial, lea, salon, anna):
    join(tutorial, lea)
    desk = desk_for(salon, Role.MANAGER)
    page = f"/admin/bookings/resource/{anna.pk}/hours/"
    form = {"go": "save", "valid_from": "", "valid_to": "", "opens0": "09:00", "closes0": "17:00"}

    asked = desk.post(page, form)

    assert f"/admin/bookings/groupsession/{tutorial.pk}/change/" in asked.content.decode()
    assert "1 of 3 places taken" in asked.content.decode()
    assert anna.schedules.get().weekly_hours.count() == 5


def individual(algebra: Service, resource, starts_at: datetime) -> BookingRequest:
    return BookingRequest(
        service=algebra,
        customer=MIA,
        starts_at=starts_at,
        minutes=60,
        resource=resource,
        inquiry="?",
    )
