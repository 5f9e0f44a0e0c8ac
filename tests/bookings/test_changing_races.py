"""A booking that several change at once: moved, swapped, confirmed, cancelled, in one order."""

from datetime import datetime, timedelta

import pytest

from bookings.models import Allocation, Booking
from bookings.services.swapping import swap_bookings
from core.access import Caller
from core.models import Event
from tests.bookings.racing import (
    FIRST_VERSION,
    HALF_AN_HOUR,
    Desk,
    answers,
    booked,
    events_of,
    live,
    nothing_overlaps,
    ten_o_clock_of_each_day,
)
from tests.rivals import rivals

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("in_order", "no_deadlocks", "busy_times"),
]


@pytest.fixture
def desk(salon, haircut) -> Desk:
    return Desk(salon)


def test_confirming_and_cancelling_at_once_happen_in_one_order(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            confirmed, cancelled = at_once(
                lambda b=booking: desk.confirm(b), lambda b=booking: desk.cancel(b)
            )

            assert cancelled.status_code == 200
            was = Event.objects.get(subject_id=booking["id"], name="booking.cancelled").data["was"]
            if confirmed.status_code == 200:
                assert events_of(booking) == ["created", "confirmed", "cancelled"]
                assert (was, cancelled.json()["data"]["version"]) == ("CONFIRMED", 3)
            else:
                assert answers([confirmed]) == {"409 ILLEGAL_TRANSITION": 1}
                assert events_of(booking) == ["created", "cancelled"]
                assert (was, cancelled.json()["data"]["version"]) == ("PENDING", 2)
            assert Booking.objects.get(pk=booking["id"]).status == "CANCELLED"
            assert live() == []


def test_of_two_who_read_the_same_version_one_changes_it(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            confirmed, cancelled = at_once(
                lambda b=booking: desk.confirm(b, **FIRST_VERSION),
                lambda b=booking: desk.cancel(b, **FIRST_VERSION),
            )

            assert answers([confirmed, cancelled]) == {"200": 1, "412": 1}
            is_cancelled = cancelled.status_code == 200
            assert events_of(booking) == ["created", "cancelled" if is_cancelled else "confirmed"]
            # Its time is free again if and only if it was cancelled.
            mine = [each for each in live() if str(each.booking_id) == booking["id"]]
            assert len(mine) == (0 if is_cancelled else 1)


def test_two_bookings_are_never_moved_into_one_time(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one, other = booked(desk.book(ten)), booked(desk.book(ten + HALF_AN_HOUR))
            noon = ten + timedelta(hours=2)
            responses = at_once(
                *[lambda b=each, at=noon: desk.move(b, at) for each in (one, other)]
            )

            assert answers(responses) == {"200": 1, "409 SLOT_TAKEN": 1}
            moved, stayed = (one, other) if responses[0].status_code == 200 else (other, one)
            assert events_of(moved) == ["created", "rescheduled"]
            assert events_of(stayed) == ["created"]
            assert where(moved) == noon
            assert where(stayed) == datetime.fromisoformat(stayed["timeSlot"]["startTime"])


def where(booking: dict) -> datetime:
    """When it is, which its one live allocation says as well."""
    row = Booking.objects.get(pk=booking["id"])
    kept = Allocation.objects.get(booking=row, released_at=None)
    assert (kept.starts_at, kept.ends_at) == (row.starts_at, row.ends_at)
    assert kept.lane.resource_id == row.resource_id
    return row.starts_at


def test_a_booking_that_two_move_at_once_ends_in_one_place(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            hours = [ten + timedelta(hours=n) for n in (2, 4)]
            responses = at_once(*[lambda b=booking, at=at: desk.move(b, at) for at in hours])

            assert answers(responses) == {"200": 2}
            last = max(responses, key=lambda response: response.json()["data"]["version"])
            assert last.json()["data"]["version"] == 3
            start = last.json()["data"]["timeSlot"]["startTime"]
            assert where(booking) == datetime.fromisoformat(start)


def test_two_who_change_places_do_not_wait_for_each_other(desk, haircut, anna, ben):
    haircut.resources.add(ben)
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one = booked(desk.book(ten, resourceId=str(anna.pk)))
            other = booked(desk.book(ten, resourceId=str(ben.pk)))
            noon = ten + timedelta(hours=2)
            responses = at_once(
                lambda b=one, at=noon: desk.move(b, at, resourceId=str(ben.pk)),
                lambda b=other, at=noon: desk.move(b, at, resourceId=str(anna.pk)),
            )

            assert answers(responses) == {"200": 2}
            assert where(one) == where(other) == noon
            assert nothing_overlaps()


def test_of_two_swaps_of_the_same_bookings_at_once_one_happens(desk, salon, haircut, anna, ben):
    """Each read version 1 of both, and they name them in opposite order."""
    haircut.resources.set([anna, ben])
    caller = Caller.command(salon.pk)
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one = booked(desk.book(ten, resourceId=str(anna.pk)))
            other = booked(desk.book(ten + 2 * HALF_AN_HOUR, resourceId=str(ben.pk)))

            def swap(first: dict, second: dict):
                both = [Booking.objects.get(pk=each["id"]) for each in (first, second)]
                return swap_bookings(*both, caller=caller, expected_versions=(1, 1))

            results = at_once(lambda a=one, b=other: swap(a, b), lambda a=one, b=other: swap(b, a))

            assert sorted(type(each).__name__ for each in results) == ["StaleVersion", "tuple"]
            assert where(one) == ten + 2 * HALF_AN_HOUR
            assert where(other) == ten
            assert events_of(one) == events_of(other) == ["created", "rescheduled"]
            assert nothing_overlaps()


def test_a_booking_moved_while_it_is_cancelled_keeps_no_time(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking, noon = booked(desk.book(ten)), ten + timedelta(hours=2)
            moved, cancelled = at_once(
                lambda b=booking, at=noon: desk.move(b, at), lambda b=booking: desk.cancel(b)
            )

            assert cancelled.status_code == 200
            if moved.status_code == 200:
                assert events_of(booking) == ["created", "rescheduled", "cancelled"]
            else:
                assert answers([moved]) == {"409 ILLEGAL_TRANSITION": 1}
                assert events_of(booking) == ["created", "cancelled"]
            assert live() == []
