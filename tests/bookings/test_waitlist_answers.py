"""What somebody on the waitlist answers to an offer, and when it is too late."""

from datetime import timedelta

import pytest

from bookings.errors import (
    HoldLapsed,
    WaitIsOver,
)
from bookings.models import Allocation, Booking, WaitlistEntry
from bookings.services.answering import decline_offer, leave_waitlist
from bookings.services.status import cancel_booking
from bookings.tasks import lapse_holds
from core.errors import Invalid
from tests.waiting import HALF_AN_HOUR, offered, state

pytestmark = pytest.mark.django_db

TWO_HOURS = timedelta(hours=2)


def test_an_accepted_offer_is_a_booking_with_the_time_that_was_kept(
    wait, book, staff, accept, ten_o_clock
):
    cancelled = book()
    lea = wait("Lea")
    cancel_booking(cancelled, caller=staff)
    hold = offered(lea)

    booking = accept(lea)

    assert (booking.starts_at, booking.name, booking.source) == (ten_o_clock, "Lea", "WAITLIST")
    assert Allocation.objects.get(released_at=None).booking_id == booking.pk
    lea.refresh_from_db()
    assert (lea.status, lea.booking_id) == ("ACCEPTED", booking.pk)
    hold.refresh_from_db()
    assert hold.ended_at is not None
    assert accept(lea).pk == booking.pk  # the other click of a double click
    assert Booking.objects.count() == 2
    with pytest.raises(WaitIsOver):
        leave_waitlist(lea, caller=staff)


def test_what_the_service_wants_to_know_is_asked_before_it_is_accepted(wait, book, staff, accept):
    cancelled = book()
    lea = wait("Lea")
    cancel_booking(cancelled, caller=staff)

    with pytest.raises(Invalid) as refusal:
        accept(lea, company="")

    assert list(refusal.value.details["fields"]) == ["company"]
    assert state(lea) == ["OFFERED"]
    offered(lea)
    assert Booking.objects.count() == 1


def test_who_accepts_too_late_is_told_so_and_nothing_changes(wait, book, staff, accept, clock):
    cancelled = book()
    lea, tom = wait("Lea"), wait("Tom")
    cancel_booking(cancelled, caller=staff)
    clock.shift(TWO_HOURS + timedelta(seconds=1))

    for _ in ("before the clock has noticed", "after"):
        with pytest.raises(HoldLapsed):
            accept(lea)
        lapse_holds()

    assert state(lea, tom) == ["EXPIRED", "OFFERED"]
    assert Booking.objects.count() == 1


def test_an_answer_to_an_earlier_offer_answers_no_later_one(
    wait, book, staff, accept, by_link, ten_o_clock
):
    one, other = book(), book(at=ten_o_clock + HALF_AN_HOUR)
    lea = wait("Lea", to_at=ten_o_clock + timedelta(hours=1))
    cancel_booking(one, caller=staff)
    decline_offer(WaitlistEntry.objects.get(), offer=1, caller=by_link)
    cancel_booking(other, caller=staff)
    assert offered(lea).starts_at == other.starts_at

    with pytest.raises(HoldLapsed):
        accept(lea, offer=1)
    with pytest.raises(HoldLapsed):
        decline_offer(lea, offer=1, caller=by_link)

    assert accept(lea, offer=2).starts_at == other.starts_at
