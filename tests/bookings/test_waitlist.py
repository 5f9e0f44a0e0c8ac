"""The waitlist: who joins, who is offered what comes free, and by whom."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.errors import (
    AlreadyWaiting,
    NotOffered,
    SlotTaken,
    StillFree,
    WaitIsOver,
)
from bookings.models import Allocation, Booking, Hold, WaitlistEntry
from bookings.services.answering import decline_offer, leave_waitlist
from bookings.services.booking import BookingRequest
from bookings.services.hold import drop_hold, new_token, place_hold
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.schedule import set_weekly_hours
from bookings.services.series import Scope, cancel_series, create_series, move_series
from bookings.services.status import cancel_booking, lapse_requests
from bookings.services.waitlist import offer_by_hand
from bookings.tasks import close_windows, lapse_holds, offer_what_is_free
from core.errors import Invalid
from core.models import Event
from tests.factories import ServiceFactory
from tests.waiting import HALF_AN_HOUR, called, happened, offered, state

pytestmark = pytest.mark.django_db

TWO_HOURS = timedelta(hours=2)


# --- joining -----------------------------------------------------------------------------


def test_nobody_waits_for_what_can_be_booked(wait, ten_o_clock):
    with pytest.raises(StillFree) as refusal:
        wait("Lea", to_at=ten_o_clock + timedelta(hours=5))

    free = [slot["startTime"] for slot in refusal.value.details["alternatives"]]
    assert free == [ten_o_clock + n * HALF_AN_HOUR for n in range(3)]
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_at": datetime(2026, 11, 16, 9, tzinfo=UTC)}, "to"),
        ({"to_at": datetime(2026, 11, 15, 9, tzinfo=UTC)}, "to"),
        ({"to_at": datetime(2027, 1, 18, 9, tzinfo=UTC)}, "to"),
        ({"minutes": 20}, "duration"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_its_field(wait, book, changes, field):
    book()
    with pytest.raises(Invalid) as refusal:
        wait("Lea", **changes)

    assert list(refusal.value.details["fields"]) == [field]
    assert not WaitlistEntry.objects.exists()


def test_a_window_in_the_past_and_somebody_who_does_not_do_it_are_refused(wait, book, ben, clock):
    book()
    with pytest.raises(Invalid) as refusal:
        wait("Lea", at=timezone.now() - TWO_HOURS, resource=ben)

    assert set(refusal.value.details["fields"]) == {"to", "resourceId"}


def test_one_person_stands_in_a_line_once(wait, book):
    book()
    entry = wait("Lea")
    with pytest.raises(AlreadyWaiting):
        wait("Lea", customer=replace(called("Lea"), email="LEA@example.com"))

    assert WaitlistEntry.objects.get().pk == entry.pk
    assert happened(entry) == ["joined"]


# --- being offered -----------------------------------------------------------------------


def test_a_cancelled_time_is_kept_for_the_first_in_line_in_the_same_transaction(
    wait, book, staff, ten_o_clock
):
    booking = book()
    lea, tom = wait("Lea"), wait("Tom")

    cancel_booking(booking, caller=staff)

    hold = offered(lea)
    assert (hold.starts_at, hold.ends_at) == (ten_o_clock, ten_o_clock + HALF_AN_HOUR)
    assert round((hold.expires_at - timezone.now()) / HALF_AN_HOUR) == 4
    assert state(tom) == ["WAITING"]
    assert happened(lea) == ["joined", "offered"]
    with pytest.raises(SlotTaken):
        book()


def test_what_nobody_answers_in_time_and_a_no_lead_to_the_same(wait, book, staff, clock, by_link):
    booking = book()
    lea, tom, eva = wait("Lea"), wait("Tom"), wait("Eva")
    cancel_booking(booking, caller=staff)

    clock.shift(TWO_HOURS + timedelta(seconds=1))
    lapse_holds()
    assert state(lea, tom, eva) == ["EXPIRED", "OFFERED", "WAITING"]
    assert Event.objects.get(subject_id=lea.pk, name="waitlist.expired").data == {
        "unanswered": True
    }
    offered(tom)

    decline_offer(tom, offer=1, caller=by_link)
    assert state(lea, tom, eva) == ["EXPIRED", "WAITING", "OFFERED"]
    leave_waitlist(WaitlistEntry.objects.get(pk=eva.pk), caller=by_link)
    # Tom said no to this very time: it is everybody's now.
    assert state(tom, eva) == ["WAITING", "CANCELLED"]
    assert book().status == "PENDING"


def test_an_unanswered_request_a_move_and_a_dropped_hold_free_a_time_too(
    wait, book, haircut, staff, clock, ten_o_clock
):
    haircut.answer_within_minutes = 60
    haircut.save()
    book()
    moves = book(at=ten_o_clock + HALF_AN_HOUR)
    token = new_token()
    held = place_hold(
        service=haircut,
        starts_at=ten_o_clock + 2 * HALF_AN_HOUR,
        minutes=30,
        token=token,
        caller=staff,
    )
    at_ten, later, last = (
        wait(name, at=ten_o_clock + n * HALF_AN_HOUR)
        for n, name in enumerate(("Lea", "Tom", "Eva"))
    )

    drop_hold(held, caller=staff, token=token)
    update_booking(moves, Changes(starts_at=ten_o_clock + TWO_HOURS), caller=staff)
    assert state(at_ten, later, last) == ["WAITING", "OFFERED", "OFFERED"]
    clock.shift(timedelta(minutes=61))
    lapse_requests()

    assert state(at_ten, later, last) == ["OFFERED", "OFFERED", "OFFERED"]


def test_one_freed_hour_serves_two_who_wait_for_half_of_it(wait, book, staff, ten_o_clock):
    booking = book(minutes=60)
    lea = wait("Lea", to_at=ten_o_clock + timedelta(hours=1))
    ann = wait("Ann", minutes=60)
    tom = wait("Tom", to_at=ten_o_clock + timedelta(hours=1))

    cancel_booking(booking, caller=staff)

    assert state(lea, ann, tom) == ["OFFERED", "WAITING", "OFFERED"]
    starts = [offered(one).starts_at for one in (lea, tom)]
    assert starts == [ten_o_clock, ten_o_clock + HALF_AN_HOUR]


def test_who_waits_for_another_service_of_the_same_person_is_asked_too(
    wait, book, salon, anna, ben, haircut, staff
):
    """Its second resource is locked in the same statement, though the booking never had it."""
    dye = ServiceFactory(organization=salon, name="Dye", resources=[anna, ben])
    dye.requirements.create(type=anna.type, quantity=2, position=0)
    booking = book()
    lea = wait("Lea", service=dye)

    with CaptureQueriesContext(connection) as asked:
        cancel_booking(booking, caller=staff)

    hold = offered_with_all(lea)
    assert {one.lane.resource_id for one in hold} == {anna.pk, ben.pk}
    first = next(query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"])
    assert "ORDER BY id" in first


def offered_with_all(entry: WaitlistEntry) -> list[Allocation]:
    entry.refresh_from_db()
    assert entry.status == "OFFERED"
    return list(Allocation.objects.filter(hold=entry.hold, released_at=None))


def test_a_series_gives_each_of_its_times_to_who_waits_for_it(wait, haircut, staff, ten_o_clock):
    week, later = timedelta(weeks=1), ten_o_clock + HALF_AN_HOUR
    mia = replace(called("Mia"), company="Müller GmbH")
    request = BookingRequest(
        service=haircut, customer=mia, starts_at=ten_o_clock, minutes=30, inquiry="As last time"
    )
    first, _ = create_series(request, "FREQ=WEEKLY;COUNT=2", caller=staff).bookings
    early = [wait("Lea"), wait("Tom", at=ten_o_clock + week)]

    move_series(first, Changes(starts_at=later), scope=Scope.ALL, caller=staff)
    assert state(*early) == ["OFFERED", "OFFERED"]

    late = [wait("Eva", at=later), wait("Ida", at=later + week)]
    cancel_series(Booking.objects.get(pk=first.pk), scope=Scope.ALL, caller=staff)
    assert state(*late) == ["OFFERED", "OFFERED"]


def test_an_offer_ends_before_it_could_no_longer_be_accepted(wait, book, haircut, staff, clock):
    """The haircut wants two hours' notice; the offer never reaches into them."""
    booking = book()
    lea = wait("Lea")
    clock.move_to(booking.starts_at - timedelta(hours=2, minutes=40))
    cancel_booking(booking, caller=staff)

    assert offered(lea).expires_at == booking.starts_at - TWO_HOURS


