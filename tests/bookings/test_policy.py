"""What customers may do alone, until when, and what it costs. Staff are not bound by it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.errors import CancelDeadline, IllegalTransition, RescheduleDeadline, RescheduleLimit
from bookings.models import Booking, ChangeReason
from bookings.services.policy import Action, Allowed, allowed_actions
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Caller, CallerKind
from core.models import Event
from tests.factories import ServiceFactory

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)  # 10:00 in Berlin
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@dataclass
class Policy:
    """A haircut on Monday at ten with one row of rules; nothing of it needs a database."""

    cancel_notice_minutes: int = 0
    reschedule_notice_minutes: int = 0
    most_reschedules: int | None = None
    late_fee_amount: Decimal | None = None

    def allows(self, at, *, status="CONFIRMED", reschedules=0):
        service = ServiceFactory.build(**vars(self))
        booking = Booking(service=service, starts_at=TEN, status=status, reschedules=reschedules)
        return allowed_actions(booking, now=at)


def move_until(until):
    return Allowed(action=Action.RESCHEDULE, until=until)


def cancel_until(until, fee=None):
    return Allowed(action=Action.CANCEL, until=until, fee=fee)


def test_without_rules_everything_is_allowed_until_it_begins():
    assert Policy().allows(TEN) == [move_until(TEN), cancel_until(TEN)]
    assert Policy().allows(TEN + SECOND) == []


def test_each_deadline_counts_back_from_the_start_and_is_the_last_moment_that_is_allowed():
    policy = Policy(cancel_notice_minutes=24 * 60, reschedule_notice_minutes=120)

    assert policy.allows(TEN - DAY) == [move_until(TEN - 2 * HOUR), cancel_until(TEN - DAY)]
    assert policy.allows(TEN - DAY + SECOND) == [move_until(TEN - 2 * HOUR)]
    assert policy.allows(TEN - 2 * HOUR + SECOND) == []


def test_after_the_deadline_a_fee_keeps_cancelling_open_until_it_begins():
    policy = Policy(cancel_notice_minutes=24 * 60, late_fee_amount=Decimal("15.00"))

    assert policy.allows(TEN - DAY) == [move_until(TEN), cancel_until(TEN - DAY)]
    assert policy.allows(TEN - DAY + SECOND) == [
        move_until(TEN),
        cancel_until(TEN, Decimal("15.00")),
    ]
    assert policy.allows(TEN + SECOND) == []


def test_it_may_be_moved_as_often_as_the_service_says():
    policy = Policy(most_reschedules=2)

    assert policy.allows(TEN - DAY, reschedules=1) == [move_until(TEN), cancel_until(TEN)]
    assert policy.allows(TEN - DAY, reschedules=2) == [cancel_until(TEN)]


@pytest.mark.parametrize("status", ["CANCELLED", "COMPLETED", "NO_SHOW"])
def test_what_is_over_allows_nothing(status):
    assert Policy().allows(TEN - DAY, status=status) == []


@pytest.fixture
def customer(salon):
    return Caller(CallerKind.CUSTOMER, salon.pk)


@pytest.fixture
def mias(book, haircut, staff):
    """Mia's confirmed appointment; `changed` are columns of its service."""

    def mias(**changed):
        for name, value in changed.items():
            setattr(haircut, name, value)
        haircut.save()
        return confirm_booking(book(), caller=staff)

    return mias


def stored(booking):
    """All columns, to see that nothing has changed."""
    return Booking.objects.filter(pk=booking.pk).values().get()


def refused(booking, error, act):
    before, happened = stored(booking), Event.objects.count()
    with pytest.raises(error) as refusal:
        act()
    assert stored(booking) == before
    assert (Event.objects.count(), ChangeReason.objects.count()) == (happened, 0)
    return refusal.value.details


def test_a_customer_who_is_late_cannot_cancel_and_staff_can(mias, customer, staff, clock):
    booking = mias(cancel_notice_minutes=24 * 60)
    clock.move_to(TEN - DAY + SECOND)

    details = refused(
        booking, CancelDeadline, lambda: cancel_booking(booking, caller=customer, reason="Ill")
    )

    assert details == {"until": TEN - DAY}
    cancelled = cancel_booking(booking, caller=staff)
    assert (cancelled.status, cancelled.fee_amount) == ("CANCELLED", None)


def test_a_late_cancellation_notes_what_it_costs(mias, customer, clock):
    rules = {"cancel_notice_minutes": 24 * 60, "late_fee_amount": Decimal("15.00")}
    booking = mias(**rules)
    clock.move_to(TEN - DAY + SECOND)

    cancel_booking(booking, caller=customer, reason="Ill")

    row = stored(booking)
    assert (row["status"], row["fee_amount"]) == ("CANCELLED", Decimal("15.00"))
    assert ChangeReason.objects.get().text == "Ill"


def test_in_time_it_costs_nothing(mias, customer, clock):
    booking = mias(cancel_notice_minutes=24 * 60, late_fee_amount=Decimal("15.00"))
    clock.move_to(TEN - DAY - SECOND)

    cancel_booking(booking, caller=customer)

    assert stored(booking)["fee_amount"] is None


def test_a_second_cancellation_is_an_illegal_one_and_costs_nothing_more(mias, customer, clock):
    booking = mias(cancel_notice_minutes=24 * 60, late_fee_amount=Decimal("15.00"))
    cancel_booking(booking, caller=customer)
    clock.move_to(TEN - HOUR)

    refused(booking, IllegalTransition, lambda: cancel_booking(booking, caller=customer))


def test_a_customers_moves_are_counted_and_staffs_are_not(mias, customer, staff):
    booking = mias(most_reschedules=1)

    update_booking(booking, Changes(starts_at=TEN + HOUR), caller=staff)
    moved = update_booking(booking, Changes(starts_at=TEN + 2 * HOUR), caller=customer)
    assert (moved.reschedules, moved.status) == (1, "CONFIRMED")

    details = refused(
        booking,
        RescheduleLimit,
        lambda: update_booking(moved, Changes(starts_at=TEN), caller=customer, reason="Again"),
    )
    assert details == {"most": 1}
    again = update_booking(moved, Changes(starts_at=TEN), caller=staff)
    assert again.reschedules == 1


def test_a_customer_who_is_late_cannot_move_and_staff_can(mias, customer, staff, clock):
    booking = mias(reschedule_notice_minutes=120)
    clock.move_to(TEN - 2 * HOUR + SECOND)
    later = Changes(starts_at=TEN + 4 * HOUR)

    details = refused(
        booking, RescheduleDeadline, lambda: update_booking(booking, later, caller=customer)
    )

    assert details == {"until": TEN - 2 * HOUR}
    assert update_booking(booking, later, caller=staff).starts_at == TEN + 4 * HOUR


def test_what_stays_as_it_is_needs_no_permission(mias, customer, clock):
    booking = mias(reschedule_notice_minutes=120)
    clock.move_to(TEN - HOUR)

    same = update_booking(booking, Changes(starts_at=TEN), caller=customer)

    assert (same.version, same.reschedules) == (booking.version, 0)


def test_why_it_was_moved_and_why_it_was_cancelled_are_kept_encrypted(mias, customer, staff):
    booking = mias()

    moved = update_booking(
        booking, Changes(starts_at=TEN + HOUR), caller=customer, reason="  The train is late  "
    )
    cancel_booking(moved, caller=staff, reason="Anna is ill")

    kept = ChangeReason.objects.filter(booking=booking)
    assert list(kept.values_list("version", "text")) == [
        (3, "The train is late"),
        (4, "Anna is ill"),
    ]
    assert "late" not in str(list(Event.objects.values()))
