"""Everything that changes a booking's status: confirmed, kept, missed, cancelled, lapsed."""

from django.utils import timezone

from bookings.models import Booking
from bookings.services.allocating import Freed, give_back
from bookings.services.locking import lock_resources_of
from bookings.services.offering import offer_to_waitlist
from bookings.services.policy import fee_for_cancelling
from bookings.services.reason import note_reason
from core import events
from core.access import Caller, CallerKind
from core.db import ChangedMeanwhile, in_one_transaction, require_transaction
from core.errors import NotFound, StaleVersion


@in_one_transaction
def confirm_booking(
    booking: Booking, *, caller: Caller, expected_version: int | None = None, **facts: object
) -> Booking:
    """Turn a request into a promise. Raises IllegalTransition, StaleVersion."""
    booking = _moved(booking, Booking.Status.CONFIRMED, expected_version)
    events.record(
        "booking.confirmed", booking, caller=caller, version=booking.version, instant=False, **facts
    )
    return booking


@in_one_transaction
def complete_booking(
    booking: Booking, *, caller: Caller, expected_version: int | None = None
) -> Booking:
    """Note that the appointment took place. Raises IllegalTransition, StaleVersion."""
    booking = _moved(booking, Booking.Status.COMPLETED, expected_version)
    events.record("booking.completed", booking, caller=caller, version=booking.version)
    return booking


@in_one_transaction
def mark_no_show(
    booking: Booking, *, caller: Caller, expected_version: int | None = None
) -> Booking:
    """Note that the customer did not come. Raises IllegalTransition, StaleVersion."""
    booking = _moved(booking, Booking.Status.NO_SHOW, expected_version)
    events.record("booking.marked_no_show", booking, caller=caller, version=booking.version)
    return booking


@in_one_transaction
def cancel_booking(
    booking: Booking,
    *,
    caller: Caller,
    reason: str = "",
    expected_version: int | None = None,
    **facts: object,
) -> Booking:
    """Cancel a booking and give its time back. `reason` is kept encrypted with the booking.

    Whoever waits for this time gets it offered in the same transaction. `facts` (ids and times) go
    into the event. A customer is bound by the service's policy: what a late cancellation costs is
    noted. Raises IllegalTransition, StaleVersion, CancelDeadline.
    """
    lock_resources_of(booking)
    booking = locked(booking)
    check_version(booking, expected_version)
    offer_to_waitlist(_cancel(booking, caller=caller, reason=reason, **facts))
    return booking


def _cancel(booking: Booking, *, caller: Caller, reason: str, **facts: object) -> list[Freed]:
    """Cancel a locked booking whose resources are locked too; return what came free.

    `facts` go into the event.
    """
    was = booking.status
    booking.move_to(Booking.Status.CANCELLED)
    fields = ["status", "cancelled_at", "cancel_reason", "version", "updated_at"]
    if caller.kind == CallerKind.CUSTOMER:
        booking.fee_amount = fee_for_cancelling(booking, now=timezone.now())
        fields.append("fee_amount")
    booking.cancel_reason = reason
    booking.version += 1
    booking.save(update_fields=fields)
    note_reason(booking, reason)
    freed = give_back(booking=booking)
    events.record(
        "booking.cancelled", booking, caller=caller, version=booking.version, was=was, **facts
    )
    return freed


LAPSED_BATCH = 100


def lapse_requests() -> int:
    """Cancel the requests that nobody answered in time; return how many. The clock's part."""
    due = Booking.objects.filter(
        status=Booking.Status.PENDING, lapses_at__lte=timezone.now()
    ).order_by("lapses_at")
    found = list(due[:LAPSED_BATCH])
    return sum(_lapse(booking) for booking in found)


@in_one_transaction
def _lapse(booking: Booking) -> bool:
    """Cancel one, unless somebody answered it meanwhile."""
    lock_resources_of(booking)
    booking = locked(booking)
    if booking.status != Booking.Status.PENDING:
        return False
    clock = Caller.clock(booking.organization_id)
    offer_to_waitlist(_cancel(booking, caller=clock, reason="", unanswered=True))
    return True


CHANGES = {
    Booking.Status.CONFIRMED: confirm_booking,
    Booking.Status.COMPLETED: complete_booking,
    Booking.Status.NO_SHOW: mark_no_show,
    Booking.Status.CANCELLED: cancel_booking,
}


def locked(booking: Booking) -> Booking:
    """Read the row again and hold it: whoever asks second sees what the first one did.

    Raises NotFound; ChangedMeanwhile when it moved to a resource that is not locked yet.
    """
    require_transaction()
    rows = Booking.objects.select_related("service", "resource", "organization")
    fresh = rows.select_for_update(of=["self"], no_key=True).filter(pk=booking.pk).first()
    if fresh is None:
        raise NotFound
    if fresh.resource_id != booking.resource_id:
        booking.resource_id = fresh.resource_id
        raise ChangedMeanwhile
    return fresh


def check_version(booking: Booking, expected: int | None) -> None:
    """Raise StaleVersion when the caller read an older version than the one locked now."""
    if expected is not None and booking.version != expected:
        raise StaleVersion(version=booking.version)


def _moved(booking: Booking, status: Booking.Status, expected_version: int | None) -> Booking:
    """Lock, check and save a change of nothing but the status."""
    booking = locked(booking)
    check_version(booking, expected_version)
    booking.move_to(status)
    booking.version += 1
    booking.save(update_fields=["status", "version", "updated_at"])
    return booking