def test_what_is_too_soon_to_be_answered_is_offered_to_nobody(wait, book, staff, clock):
    booking = book()
    lea = wait("Lea")
    clock.move_to(booking.starts_at - timedelta(hours=2, minutes=10))
    cancel_booking(booking, caller=staff)

    assert state(lea) == ["WAITING"]
    assert not Hold.objects.exists()


def test_longer_hours_and_an_offer_between_two_rounds_of_the_clock(
    wait, book, anna, haircut, staff, clock, ten_o_clock
):
    evening = ten_o_clock + timedelta(hours=10)
    lea = wait("Lea", at=evening)
    hours = [(day, time(8), time(22)) for day in range(7)]
    set_weekly_hours(anna, hours, caller=staff)

    offer_what_is_free()

    assert offered(lea).starts_at == evening
    offer_what_is_free()
    assert Hold.objects.count() == 1


def test_who_comes_along_when_an_offer_has_lapsed_is_behind_who_waits(wait, book, staff, clock):
    """Before the clock has noticed: the next in line gets the time, not the passer-by."""
    booking = book()
    lea, tom = wait("Lea"), wait("Tom")
    cancel_booking(booking, caller=staff)
    clock.shift(TWO_HOURS + timedelta(seconds=1))

    with pytest.raises(SlotTaken) as refusal:
        book()

    assert state(lea, tom) == ["EXPIRED", "OFFERED"]
    assert refusal.value.details["alternatives"]
    clock.shift(TWO_HOURS + timedelta(seconds=1))
    assert book().status == "PENDING"  # nobody else waits
    assert state(tom) == ["EXPIRED"]


