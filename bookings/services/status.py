"""Everything that changes a booking's status: confirmed, kept, missed, cancelled, lapsed."""

from django.utils import timezone

from bookings.models import Booking
from bookings.services.allocating import Freed, give_back
from bookings.services.credit import give_credit_back, lock_bundle, returns_credit
from bookings.services.locking import lock_resources_of, lock_session
from bookings.services.offering import offer_to_waitlist
from bookings.services.place import give_up_place
from bookings.services.place_offers import offer_places
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
    booking = _moved(booking, Booking.Status.CONFIRMED, expected_version, caller)
    events.record(
        "booking.confirmed", booking, caller=caller, version=booking.version, instant=False, **facts
    )
    return booking


@in_one_transaction
def complete_booking(
    booking: Booking, *, caller: Caller, expected_version: int | None = None
) -> Booking:
    """Note that the appointment took place. Raises IllegalTransition, StaleVersion."""
    booking = _moved(booking, Booking.Status.COMPLETED, expected_version, caller)
    events.record("booking.completed", booking, caller=caller, version=booking.version)
    return booking


@in_one_transaction
def mark_no_show(
    booking: Booking, *, caller: Caller, expected_version: int | None = None
) -> Booking:
    """Note that the customer did not come. Raises IllegalTransition, StaleVersion."""
    booking = _moved(booking, Booking.Status.NO_SHOW, expected_version, caller)
    events.record("booking.marked_no_show", booking, caller=caller, version=booking.version)
    return booking


@in_one_transaction
def cancel_booking(
    booking: Booking,
    *,
    caller: Caller,
    reason: str = "",
    expected_version: int | None = None,
    return_credit: bool | None = None,
    **facts: object,
) -> Booking:
    """Cancel a booking and give its time, or its place in a session, back.

    `reason` is kept encrypted with the booking. Whoever waits for what comes free gets it offered
    in the same transaction. The session of a bundle that paid is returned until the service's
    cancel deadline, unless `return_credit` says otherwise (staff and programs alone). `facts` (ids
    and times) go into the event. A customer is bound by the service's policy: what a late
    cancellation costs is noted. Raises IllegalTransition, StaleVersion, CancelDeadline.
    """
    if booking.group_session is not None:
        session = lock_session(booking.group_session.pk)
        booking = leave(booking, caller, reason, expected_version, return_credit, **facts)
        offer_places(session.pk)
        return booking
    lock_resources_of(booking)
    booking = _locked_with_bundle(booking)
    check_version(booking, expected_version)
    offer_to_waitlist(
        _cancel(booking, caller=caller, reason=reason, return_credit=return_credit, **facts)
    )
    return booking


def leave(
    booking: Booking,
    caller: Caller,
    reason: str = "",
    expected_version: int | None = None,
    return_credit: bool | None = None,
    **facts: object,
) -> Booking:
    """Cancel a place in a session that is locked. Who waits for it is asked by the caller."""
    booking = _locked_with_bundle(booking)
    check_version(booking, expected_version)
    _cancel(booking, caller=caller, reason=reason, return_credit=return_credit, **facts)
    if booking.group_session is not None:
        give_up_place(booking.group_session)
    return booking


def _cancel(
    booking: Booking,
    *,
    caller: Caller,
    reason: str,
    return_credit: bool | None = None,
    **facts: object,
) -> list[Freed]:
    """Cancel a locked booking whose resources are locked too; return what came free.

    `facts` go into the event.
    """
    caller.require_resources([booking.resource_id])
    now = timezone.now()
    if return_credit is None or caller.kind == CallerKind.CUSTOMER:
        return_credit = returns_credit(booking, now=now)
    was = booking.status
    booking.move_to(Booking.Status.CANCELLED)
    fields = ["status", "cancelled_at", "cancel_reason", "version", "updated_at"]
    if caller.kind == CallerKind.CUSTOMER:
        fee = fee_for_cancelling(booking, now=now)
        booking.fee_amount = None if booking.bundle_id else fee  # then the session is the fee
        fields.append("fee_amount")
    booking.cancel_reason = reason
    booking.version += 1
    booking.save(update_fields=fields)
    note_reason(booking, reason)
    freed = give_back(booking=booking)
    if booking.bundle_id is not None:
        facts["credit_returned"] = return_credit
        if return_credit:
            give_credit_back(booking, caller=caller)
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
    booking = _locked_with_bundle(booking)
    if booking.status != Booking.Status.PENDING:
        return False
    clock = Caller.clock(booking.organization_id)
    freed = _cancel(booking, caller=clock, reason="", return_credit=True, unanswered=True)
    offer_to_waitlist(freed)
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
    related = ("service", "resource", "organization", "group_session")
    rows = Booking.objects.select_related(*related).filter(pk=booking.pk)
    rows = rows.select_for_update(of=["self"], no_key=True)
    fresh = rows.first() or rows.first()  # as in lock_session
    if fresh is None:
        raise NotFound
    if fresh.resource_id != booking.resource_id:
        booking.resource_id = fresh.resource_id
        raise ChangedMeanwhile
    return fresh


def _locked_with_bundle(booking: Booking) -> Booking:
    """Lock the bundle that paid, if one did, and then the booking: in the order of `locking`."""
    if booking.bundle_id is not None:
        lock_bundle(booking.bundle_id)
    return locked(booking)


def check_version(booking: Booking, expected: int | None) -> None:
    """Raise StaleVersion when the caller read an older version than the one locked now."""
    if expected is not None and booking.version != expected:
        raise StaleVersion(version=booking.version)


def _moved(
    booking: Booking, status: Booking.Status, expected_version: int | None, caller: Caller
) -> Booking:
    """Lock, check and save a change of nothing but the status."""
    booking = locked(booking)
    caller.require_resources([booking.resource_id])
    check_version(booking, expected_version)
    booking.move_to(status)
    booking.version += 1
    booking.save(update_fields=["status", "version", "updated_at"])
    return booking
