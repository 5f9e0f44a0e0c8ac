"""What takes place every week is laid out ahead, where it can be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookings import tasks
from bookings.errors import TaNotOnCourse, TemplateOverlaps
from bookings.models import GroupSession, GroupSessionTemplate, Requirement, TimeOff
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.group_session import cancel_session
from bookings.services.laying_out import conflicts_of, lay_out, lay_out_sessions
from bookings.services.session_changing import change_session
from bookings.services.session_template import TemplateDetails, create_template, update_template
from bookings.services.status import cancel_booking
from bookings.services.time_off import Absence, add_time_off
from core.errors import Invalid
from core.models import Event
from tests.bookings.sessions import join
from tests.cast import MIA
from tests.factories import CourseFactory, ResourceFactory, ResourceTypeFactory

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)
THURSDAY = date(2026, 11, 5)
Laying = Callable[..., GroupSessionTemplate]


@pytest.fixture(autouse=True)
def _it_is_tuesday(clock):
    """The third of November, 2026."""


@pytest.fixture
def weekly(algebra, anna) -> TemplateDetails:
    """Every Thursday with Anna from two to half past three, for four weeks ahead."""
    return TemplateDetails(
        service=algebra,
        resource=anna,
        weekday=3,
        starts_at_time=time(14),
        ends_at_time=time(15, 30),
        capacity=4,
        price_amount=Decimal("12.50"),
        weeks_ahead=4,
    )


@pytest.fixture
def every_week(weekly, staff) -> Laying:
    def every_week(**changes: Any) -> GroupSessionTemplate:
        return create_template(replace(weekly, **changes), caller=staff)

    return every_week


def ahead(template: GroupSessionTemplate) -> list[date]:
    rows = GroupSession.objects.filter(template=template, cancelled_at=None)
    return list(rows.order_by("on").values_list("on", flat=True))


def thursdays(*numbers: int) -> list[date]:
    return [THURSDAY + number * WEEK for number in numbers]


def away(resource, on: date, staff) -> None:
    add_time_off(
        Absence(kind=TimeOff.Kind.VACATION, starts_on=on, ends_on=on),
        organization_id=staff.organization_id,
        resource=resource,
        timezone="Europe/Berlin",
        caller=staff,
    )


def test_a_weekly_session_is_laid_out_as_far_ahead_as_it_says(every_week, anna):
    template = every_week()

    assert ahead(template) == thursdays(0, 1, 2, 3)
    first = GroupSession.objects.first()
    assert (first.starts_at, first.ends_at) == (
        datetime(2026, 11, 5, 13, tzinfo=UTC),
        datetime(2026, 11, 5, 14, 30, tzinfo=UTC),
    )
    assert (first.resource, first.capacity, first.price_amount) == (anna, 4, Decimal("12.50"))
    assert (first.timezone, first.status) == ("Europe/Berlin", "OPEN")
    created = Event.objects.filter(name="group_session.created")
    assert {event.data["template_id"] for event in created} == {str(template.pk)}
    assert Event.objects.filter(name="session_template.created").count() == 1


def test_the_clock_lays_out_another_one_with_each_week(every_week, clock):
    template = every_week()
    assert lay_out_sessions() == 0

    clock.shift(WEEK)
    tasks.lay_out_sessions()

    assert ahead(template) == thursdays(0, 1, 2, 3, 4)


def test_a_weekly_session_has_a_first_and_a_last_day(every_week):
    template = every_week(
        valid_from_on=THURSDAY + timedelta(days=1), valid_to_on=THURSDAY + 2 * WEEK
    )

    assert ahead(template) == thursdays(1, 2)


def test_one_that_is_not_active_is_not_laid_out(every_week, algebra, staff):
    template = every_week(is_active=False)
    assert (ahead(template), lay_out_sessions()) == ([], 0)

    updated = update_template(template, {"is_active": True}, caller=staff)
    assert len(updated.laid.sessions) == 4

    update_template(template, {"is_active": False, "weeks_ahead": 8}, caller=staff)
    assert (ahead(template), lay_out_sessions()) == (thursdays(0, 1, 2, 3), 0)


def test_days_off_and_holidays_are_skipped_and_told(every_week, anna, salon, staff):
    salon.holiday_country = "DE"
    salon.save()
    away(anna, THURSDAY + WEEK, staff)

    template = every_week(weeks_ahead=8)

    assert ahead(template) == thursdays(0, 2, 3, 4, 5, 6, 7)
    friday = every_week(weekday=4, weeks_ahead=8)
    assert [(one.on, one.reason) for one in conflicts_of(friday)] == [
        (date(2026, 12, 25), "HOLIDAY")
    ]
    assert [(one.on, one.reason, one.message) for one in conflicts_of(template)] == [
        (THURSDAY + WEEK, "TIME_OFF", "Nobody is there at this time.")
    ]


def test_a_taken_ta_is_skipped_and_tried_again(every_week, algebra, anna, staff):
    booking = create_booking(
        BookingRequest(
            service=algebra,
            customer=MIA,
            starts_at=datetime(2026, 11, 12, 14, tzinfo=UTC),
            minutes=60,
            resource=anna,
            inquiry="?",
        ),
        caller=staff,
    )
    template = every_week()

    assert ahead(template) == thursdays(0, 2, 3)
    (conflict,) = conflicts_of(template)
    assert (conflict.on, conflict.reason) == (THURSDAY + WEEK, "TA_BUSY")
    assert lay_out(template).skipped == [conflict]

    cancel_booking(booking, caller=staff)
    assert conflicts_of(template) == []
    assert [session.on for session in lay_out(template).sessions] == thursdays(1)


def test_a_taken_room_is_skipped_and_told_too(every_week, algebra, anna, ben, staff, salon):
    room = ResourceTypeFactory(organization=salon, key="room", name="Room")
    Requirement.objects.create(service=algebra, type=anna.type, position=0)
    Requirement.objects.create(service=algebra, type=room, position=1)
    algebra.resources.add(ResourceFactory(organization=salon, name="Blue room", type=room))
    every_week()

    template = every_week(resource=ben)

    assert ahead(template) == []
    assert [one.reason for one in conflicts_of(template)] == ["SLOT_TAKEN"] * 4


def test_a_cancelled_session_is_not_laid_out_again(every_week, staff):
    template = every_week()
    cancel_session(GroupSession.objects.get(on=THURSDAY + WEEK), caller=staff)

    assert lay_out_sessions() == 0
    assert ahead(template) == thursdays(0, 2, 3)


@pytest.mark.parametrize(
    ("today", "weekday", "opens", "closes", "laid_out"),
    [
        # 02:00 to 03:00 is skipped on 28 March 2027, a Sunday.
        ("2027-03-24", 6, time(1, 30), time(3, 30), ("00:30", "01:30")),
        ("2027-03-24", 6, time(2, 30), time(4), ("01:00", "02:00")),
        ("2027-03-24", 6, time(2, 15), time(2, 45), None),
        # 02:00 to 03:00 happens twice on 25 October 2026 and on 31 October 2027.
        ("2027-10-27", 6, time(1, 30), time(3, 30), ("23:30", "02:30")),
        ("2027-10-27", 6, time(2, 30), time(3), ("00:30", "02:00")),
    ],
)
def test_a_session_in_the_night_of_a_clock_change(
    every_week, clock, today, weekday, opens, closes, laid_out
):
    clock.move_to(datetime.fromisoformat(f"{today}T12:00:00+00:00"))

    every_week(weekday=weekday, starts_at_time=opens, ends_at_time=closes, weeks_ahead=1)

    times = [
        (f"{session.starts_at:%H:%M}", f"{session.ends_at:%H:%M}")
        for session in GroupSession.objects.order_by("starts_at")
    ]
    assert times == ([laid_out] if laid_out else [])


def test_hours_stay_on_the_wall_clock_over_a_clock_change(every_week, clock):
    clock.move_to(datetime(2027, 3, 20, 12, tzinfo=UTC))

    every_week(weeks_ahead=2)

    starts = GroupSession.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [f"{start:%d %H:%M}" for start in starts] == ["25 13:00", "01 12:00"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at_time": time(14)}, "endTime"),
        ({"starts_at_time": time(14, 0, 30)}, "startTime"),
        ({"weekday": 7}, "weekday"),
        ({"capacity": 0}, "capacity"),
        ({"price_amount": Decimal(-1)}, "price"),
        ({"weeks_ahead": 53}, "weeksAhead"),
        ({"valid_from_on": THURSDAY, "valid_to_on": date(2026, 11, 4)}, "validTo"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(every_week, staff, changes, field):
    with pytest.raises(Invalid) as refused:
        every_week(**changes)
    assert list(refused.value.details["fields"]) == [field]
    assert not GroupSessionTemplate.objects.exists()

    template = every_week()
    with pytest.raises(Invalid):
        update_template(template, changes, caller=staff)
    assert GroupSession.objects.filter(version=1, cancelled_at=None).count() == 4


def test_only_a_ta_of_the_course_gives_it(every_week, salon, haircut, staff):
    for stranger in (ResourceFactory(organization=salon), ResourceFactory()):
        with pytest.raises(TaNotOnCourse):
            every_week(resource=stranger)
    with pytest.raises(Invalid):
        every_week(service=haircut)
    assert not GroupSessionTemplate.objects.exists()


def test_two_weekly_sessions_of_a_ta_do_not_overlap_in_whatever_course(
    every_week, salon, anna, ben, staff
):
    first = every_week(valid_to_on=date(2026, 12, 31))
    geometry = CourseFactory(organization=salon, resources=[anna])
    overlapping = {
        "service": geometry,
        "starts_at_time": time(15),
        "ends_at_time": time(16),
        "valid_from_on": date(2026, 12, 31),
    }

    with pytest.raises(TemplateOverlaps) as refused:
        every_week(**overlapping)

    assert refused.value.details == {"templateId": first.pk}
    assert GroupSessionTemplate.objects.get() == first
    every_week(**overlapping | {"starts_at_time": time(15, 30)})
    every_week(**overlapping | {"weekday": 4})
    every_week(**overlapping | {"valid_from_on": date(2027, 1, 1), "ends_at_time": time(15, 30)})
    every_week(resource=ben)
    idle = every_week(is_active=False)
    with pytest.raises(TemplateOverlaps):
        update_template(idle, {"is_active": True}, caller=staff)
    idle.refresh_from_db()
    assert idle.is_active is False


def test_what_nobody_has_joined_follows_a_change_and_the_rest_stays(every_week, staff, lea, ben):
    template = every_week()
    joined, *empty = GroupSession.objects.order_by("on")
    join(joined, lea)

    updated = update_template(
        template,
        {"weekday": 4, "starts_at_time": time(16), "ends_at_time": time(17), "resource": ben},
        caller=staff,
    )

    assert (updated.followed.changed, updated.followed.left) == (3, 1)
    assert updated.laid.sessions == []
    assert ahead(template) == [THURSDAY, *(on + timedelta(days=1) for on in thursdays(1, 2, 3))]
    for session, on in zip(empty, thursdays(1, 2, 3), strict=True):
        session.refresh_from_db()
        assert session.starts_at.date() == on + timedelta(days=1)
        assert (f"{session.starts_at:%H:%M}", session.resource) == ("15:00", ben)
    joined.refresh_from_db()
    assert (joined.starts_at, joined.version) == (datetime(2026, 11, 5, 13, tzinfo=UTC), 1)
    assert lay_out_sessions() == 0


def test_a_session_keeps_what_staff_have_changed_of_it_alone(every_week, staff):
    template = every_week()
    moved = GroupSession.objects.get(on=THURSDAY + WEEK)
    change_session(moved, starts_at=moved.starts_at + timedelta(hours=1), caller=staff)

    updated = update_template(template, {"capacity": 6}, caller=staff)

    assert (updated.followed.changed, updated.followed.left) == (4, 0)
    moved.refresh_from_db()
    assert (moved.starts_at, moved.capacity) == (datetime(2026, 11, 12, 14, tzinfo=UTC), 6)


def test_one_that_cannot_follow_is_left(every_week, staff, anna):
    template = every_week()
    away(anna, date(2026, 11, 13), staff)

    updated = update_template(template, {"weekday": 4}, caller=staff)

    assert (updated.followed.changed, updated.followed.left) == (3, 1)
    assert THURSDAY + WEEK in ahead(template)


def test_a_shorter_term_calls_off_what_is_empty_and_a_longer_one_brings_it_back(
    every_week, staff, lea
):
    template = every_week()
    join(GroupSession.objects.get(on=THURSDAY + 3 * WEEK), lea)

    updated = update_template(template, {"valid_to_on": THURSDAY + WEEK}, caller=staff)

    assert (updated.followed.withdrawn, updated.followed.left) == (1, 1)
    assert ahead(template) == thursdays(0, 1, 3)
    assert GroupSession.objects.exclude(cancelled_at=None).count() == 1
    update_template(template, {"valid_to_on": None}, caller=staff)
    assert ahead(template) == thursdays(0, 1, 2, 3)


def test_what_is_the_same_already_is_no_change(every_week, staff, weekly):
    template = every_week()
    happened = Event.objects.count()

    updated = update_template(
        template, {"capacity": 4, "price_amount": Decimal("12.50"), "weekday": 3}, caller=staff
    )

    assert (updated.followed.changed, updated.template.updated_at) == (0, template.updated_at)
    assert Event.objects.count() == happened


def test_an_hour_in_which_nothing_is_to_do_costs_two_statements(
    every_week, anna, staff, ben, django_assert_num_queries
):
    every_week()
    every_week(weekday=4)
    with django_assert_num_queries(2):
        lay_out_sessions()

    away(ben, THURSDAY, staff)
    every_week(resource=ben)
    every_week(resource=ben, weekday=4, starts_at_time=time(16), ends_at_time=time(17))
    with django_assert_num_queries(4):
        lay_out_sessions()
