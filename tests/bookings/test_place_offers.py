"""A place in a group session that comes free goes to who waits for it first."""

from datetime import timedelta

import pytest

from bookings.errors import (
    AlreadyJoined,
    AlreadyWaiting,
    HoldLapsed,
    SessionFull,
    SessionOver,
    StillFree,
)
from bookings.models import Booking, GroupSession, Hold, WaitlistEntry
from bookings.selectors.waitlist import positions_of
from bookings.services.answering import Acceptance, accept_offer, decline_offer, leave_waitlist
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.hold import HoldClaim, lapse_holds
from bookings.services.locking import lock_session
from bookings.services.offering import hold_token
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import end_line, follow_session, lapse_places
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from bookings.services.waitlist import WaitRequest, close_windows, join_waitlist
from core.db import in_one_transaction
from core.errors import NotFound
from core.ids import uuid7
from core.models import Event
from tests.cast import NOW
from tests.factories import GroupSessionFactory
from tests.waiting import called, happened, state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

AT_TWO_HOURS = timedelta(hours=2, seconds=1)


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def join(session, staff):
    def join(name: str, session: GroupSession = session) -> Booking:
        return join_session(PlaceRequest(session=session, customer=called(name)), caller=staff)

    return join


@pytest.fixture
def session(algebra, anna) -> GroupSession:
    """Two places on Wednesday in two weeks at 14:00, with Anna."""
    return GroupSessionFactory(service=algebra, resource=anna, capacity=2)


@pytest.fixture
def full(join) -> list[Booking]:
    """Ada and Max have the two places."""
    return [join("Ada"), join("Max")]


@pytest.fixture
def wait_for(session, staff):
    def wait_for(name: str, session: GroupSession = session) -> WaitlistEntry:
        return wait_for_place(PlaceWait(session=session, customer=called(name)), caller=staff)

    return wait_for


def places(session) -> tuple[int, int]:
    """How many are taken, and how many are kept for somebody."""
    return GroupSession.objects.values_list("taken", "held").get(pk=session.pk)


def accept(entry, staff) -> Booking:
    fresh = WaitlistEntry.objects.get(pk=entry.pk)
    return accept_offer(
        fresh, offer=fresh.offers, acceptance=Acceptance(), caller=staff, booking_id=uuid7()
    )


def test_a_place_given_up_is_kept_for_the_first_in_line(session, full, wait_for, join, staff):
    lea, tom = wait_for("Lea"), wait_for("Tom")

    cancel_booking(full[0], caller=staff)

    assert state(lea, tom) == ["OFFERED", "WAITING"]
    assert places(session) == (1, 1)
    offered = Event.objects.get(name="waitlist.offered")
    assert offered.subject_id == lea.pk
    assert offered.data["group_session_id"] == str(session.pk)
    assert offered.data["starts_at"] == "2026-11-18T13:00:00Z"
    assert round((Hold.objects.get().expires_at - NOW) / timedelta(minutes=1)) == 120
    with pytest.raises(SessionFull):
        join("Passer-by")
    assert places(session) == (1, 1)


def test_whoever_accepts_has_the_place_with_its_price_and_waits_no_longer(
    session, full, wait_for, staff
):
    lea = wait_for("Lea")
    cancel_booking(full[0], caller=staff)

    booking = accept(lea, staff)

    assert (booking.status, booking.seat, booking.source) == ("CONFIRMED", 1, "WAITLIST")
    assert (booking.group_session_id, str(booking.price_amount)) == (session.pk, "15.00")
    assert (state(lea), places(session)) == (["ACCEPTED"], (2, 0))
    assert happened(lea) == ["joined", "offered", "accepted"]
    assert accept(lea, staff) == booking
    assert places(session) == (2, 0)


def test_who_declines_a_place_leaves_and_the_next_is_asked(session, full, wait_for, staff):
    lea, tom = wait_for("Lea"), wait_for("Tom")
    cancel_booking(full[0], caller=staff)

    decline_offer(lea, offer=1, caller=staff)
    decline_offer(lea, offer=1, caller=staff)

    assert state(lea, tom) == ["CANCELLED", "OFFERED"]
    assert happened(lea) == ["joined", "offered", "declined"]
    assert places(session) == (1, 1)
    with pytest.raises(HoldLapsed):
        accept(lea, staff)
    assert places(session) == (1, 1)


def test_who_does_not_answer_makes_room_for_the_next(session, full, wait_for, staff, clock):
    lea, tom = wait_for("Lea"), wait_for("Tom")
    cancel_booking(full[0], caller=staff)
    assert lapse_places() == 0

    clock.shift(AT_TWO_HOURS)
    with pytest.raises(HoldLapsed):
        accept(lea, staff)
    assert lapse_holds() == 0  # a place is no time
    assert lapse_places() == 1

    assert state(lea, tom) == ["EXPIRED", "OFFERED"]
    assert places(session) == (1, 1)
    assert lapse_places() == 0


def test_when_nobody_is_left_in_line_the_place_is_free(session, full, wait_for, join, staff):
    lea = wait_for("Lea")
    cancel_booking(full[0], caller=staff)

    leave_waitlist(lea, caller=staff)

    assert (state(lea), places(session)) == (["CANCELLED"], (1, 0))
    assert join("Ida").seat == 1


