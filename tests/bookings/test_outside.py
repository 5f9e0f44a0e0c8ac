"""Hours are not changed around a booking unless somebody says that they may be."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.availability.intervals import Interval
from bookings.errors import BookingsOutside
from bookings.models import DateOverride, Schedule, TimeOff, WeeklyHours
from bookings.selectors.outside import Ahead, told
from bookings.selectors.slots import free_slots
from bookings.services.date_override import remove_date_hours, set_date_hours
from bookings.services.holiday import set_public_holidays
from bookings.services.schedule import remove_schedule, set_weekly_hours
from bookings.services.status import cancel_booking
from bookings.services.time_off import Absence, add_time_off, change_time_off, remove_time_off
from core.ids import uuid7
from core.models import Event
from tests.cast import NOW
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 16)  # when Mia comes, at ten o'clock in Berlin
NINE, TEN, HALF_PAST, NOON, FIVE = time(9), time(10), time(10, 30), time(12), time(17)
EVERY_MORNING = [(weekday, NINE, NOON) for weekday in range(5)]
DAY = timedelta(days=1)


def away(starts_on=MONDAY, ends_on=MONDAY, **more):
    return Absence(kind=TimeOff.Kind.VACATION, starts_on=starts_on, ends_on=ends_on, **more)


@pytest.fixture
def ways(salon, anna, staff):
    """Everything that takes Monday at ten away from Anna."""
    schedule = Schedule.objects.get(resource=anna)
    everywhere = {"organization_id": salon.pk, "caller": staff}
    off = {**everywhere, "timezone": "Europe/Berlin"}
    afternoons = [(weekday, NOON, FIVE) for weekday in range(5)]
    return {
        "afternoons": lambda **how: set_weekly_hours(
            anna, afternoons, schedule=schedule, caller=staff, **how
        ),
        "a break": lambda **how: set_weekly_hours(
            anna,
            EVERY_MORNING,
            breaks=[(0, TEN, HALF_PAST)],
            schedule=schedule,
            caller=staff,
            **how,
        ),
        "validity": lambda **how: set_weekly_hours(
            anna,
            EVERY_MORNING,
            schedule=schedule,
            valid_to_on=MONDAY - DAY,
            caller=staff,
            **how,
        ),
        "no schedule": lambda **how: remove_schedule(schedule, caller=staff, **how),
        "a date": lambda **how: set_date_hours(
            resource=anna, on=MONDAY, stretches=[(NOON, FIVE)], **everywhere, **how
        ),
        "a closed date": lambda **how: set_date_hours(
            resource=None, on=MONDAY, stretches=[], **everywhere, **how
        ),
        "time off": lambda **how: add_time_off(away(), resource=anna, **off, **how),
        "hours off": lambda **how: add_time_off(
            away(starts_at_time=time(10, 15), ends_at_time=NOON), resource=anna, **off, **how
        ),
        "recurring": lambda **how: add_time_off(
            away(MONDAY - 7 * DAY, MONDAY - 7 * DAY, recurrence="FREQ=WEEKLY;COUNT=2"),
            resource=None,
            **off,
            **how,
        ),
    }


WAYS = [
    "afternoons", "a break", "validity", "no schedule", "a date", "a closed date",
    "time off", "hours off", "recurring",
]  # fmt: skip


def hours():
    tables = (Schedule, WeeklyHours, DateOverride, TimeOff)
    return [list(table.objects.order_by("pk").values_list()) for table in tables]


@pytest.mark.parametrize("way", WAYS)
def test_a_change_that_leaves_a_booking_outside_is_refused_and_says_which(way, ways, book):
    booking = book()
    before, happened = hours(), Event.objects.count()

    with pytest.raises(BookingsOutside) as refused:
        ways[way]()

    assert refused.value.reason == "BOOKINGS_OUTSIDE"
    assert refused.value.details == {
        "count": 1,
        "bookings": [
            {
                "id": booking.pk,
                "reference": booking.reference,
                "startTime": booking.starts_at,
                "endTime": booking.ends_at,
                "resourceId": booking.resource_id,
            }
        ],
    }
    assert hours() == before
    assert Event.objects.count() == happened


@pytest.mark.parametrize("way", WAYS)
def test_it_is_saved_all_the_same_if_that_is_wanted_and_the_booking_stays(
    way, ways, book, haircut, ten_o_clock, staff
):
    booking = book()
    before = hours()

    ways[way](even_if_bookings_fall_outside=True)

    assert hours() != before
    booking.refresh_from_db()
    assert (booking.status, booking.version) == ("PENDING", 1)
    cancel_booking(booking, caller=staff)
    window = Interval(ten_o_clock, ten_o_clock + timedelta(minutes=1))
    assert free_slots(haircut, window, minutes=30) == []


def test_what_is_cancelled_or_over_does_not_count(ways, book, clock, staff, ten_o_clock):
    cancel_booking(book(), caller=staff)
    book(at=ten_o_clock - 7 * DAY)
    clock.move_to(ten_o_clock - 7 * DAY + timedelta(minutes=30))

    ways["recurring"]()

    assert TimeOff.objects.count() == 1


def test_an_appointment_from_opening_to_closing_is_inside(anna, book, staff):
    book()

    set_date_hours(
        organization_id=anna.organization_id,
        resource=anna,
        on=MONDAY,
        stretches=[(TEN, HALF_PAST)],
        caller=staff,
    )

    assert DateOverride.objects.count() == 1


def test_a_booking_that_was_outside_already_is_in_nobodys_way(ways, book):
    book()
    ways["a closed date"](even_if_bookings_fall_outside=True)

    ways["time off"]()

    assert TimeOff.objects.count() == 1


def test_taking_a_change_back_can_leave_a_booking_outside_too(anna, book, salon, staff):
    saturday = date(2026, 11, 21)
    opened = set_date_hours(
        organization_id=salon.pk, resource=anna, on=saturday, stretches=[(NINE, NOON)], caller=staff
    )
    book(at=ten_on(saturday))

    with pytest.raises(BookingsOutside):
        remove_date_hours(opened, caller=staff)

    assert DateOverride.objects.get() == opened
    remove_date_hours(opened, caller=staff, even_if_bookings_fall_outside=True)
    assert DateOverride.objects.count() == 0


def test_time_off_moved_onto_a_booking_is_refused_and_removed_time_off_never(ways, book, staff):
    off = ways["time off"](even_if_bookings_fall_outside=True)
    tuesday = book(at=ten_on(MONDAY + DAY))

    with pytest.raises(BookingsOutside) as refused:
        change_time_off(off, {"ends_on": MONDAY + DAY}, timezone="Europe/Berlin", caller=staff)

    assert [row["id"] for row in refused.value.details["bookings"]] == [tuesday.pk]
    assert TimeOff.objects.get().ends_on == MONDAY
    remove_time_off(off, caller=staff)
    assert TimeOff.objects.count() == 0


def test_public_holidays_are_not_observed_around_a_booking(book, salon, staff):
    christmas = date(2026, 12, 25)
    book(at=ten_on(christmas))

    with pytest.raises(BookingsOutside):
        set_public_holidays(salon, country="DE", caller=staff)

    salon.refresh_from_db()
    assert salon.holiday_country == ""
    set_public_holidays(salon, country="DE", caller=staff, even_if_bookings_fall_outside=True)
    salon.refresh_from_db()
    assert salon.holiday_country == "DE"


def test_only_whose_hours_change_is_asked_for(book, anna, ben, haircut, staff, salon):
    haircut.resources.add(ben)
    book(resource=anna)

    for resource in (ben, ResourceFactory()):
        set_date_hours(
            organization_id=resource.organization_id,
            resource=resource,
            on=MONDAY,
            stretches=[],
            caller=staff,
        )
    set_date_hours(
        organization_id=OrganizationFactory().pk,
        resource=None,
        on=MONDAY,
        stretches=[],
        caller=staff,
    )
    with pytest.raises(BookingsOutside):
        set_date_hours(
            organization_id=salon.pk, resource=None, on=MONDAY, stretches=[], caller=staff
        )


def test_a_refusal_names_the_first_fifty_and_counts_all():
    bookings = [
        Ahead(booking_id, f"REF-{n}", NOW, NOW + DAY, resource_id)
        for n, booking_id in enumerate([uuid7() for _ in range(60)])
        for resource_id in (uuid7(), uuid7())  # each keeps two resources busy
    ]

    details = told(bookings)

    assert details["count"] == 60
    assert len(details["bookings"]) == 50


def test_everybody_is_locked_in_one_statement_and_asked_for_like_one(
    book, salon, anna, ben, haircut, staff
):
    haircut.resources.add(ben)
    book(resource=anna)
    book(resource=ben)

    def statements(resource):
        with CaptureQueriesContext(connection) as asked, pytest.raises(BookingsOutside):
            set_date_hours(
                organization_id=salon.pk, resource=resource, on=MONDAY, stretches=[], caller=staff
            )
        return [query["sql"] or "" for query in asked.captured_queries]

    one, everybody = statements(anna), statements(None)
    assert len(everybody) == len(one) + 1  # who everybody is
    locks = [sql for sql in everybody if "FOR NO KEY UPDATE" in sql]
    assert len(locks) == 1
    assert "ORDER BY id" in locks[0]


def ten_on(day):
    return datetime.combine(day, TEN, ZoneInfo("Europe/Berlin")).astimezone(UTC)