def test_a_window_that_is_over_ends_the_wait(wait, book, clock):
    book()
    lea = wait("Lea")
    clock.move_to(lea.to_at + timedelta(seconds=1))

    close_windows()

    assert state(lea) == ["EXPIRED"]
    assert happened(lea) == ["joined", "expired"]


# --- the desk ----------------------------------------------------------------------------


def test_staff_offer_a_time_out_of_turn(wait, book, staff, ten_o_clock):
    book()
    wait("Lea")
    tom = wait("Tom")
    tomorrow = ten_o_clock + timedelta(days=1)

    offer_by_hand(tom, starts_at=tomorrow, caller=staff)

    assert offered(tom).starts_at == tomorrow
    with pytest.raises(WaitIsOver):
        offer_by_hand(tom, starts_at=tomorrow + HALF_AN_HOUR, caller=staff)
    with pytest.raises(NotOffered):
        offer_by_hand(wait("Eva"), starts_at=ten_o_clock + timedelta(hours=12), caller=staff)
    assert Hold.objects.count() == 1


# --- what it costs -----------------------------------------------------------------------


def test_where_nobody_waits_a_cancellation_asks_one_short_question_more(book, staff):
    booking = book()
    with CaptureQueriesContext(connection) as asked:
        cancel_booking(booking, caller=staff)

    said = [query["sql"] for query in asked]
    lock, line = (n for n, sql in enumerate(said) if "bookings_waitlistentry" in sql)
    assert "FOR NO KEY UPDATE" in said[lock]  # it says who else would be needed
    assert said[line].lstrip().startswith("SELECT entry.id")
    assert len(said) == 8