def test_an_unanswered_offer_stands_in_nobodys_way_before_the_clock_comes_round(
    session, full, wait_for, join, staff, clock
):
    lea, tom = wait_for("Lea"), wait_for("Tom")
    cancel_booking(full[0], caller=staff)

    clock.shift(AT_TWO_HOURS)
    with pytest.raises(SessionFull):
        join("Passer-by")
    # The refusal of a passer-by changes nothing; the clock gives the place on.
    assert state(lea, tom) == ["OFFERED", "WAITING"]

    lapse_places()
    clock.shift(AT_TWO_HOURS)
    assert join("Passer-by").seat == 1
    assert state(lea, tom) == ["EXPIRED", "EXPIRED"]
    assert places(session) == (2, 0)


def test_who_joins_by_the_door_while_a_place_is_kept_for_them_gets_that_one(
    session, full, wait_for, join, staff
):
    lea = wait_for("Lea")
    cancel_booking(full[0], caller=staff)

    booking = join("Lea")

    assert (state(lea), places(session)) == (["ACCEPTED"], (2, 0))
    assert WaitlistEntry.objects.get(pk=lea.pk).booking == booking


def test_a_place_and_a_time_are_two_things_to_wait_for(session, full, wait_for, staff, algebra):
    place = wait_for("Lea")
    time = join_waitlist(
        WaitRequest(
            service=algebra,
            customer=called("Lea"),
            from_at=session.starts_at,
            to_at=session.ends_at,
            minutes=60,
            resource=session.resource,
        ),
        caller=staff,
    )
    assert positions_of([place, time]) == {place.pk: 1, time.pk: 1}

    cancel_booking(full[0], caller=staff)

    assert state(place, time) == ["OFFERED", "WAITING"]


def test_the_hold_on_a_place_books_no_time(session, full, wait_for, staff, algebra):
    lea = wait_for("Lea")
    cancel_booking(full[0], caller=staff)
    lea.refresh_from_db()
    assert lea.hold is not None

    with pytest.raises(NotFound):
        create_booking(
            BookingRequest(
                service=algebra,
                customer=called("Lea"),
                starts_at=session.starts_at,
                minutes=60,
                hold=HoldClaim(lea.hold.pk, hold_token(lea)),
            ),
            caller=staff,
        )

    assert (state(lea), places(session)) == (["OFFERED"], (1, 1))
    assert Booking.objects.count() == 2


def test_nobody_waits_for_what_they_can_have_or_have(session, full, wait_for, join, clock, staff):
    other = GroupSessionFactory(
        service=session.service, resource=session.resource, starts_at=session.ends_at
    )
    wait_for("Lea")
    with pytest.raises(StillFree):
        wait_for("Lea", other)
    with pytest.raises(AlreadyWaiting):
        wait_for("Lea")
    with pytest.raises(AlreadyJoined) as joined:
        wait_for("Ada")
    assert joined.value.details == {"bookingId": full[0].pk}
    clock.move_to(session.starts_at)
    with pytest.raises(SessionOver):
        wait_for("Tom")
    assert WaitlistEntry.objects.count() == 1


def test_shortly_before_it_begins_a_place_is_for_who_comes_first(
    session, full, wait_for, join, staff, clock
):
    lea = wait_for("Lea")
    clock.move_to(session.starts_at - timedelta(minutes=14))

    cancel_booking(full[0], caller=staff)

    assert (state(lea), places(session)) == (["WAITING"], (1, 0))
    assert join("Ida").seat == 1


def test_an_offer_lasts_until_the_session_begins_and_the_line_ends_then(
    session, full, wait_for, staff, clock
):
    lea, tom = wait_for("Lea"), wait_for("Tom")
    clock.move_to(session.starts_at - timedelta(minutes=30))
    cancel_booking(full[0], caller=staff)
    assert Hold.objects.get().expires_at == session.starts_at

    clock.move_to(session.starts_at)
    assert lapse_places() == 1
    assert close_windows() == 1

    assert state(lea, tom) == ["EXPIRED", "EXPIRED"]
    assert places(session) == (1, 0)


def test_a_cancelled_session_sends_the_line_home(session, full, wait_for, staff):
    lea, tom = wait_for("Lea"), wait_for("Tom")
    cancel_booking(full[0], caller=staff)

    @in_one_transaction
    def call_off() -> int:
        return end_line(lock_session(session.pk))

    assert call_off() == 2
    assert (state(lea, tom), places(session)) == (["EXPIRED", "EXPIRED"], (1, 0))
    ends = Event.objects.filter(name="waitlist.expired").values_list("data", flat=True)
    assert list(ends) == [{"unanswered": False, "session_cancelled": True}] * 2


def test_the_line_and_its_offers_follow_a_session_that_moves(session, full, wait_for, staff):
    wait_for("Lea")
    wait_for("Tom")
    cancel_booking(full[0], caller=staff)

    @in_one_transaction
    def move() -> None:
        moved = lock_session(session.pk)
        moved.starts_at -= timedelta(days=14, hours=4, minutes=30)
        moved.ends_at = moved.starts_at + timedelta(minutes=90)
        moved.save()
        follow_session(moved)

    move()
    begins = session.starts_at - timedelta(days=14, hours=4, minutes=30)
    hold = Hold.objects.get()
    assert (hold.starts_at, hold.expires_at < begins) == (begins, True)
    rows = WaitlistEntry.objects.values_list("from_at", "minutes").order_by("id")
    assert list(rows) == [(begins, 90)] * 2
