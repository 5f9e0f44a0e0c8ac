"""The doctor, places and credits: what is counted, shared or paid wrongly is found, and no more."""

from datetime import timedelta

import pytest

from bookings.models import CreditEntry
from bookings.services.status import cancel_booking
from tests.doctor import WALLS, break_rows, findings, lift

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BOOKING = "bookings.booking"


@pytest.fixture
def two(place):
    """Two places in the tutorial, on seats 1 and 2."""
    return place(), place()


def test_two_on_one_seat(two, tutorial):
    lift("bookings_booking", "booking_seat_is_taken_once")
    break_rows("UPDATE bookings_booking SET seat = 1")

    assert findings(but=WALLS) == {
        "seats_are_taken_once": [("bookings.groupsession", tutorial.pk, "2 bookings have seat 1.")]
    }


def test_one_on_two_seats(two, tutorial):
    lift("bookings_booking", "booking_in_a_session_once")
    break_rows("UPDATE bookings_booking SET customer_id = %s", two[0].customer_id)

    assert findings(but=WALLS) == {
        "customers_join_once": [
            ("bookings.groupsession", tutorial.pk, "One customer has 2 places.")
        ]
    }


@pytest.mark.parametrize(
    ("what", "minutes"),
    [("starts_at = starts_at - interval '30 minutes'", 30), ("resource_id = %s", 0)],
)
def test_a_place_that_is_not_where_its_session_is(two, ben, what, minutes):
    _, second = two
    break_rows(
        f"UPDATE bookings_booking SET {what} WHERE id = %s",
        *([ben.pk] if "%s" in what else []),
        second.pk,
    )

    assert findings() == {
        "places_follow_their_session": [
            (
                BOOKING,
                second.pk,
                f"It differs from its session: by {minutes} minutes, or in who or what it is.",
            )
        ]
    }


def test_a_place_in_a_session_that_was_cancelled(two, tutorial):
    break_rows("UPDATE bookings_groupsession SET cancelled_at = now()")

    found = findings()

    assert sorted(found.pop("cancelled_sessions_have_no_places"), key=lambda one: one[1]) == [
        (BOOKING, booking.pk, "Its session was cancelled; this place is still CONFIRMED.")
        for booking in two
    ]
    assert set(found) == {"cancelled_sessions_keep_no_time"}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("balance = 7", "Entry 3 says 7; entry 2 said 9, and -1 came to it."),
        ("number = 5", "Entry 5 says 8; entry 2 said 9, and -1 came to it."),
    ],
)
def test_a_ledger_that_does_not_add_up(lesson, ten_o_clock, what, says):
    lesson()
    lesson(ten_o_clock + DAY)
    entry = CreditEntry.objects.get(number=3)
    break_rows(f"UPDATE bookings_creditentry SET {what} WHERE id = %s", entry.pk)

    found = findings()

    assert found.pop("ledgers_add_up") == [("bookings.creditentry", entry.pk, says)]
    assert set(found) <= {"balances_are_their_ledgers"}


@pytest.fixture
def returned(lesson, ten_o_clock, staff):
    """The entry by which a cancelled lesson got its credit back."""
    cancelled = lesson(ten_o_clock + DAY)
    cancel_booking(cancelled, caller=staff)
    return CreditEntry.objects.get(booking=cancelled, kind="RETURNED")


def test_a_credit_that_comes_back_without_having_been_spent(book, returned, staff):
    never_paid = cancel_booking(book(), caller=staff)
    break_rows(
        "UPDATE bookings_creditentry SET booking_id = %s WHERE id = %s", never_paid.pk, returned.pk
    )

    assert findings() == {
        "credits_come_back_once": [
            (BOOKING, never_paid.pk, "It spent 0 times and got back 1 times; 1 are left over.")
        ]
    }


def test_a_credit_that_is_spent_twice(lesson, returned):
    booking = lesson()
    lift("bookings_creditentry", "credit_spent_once_per_booking")
    spent = CreditEntry.objects.get(booking=returned.booking, kind="SPENT")
    break_rows(
        "UPDATE bookings_creditentry SET booking_id = %s WHERE id = %s", booking.pk, spent.pk
    )

    found = findings(but=WALLS)

    assert sorted(says for _, _, says in found.pop("credits_come_back_once")) == [
        "It spent 0 times and got back 1 times; 1 are left over.",
        "It spent 2 times and got back 0 times; -2 are left over.",
    ]
    assert set(found) == {"bundles_pay_what_they_paid"}


def test_a_credit_that_came_back_to_who_did_not_cancel(lesson, returned):
    booking = lesson()
    break_rows(
        "UPDATE bookings_creditentry SET booking_id = %s WHERE id = %s", booking.pk, returned.pk
    )

    assert findings() == {
        "only_cancelling_gives_back": [
            (BOOKING, booking.pk, "It is CONFIRMED and has got its credit back.")
        ]
    }


def test_a_bundle_that_paid_and_is_not_named(lesson):
    booking = lesson()
    break_rows("UPDATE bookings_booking SET bundle_id = NULL")

    assert findings() == {
        "bundles_pay_what_they_paid": [
            (BOOKING, booking.pk, "It names a bundle in 0 and was paid by one in 1 cases.")
        ]
    }


def test_a_bundle_that_is_named_and_did_not_pay(lesson, bundle):
    booking = lesson(bundle=None)
    break_rows("UPDATE bookings_booking SET bundle_id = %s, price_amount = 0", bundle.pk)

    assert findings() == {
        "bundles_pay_what_they_paid": [
            (BOOKING, booking.pk, "It names a bundle in 1 and was paid by one in 0 cases.")
        ]
    }


@pytest.mark.parametrize("what", ["price_amount = 40", "customer_id = (%s)"])
def test_a_bundle_that_pays_for_somebody_else_or_not_all(lesson, place, what):
    booking, other = lesson(), place()
    parameters = [other.customer_id] if "%s" in what else []
    break_rows(f"UPDATE bookings_booking SET {what} WHERE id = %s", *parameters, booking.pk)

    price = "0.00" if parameters else "40.00"
    assert findings() == {
        "bundles_pay_their_own": [
            (
                BOOKING,
                booking.pk,
                f"The bundle that paid is another customer's or course's, or {price} was asked.",
            )
        ]
    }
