"""A group session: it keeps who gives it, and what it needs, from everybody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookings.errors import (
    NotOffered,
    SlotTaken,
    TaBusy,
    TaNotOnCourse,
)
from bookings.models import GroupSession, Lane, Requirement, TimeOff
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.group_session import SessionDetails, create_session
from bookings.services.time_off import Absence, add_time_off
from core.errors import Invalid
from core.models import Event
from tests.bookings.sessions import HOUR, live
from tests.cast import MIA, NOW
from tests.factories import ResourceFactory, ResourceTypeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _it_is_tuesday(clock):
    """The third of November, 2026."""


@pytest.fixture
def details(algebra, anna, ten_o_clock) -> SessionDetails:
    """Three places with Anna for 15 euros, from ten to eleven."""
    return SessionDetails(
        service=algebra,
        resource=anna,
        starts_at=ten_o_clock,
        ends_at=ten_o_clock + HOUR,
        capacity=3,
        price_amount=Decimal("15.00"),
    )


@pytest.fixture
def lay_out(details, staff) -> Callable[..., GroupSession]:
    def lay_out(**changes: Any) -> GroupSession:
        return create_session(replace(details, **changes), caller=staff)

    return lay_out


@pytest.fixture
def individual(algebra, anna, staff, ten_o_clock) -> Callable[..., Any]:
    """Book Mia an hour of algebra with Anna at ten."""

    def individual(**changes: Any) -> Any:
        usual = BookingRequest(
            service=algebra,
            customer=MIA,
            starts_at=ten_o_clock,
            minutes=60,
            inquiry="Fractions",
            resource=anna,
        )
        return create_booking(replace(usual, **changes), caller=staff)

    return individual


def test_a_session_takes_every_lane_of_its_ta(lay_out, anna, ten_o_clock):
    Lane.objects.create(resource=anna, number=2)

    session = lay_out()

    assert live() == [
        ("Anna", 1, ten_o_clock, ten_o_clock + HOUR),
        ("Anna", 2, ten_o_clock, ten_o_clock + HOUR),
    ]
    assert (session.status, session.places_left) == ("OPEN", 3)
    assert (session.price_amount, session.price_currency) == (Decimal("15.00"), "EUR")
    assert (session.timezone, session.version) == ("Europe/Berlin", 1)
    assert list(Event.objects.values_list("name", "subject_id")) == [
        ("group_session.created", session.pk)
    ]


def test_nobody_can_book_its_ta_beside_it(lay_out, individual, ten_o_clock, anna):
    Lane.objects.create(resource=anna, number=2)
    lay_out()

    with pytest.raises(SlotTaken):
        individual()

    assert len(live()) == 2
    assert individual(starts_at=ten_o_clock + HOUR).starts_at == ten_o_clock + HOUR


def test_one_booking_on_any_of_the_lanes_stands_against_it(lay_out, individual, anna):
    Lane.objects.create(resource=anna, number=2)
    individual()

    with pytest.raises(TaBusy):
        lay_out()

    assert not GroupSession.objects.exists()


def test_staff_lay_out_at_hours_at_which_nobody_could_book(lay_out, algebra, ten_o_clock):
    evening = ten_o_clock + 10 * HOUR + timedelta(minutes=7)

    session = lay_out(starts_at=evening, ends_at=evening + timedelta(minutes=95))

    assert live() == [("Anna", 1, evening, evening + timedelta(minutes=95))]
    soon = lay_out(starts_at=NOW + timedelta(minutes=5), ends_at=NOW + HOUR)
    assert session.status == soon.status == "OPEN"


def test_the_buffers_of_the_course_are_kept(lay_out, algebra, ten_o_clock):
    algebra.buffer_after_minutes = 15
    algebra.save()
    lay_out()

    with pytest.raises(TaBusy):
        lay_out(starts_at=ten_o_clock + HOUR, ends_at=ten_o_clock + 2 * HOUR)

    assert live() == [("Anna", 1, ten_o_clock, ten_o_clock + timedelta(minutes=75))]


def test_a_session_takes_one_room_too_and_not_both(lay_out, algebra, anna, ten_o_clock, salon):
    room = ResourceTypeFactory(organization=salon, key="room", name="Room")
    Requirement.objects.create(service=algebra, type=anna.type, position=0)
    Requirement.objects.create(service=algebra, type=room, position=1)
    blue = ResourceFactory(organization=salon, name="Blue room", type=room, lanes=2)
    algebra.resources.add(blue)

    lay_out()
    assert live() == [
        ("Anna", 1, ten_o_clock, ten_o_clock + HOUR),
        ("Blue room", 1, ten_o_clock, ten_o_clock + HOUR),
    ]

    ben = algebra.resources.get(name="Ben")
    lay_out(resource=ben)
    eve = ResourceFactory(organization=salon, name="Eve")
    algebra.resources.add(eve)
    with pytest.raises(SlotTaken) as refused:
        lay_out(resource=eve)
    assert refused.value.reason == "SLOT_TAKEN"
    assert GroupSession.objects.count() == 2


def test_nothing_is_laid_out_while_its_ta_is_away(lay_out, salon, anna, staff, ten_o_clock):
    absence = Absence(
        kind=TimeOff.Kind.VACATION, starts_on=date(2026, 11, 16), ends_on=date(2026, 11, 16)
    )
    add_time_off(
        absence,
        organization_id=salon.pk,
        resource=anna,
        timezone="Europe/Berlin",
        caller=staff,
    )

    with pytest.raises(NotOffered) as refused:
        lay_out()

    assert refused.value.reason == "TIME_OFF"
    assert live() == []


def test_nothing_is_laid_out_on_a_holiday(lay_out, salon):
    salon.holiday_country = "DE"
    salon.save()
    christmas = datetime.fromisoformat("2026-12-25T10:00:00+01:00")

    with pytest.raises(NotOffered) as refused:
        lay_out(starts_at=christmas, ends_at=christmas + HOUR)

    assert refused.value.reason == "HOLIDAY"
    assert live() == []


def test_a_ta_who_does_not_teach_the_course_gives_no_session_of_it(lay_out, salon):
    with pytest.raises(TaNotOnCourse):
        lay_out(resource=ResourceFactory(organization=salon, name="Eve"))
    with pytest.raises(TaNotOnCourse):
        lay_out(resource=ResourceFactory(name="Somebody else's"))
    assert live() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": NOW - HOUR}, "startTime"),
        ({"ends_at": datetime.fromisoformat("2026-11-16T10:00:00+01:00")}, "endTime"),
        ({"ends_at": datetime.fromisoformat("2026-11-17T10:01:00+01:00")}, "endTime"),
        ({"ends_at": datetime.fromisoformat("2026-11-16T10:00:30+01:00")}, "endTime"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 1001}, "capacity"),
        ({"price_amount": Decimal("-0.01")}, "price"),
        ({"price_amount": Decimal("0.001")}, "price"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(lay_out, changes, field):
    with pytest.raises(Invalid) as refused:
        lay_out(**changes)

    assert field in refused.value.details["fields"]
    assert not GroupSession.objects.exists()


def test_only_a_course_has_sessions(lay_out, haircut):
    with pytest.raises(Invalid) as refused:
        lay_out(service=haircut)

    assert refused.value.details["fields"] == {"courseId": ["This service is no course."]}
