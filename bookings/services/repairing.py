"""Mending what can be worked out again without a doubt: what the doctor does on `--repair`.

Each looks again under the locks of the service that should have kept it so, changes nothing that
is in order by then, and records a `….repaired` event with what it was. Each returns whether it
mended something.
"""

from itertools import accumulate
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Allocation, Booking, BundlePurchase, CreditEntry, GroupSession, Hold
from bookings.services.allocating import Freed, end_holds, give_back, give_back_session
from bookings.services.locking import lock_resources
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.models import TenantModel


@in_one_transaction
def count_places_again(session_id: UUID, /, *, caller: Caller) -> bool:
    """Let a session count the places that there are; not if they are more than it has."""
    session = GroupSession.objects.select_for_update(no_key=True).get(pk=session_id)
    taken = session.bookings.exclude(status=Booking.Status.CANCELLED).count()
    held = session.holds.filter(ended_at=None).count()
    was = {"taken": session.taken, "held": session.held}
    if was == {"taken": taken, "held": held} or taken + held > session.capacity:
        return False
    session.taken, session.held = taken, held
    session.save(update_fields=["taken", "held", "updated_at"])
    events.record("group_session.repaired", session, caller=caller, was=was, taken=taken, held=held)
    return True


@in_one_transaction
def take_balance_from_ledger(bundle_id: UUID, /, *, caller: Caller) -> bool:
    """Give a bundle the balance of its ledger; not if the ledger does not add up itself."""
    bundle = BundlePurchase.objects.select_for_update(no_key=True).get(pk=bundle_id)
    lines = list(CreditEntry.objects.filter(bundle=bundle).order_by("number"))
    balances = list(accumulate(line.amount for line in lines))
    adds_up = [(line.number, line.balance) for line in lines] == list(enumerate(balances, start=1))
    was = {"remaining": bundle.remaining_sessions, "entries": bundle.entries}
    if not lines or not adds_up or balances[-1] > bundle.total_sessions:
        return False
    if was == {"remaining": balances[-1], "entries": len(lines)}:
        return False
    bundle.remaining_sessions, bundle.entries = balances[-1], len(lines)
    bundle.save(update_fields=["remaining_sessions", "entries", "updated_at"])
    events.record(
        "bundle.repaired",
        bundle,
        caller=caller,
        was=was,
        remaining=balances[-1],
        entries=len(lines),
    )
    return True


@in_one_transaction
def release_time_of_cancelled_booking(booking_id: UUID, /, *, caller: Caller) -> bool:
    """Give back what a cancelled booking still keeps busy."""
    _lock_lanes(Allocation.objects.filter(booking=booking_id))
    rows = Booking.objects.select_for_update(no_key=True)
    booking = rows.get(pk=booking_id)
    if booking.status != Booking.Status.CANCELLED:
        return False
    return _note("booking.repaired", booking, give_back(booking=booking), caller)


@in_one_transaction
def release_time_of_cancelled_session(session_id: UUID, /, *, caller: Caller) -> bool:
    """Give back what a cancelled session still keeps busy."""
    _lock_lanes(Allocation.objects.filter(group_session=session_id))
    rows = GroupSession.objects.select_for_update(no_key=True)
    session = rows.get(pk=session_id)
    if session.cancelled_at is None:
        return False
    return _note("group_session.repaired", session, give_back_session(session), caller)


@in_one_transaction
def release_time_of_ended_hold(hold_id: UUID, /, *, caller: Caller) -> bool:
    """Give back what a hold that has ended still keeps busy."""
    _lock_lanes(Allocation.objects.filter(hold=hold_id))
    hold = Hold.objects.get(pk=hold_id)
    if hold.ended_at is None:
        return False
    return _note("hold.repaired", hold, end_holds([hold.pk], timezone.now()), caller)


def _lock_lanes(kept: QuerySet[Allocation]) -> None:
    """Queue for what is about to be given back. Who waits for it gets it from the clock."""
    live = kept.filter(released_at=None)
    lock_resources(list(live.values_list("lane__resource_id", flat=True).distinct()))


def _note(name: str, row: TenantModel, freed: list[Freed], caller: Caller) -> bool:
    if freed:
        events.record(name, row, caller=caller, lanes_released=len(freed))
    return bool(freed)
