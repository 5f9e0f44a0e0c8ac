"""Freed time and who waits for it, with everybody at once: one place, one person, every time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.errors import HoldLapsed, SlotTaken, StillFree
from bookings.models import Allocation, Booking, Hold, WaitlistEntry
from bookings.services.answering import Acceptance, accept_offer
from bookings.services.hold import lapse_holds
from bookings.services.status import cancel_booking
from core.ids import uuid7
from tests.rivals import rivals
from tests.waiting import state

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clock", "in_order", "no_deadlocks"),
]

ROUNDS = 10
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def days(ten_o_clock):
    """Ten o'clock of as many working days as there are rounds."""
    days = [ten_o_clock + n * DAY for n in range(2 * ROUNDS)]
    return [day for day in days if day.weekday() < 5][:ROUNDS]


def live_at(at) -> list[Allocation]:
    return list(Allocation.objects.filter(starts_at=at, released_at=None))


def test_a_freed_time_is_the_waiting_persons_and_never_a_passer_bys(wait, book, staff, days):
    with rivals(4) as at_once:
        for ten in days:
            booking, lea = book(at=ten), wait("Lea", at=ten)
            cancelled, *others = at_once(
                lambda b=booking: cancel_booking(b, caller=staff),
                *[lambda at=ten: book(at=at)] * 3,
            )

            assert cancelled.status == "CANCELLED"
            assert [type(other) for other in others] == [SlotTaken] * 3
            assert state(lea) == ["OFFERED"]
            assert [one.hold_id is not None for one in live_at(ten)] == [True]


def test_two_cancellations_are_one_offer_to_one_person(wait, book, staff, haircut, anna, ben, days):
    haircut.resources.add(ben)
    with rivals(2) as at_once:
        for ten in days:
            both = [book(at=ten, resource=who) for who in (anna, ben)]
            lea, tom = wait("Lea", at=ten), wait("Tom", at=ten)
            at_once(*[lambda b=each: cancel_booking(b, caller=staff) for each in both])

            assert state(lea, tom) == ["OFFERED", "OFFERED"]
            kept = {one.hold_id for one in live_at(ten)}
            entries = WaitlistEntry.objects.filter(pk__in=[lea.pk, tom.pk])
            assert len(kept) == 2
            assert kept == set(entries.values_list("hold_id", flat=True))
            assert set(entries.values_list("offers", flat=True)) == {1}


def test_an_offer_is_accepted_or_lapses_and_never_both(wait, book, staff, days):
    with rivals(3) as at_once:
        for ten in days:
            booking, lea, tom = book(at=ten), wait("Lea", at=ten), wait("Tom", at=ten)
            cancel_booking(booking, caller=staff)
            entry = WaitlistEntry.objects.select_related("hold").get(pk=lea.pk)
            soon = timezone.now() + timedelta(milliseconds=15)
            Hold.objects.filter(pk=entry.hold_id).update(expires_at=soon)
            Allocation.objects.filter(hold=entry.hold_id).update(expires_at=soon)

            def accept(entry=entry):
                said = Acceptance(company="Lea Ltd", inquiry="Short")
                return accept_offer(
                    entry, offer=1, acceptance=said, caller=staff, booking_id=uuid7()
                )

            one, other, _ = at_once(accept, accept, lapse_holds)
            lapse_holds()

            (kept,) = live_at(ten)
            if state(lea) == ["ACCEPTED"]:
                made = {each.pk for each in (one, other) if isinstance(each, Booking)}
                assert made == {kept.booking_id}
                assert state(tom) == ["WAITING"]
            else:
                assert {type(one), type(other)} == {HoldLapsed}
                assert state(lea, tom) == ["EXPIRED", "OFFERED"]
                assert kept.booking_id is None


def test_whoever_joins_while_a_time_comes_free_is_offered_it_or_told_that_it_is_free(
    wait, book, staff, days
):
    with rivals(2) as at_once:
        for ten in days:
            booking = book(at=ten)
            _, joined = at_once(
                lambda b=booking: cancel_booking(b, caller=staff),
                lambda at=ten: wait("Lea", at=at),
            )

            if isinstance(joined, StillFree):
                assert live_at(ten) == []
            else:
                assert state(joined) == ["OFFERED"]
                assert len(live_at(ten)) == 1
