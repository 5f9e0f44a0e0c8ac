"""The doctor and time: what is booked twice, kept for nothing or not kept is found, and no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Lane, WaitlistEntry
from bookings.services.allocating import end_holds
from bookings.services.hold import new_token, place_hold
from bookings.services.status import cancel_booking
from core.db import in_one_transaction
from tests.doctor import WALLS, break_rows, findings, lift

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def hold(clock, haircut, ten_o_clock, staff):
    """Five minutes in which the Monday at ten is kept."""
    return place_hold(
        service=haircut, starts_at=ten_o_clock, minutes=30, token=new_token(), caller=staff
    )


def test_two_bookings_on_one_lane(book, ten_o_clock, anna):
    first, second = book(), book(at=ten_o_clock + HOUR)
    lift("bookings_allocation", "allocation_lane_is_free")
    break_rows(
        "UPDATE bookings_allocation SET starts_at = %s WHERE booking_id = %s",
        first.ends_at - QUARTER,
        second.pk,
    )

    lane = anna.lanes.get().pk
    assert findings(but=WALLS) == {
        "lanes_are_taken_once": [
            (
                "bookings.booking",
                second.pk,
                f"It overlaps something else on lane {lane} by 15 minutes.",
            )
        ]
    }


@pytest.mark.parametrize(
    "what",
    [
        "released_at = now()",
        "starts_at = starts_at + interval '5 minutes'",
        "ends_at = ends_at - interval '5 minutes'",
        "lane_id = (SELECT max(id) FROM bookings_lane)",
    ],
)
@pytest.mark.parametrize(
    ("whose", "name", "check"),
    [
        ("booking", "bookings.booking", "bookings_keep_their_time"),
        ("tutorial", "bookings.groupsession", "sessions_keep_their_time"),
        ("hold", "bookings.hold", "holds_keep_their_time"),
    ],
)
def test_something_that_does_not_keep_its_time(what, whose, name, check, request, book, ben):
    row = book() if whose == "booking" else request.getfixturevalue(whose)
    break_rows(f"UPDATE bookings_allocation SET {what}")

    minutes = (row.ends_at - row.starts_at) // timedelta(minutes=1)
    sentence = f"Nothing keeps its resource busy throughout its {minutes} minutes."
    found = findings()
    assert found.pop(check) == [(name, row.pk, sentence)]
    # A session that has left a lane has left it to others.
    assert set(found) <= {"sessions_keep_every_lane"}
    assert bool(found) == (whose == "tutorial" and what.startswith(("released", "lane")))


def test_a_session_beside_which_somebody_can_be_booked(tutorial, anna, clock):
    set_up = {"resource": anna, "number": 2}
    Lane.objects.create(**set_up, is_active=False)
    assert findings() == {}
    Lane.objects.filter(**set_up).update(is_active=True)

    assert findings() == {
        "sessions_keep_every_lane": [
            ("bookings.groupsession", tutorial.pk, "1 lanes of its resource are free beside it.")
        ]
    }
    clock.move_to(tutorial.starts_at + QUARTER)
    assert findings() == {}


def test_a_place_in_a_session_that_keeps_time_by_itself(place, ben):
    booking = place()
    break_rows(
        "INSERT INTO bookings_allocation (id, lane_id, booking_id, starts_at, ends_at) "
        "VALUES (gen_random_uuid(), %s, %s, %s, %s)",
        ben.lanes.get().pk,
        booking.pk,
        booking.starts_at,
        booking.ends_at,
    )

    assert findings() == {
        "places_keep_no_time": [
            (
                "bookings.booking",
                booking.pk,
                "It is a place in a session and keeps 1 lanes busy by itself.",
            )
        ]
    }


def test_a_hold_that_nobody_ends(hold, clock):
    clock.shift(5 * 60 + 9 * 60)
    assert findings() == {}
    clock.shift(3 * 60)

    assert findings() == {
        "holds_lapse": [
            (
                "bookings.hold",
                hold.pk,
                "Its time was over 12 minutes ago and it has not ended.",
            )
        ]
    }


def test_an_offer_that_is_not_kept(book, wait, staff):
    given_up = book()
    entry = wait("Zoe")
    cancel_booking(given_up, caller=staff)
    entry = WaitlistEntry.objects.get(pk=entry.pk)
    assert findings() == {}
    in_one_transaction(end_holds)([entry.hold_id], timezone.now())

    assert findings() == {
        "offers_have_a_hold": [
            ("bookings.waitlistentry", entry.pk, "Offer 1 to them is not kept any more.")
        ]
    }


def test_a_request_that_nobody_ends(book, haircut, clock):
    haircut.answer_within_minutes = 60
    haircut.save()
    booking = book()
    clock.shift(69 * 60)
    assert findings() == {}
    clock.shift(2 * 60)

    assert findings() == {
        "requests_lapse": [
            ("bookings.booking", booking.pk, "Its time was over 11 minutes ago and it still waits.")
        ]
    }


def test_a_wait_that_nobody_ends(book, wait, clock):
    booking = book()
    entry = wait("Zoe")
    clock.move_to(booking.ends_at + timedelta(minutes=20))

    assert findings() == {
        "waits_end": [
            (
                "bookings.waitlistentry",
                entry.pk,
                "Its window was over 20 minutes ago and it still waits.",
            )
        ]
    }


def test_a_booking_that_nobody_announced(book):
    booking = book()
    break_rows("UPDATE core_event SET name = 'booking.made' WHERE subject_id = %s", booking.pk)

    assert findings() == {
        "bookings_have_an_event": [
            (
                "bookings.booking",
                booking.pk,
                "There is no event of its making; it is in version 1.",
            )
        ]
    }
