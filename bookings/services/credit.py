"""The ledger of prepaid sessions: the only writer of CreditEntry, and of a bundle's balance.

Every change is a conditional update of the balance and an entry that says why, in one
transaction; a trigger refuses a commit in which the two differ. A bundle's row is locked after
its resources, service and session, and before any booking.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from bookings.availability.rules import shown
from bookings.errors import BundleExpired, BundleNotCovering, NoCredit
from bookings.models import Booking, BundlePurchase, CreditEntry, ExamPeriod, Product
from bookings.services.policy import cancel_deadline
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction, rows
from core.errors import Invalid, NotFound, StaleVersion

LONGEST_REASON = 2_000
MOST_SESSIONS = 1_000
EXPIRED_BATCH = 200
Kind = CreditEntry.Kind

# What is asked for has to be there, and to fit: nobody reads the balance first.
CHANGE = """
    UPDATE bookings_bundlepurchase
    SET remaining_sessions = remaining_sessions + %(amount)s,
        total_sessions = total_sessions + %(total)s,
        entries = entries + 1, updated_at = %(now)s
    WHERE id = %(bundle)s AND remaining_sessions + %(amount)s >= 0
    RETURNING remaining_sessions, total_sessions, entries
"""


def spend_credit(bundle_id: UUID, *, booking: Booking, caller: Caller) -> CreditEntry:
    """Pay for `booking`, which need not be saved yet, with one session of a bundle.

    Inside a transaction; whoever wants the same bundle's last session waits. Raises NotFound,
    BundleNotCovering (another customer's or course's, another kind of session, or another time),
    BundleExpired, NoCredit.
    """
    bundle = lock_bundle(bundle_id)
    if bundle.organization_id != booking.organization_id:
        raise NotFound
    check_bundle(
        bundle,
        customer_id=booking.customer_id,
        service_id=booking.service_id,
        is_group=booking.group_session_id is not None,
        starts_at=booking.starts_at,
    )
    return _write(bundle, Kind.SPENT, -1, caller, booking=booking)


def check_bundle(
    bundle: BundlePurchase,
    *,
    customer_id: UUID,
    service_id: UUID,
    is_group: bool,
    starts_at: datetime,
) -> None:
    """Refuse what `bundle` does not pay for, whatever is left of it.

    Raises BundleNotCovering, BundleExpired. `bundle` has its organization and product at hand.
    """
    if (bundle.customer_id, bundle.service_id) != (customer_id, service_id):
        raise BundleNotCovering
    if is_group != (bundle.product.kind == Product.Kind.GROUP_SESSION_PASS):
        raise BundleNotCovering
    if starts_at >= bundle.valid_to_at:
        raise BundleExpired(validTo=bundle.valid_to_at)
    if starts_at < bundle.valid_from_at:
        raise BundleNotCovering(validFrom=bundle.valid_from_at)
    if bundle.coverage == BundlePurchase.Coverage.MIDTERM_FINAL_ONLY:
        _check_exam_period(bundle, starts_at)


def _check_exam_period(bundle: BundlePurchase, starts_at: datetime) -> None:
    on = shown(starts_at, ZoneInfo(bundle.organization.timezone)).date()
    periods = list(
        ExamPeriod.objects.filter(service=bundle.service_id).values_list("starts_on", "ends_on")
    )
    if periods and not any(first <= on <= last for first, last in periods):
        raise BundleNotCovering


def give_credit_back(booking: Booking, *, caller: Caller) -> CreditEntry | None:
    """Return the session that paid for `booking`, if one did; at most once. In a transaction.

    It may come back to a bundle that is over; then it expires there with whatever else is left.
    """
    if booking.bundle_id is None:
        return None
    bundle = lock_bundle(booking.bundle_id)
    if CreditEntry.objects.filter(booking=booking, kind=Kind.RETURNED).exists():
        return None
    return _write(bundle, Kind.RETURNED, 1, caller, booking=booking)


def returns_credit(booking: Booking, *, now: datetime) -> bool:
    """Say whether the rule returns the session that paid, if `booking` is cancelled now."""
    return booking.bundle_id is not None and now <= cancel_deadline(booking)


@in_one_transaction
def adjust_credits(
    bundle: BundlePurchase,
    *,
    amount: int,
    reason: str,
    caller: Caller,
    expected_entries: int | None = None,
) -> BundlePurchase:
    """Give or take `amount` sessions, with a reason, which is kept encrypted in the ledger.

    The total changes with it. `expected_entries` is how long the ledger was when the caller read
    it. Records bundle.adjusted. Raises Invalid (`sessions`, `reason`), NoCredit when fewer are
    left, StaleVersion, Forbidden without bundles:adjust.
    """
    caller.require("bundles:adjust")
    reason = reason.strip()
    wrong = {}
    if amount == 0 or abs(amount) > MOST_SESSIONS:
        wrong["sessions"] = [f"Give a number from -{MOST_SESSIONS} to {MOST_SESSIONS}, but not 0."]
    if not reason:
        wrong["reason"] = ["Say why."]
    elif len(reason) > LONGEST_REASON:
        wrong["reason"] = [f"Use {LONGEST_REASON} characters at most."]
    if wrong:
        raise Invalid(fields=wrong)
    fresh = lock_bundle(bundle.pk)
    if expected_entries is not None and fresh.entries != expected_entries:
        raise StaleVersion
    if fresh.total_sessions + amount > MOST_SESSIONS:
        raise Invalid.at("sessions", f"A bundle has at most {MOST_SESSIONS} sessions.")
    entry = _write(fresh, Kind.ADJUSTED, amount, caller, reason=reason)
    events.record("bundle.adjusted", fresh, caller=caller, amount=amount, balance=entry.balance)
    return fresh


def expire_bundles() -> int:
    """Write off what is left of bundles that are over; return how many. The clock's part."""
    due = BundlePurchase.objects.filter(valid_to_at__lte=timezone.now(), remaining_sessions__gt=0)
    found = list(due.order_by("valid_to_at").values_list("pk", flat=True)[:EXPIRED_BATCH])
    return sum(_expire(bundle_id) for bundle_id in found)


@in_one_transaction
def _expire(bundle_id: UUID) -> bool:
    bundle = lock_bundle(bundle_id)
    if bundle.valid_to_at > timezone.now() or not bundle.remaining_sessions:
        return False
    clock = Caller.clock(bundle.organization_id)
    lost = bundle.remaining_sessions
    _write(bundle, Kind.EXPIRED, -lost, clock)
    events.record("bundle.expired", bundle, caller=clock, sessions=lost)
    return True


def first_entry(bundle: BundlePurchase, caller: Caller) -> CreditEntry:
    """Return the entry of a bundle that is being sold, to be inserted with it."""
    return CreditEntry(
        organization_id=bundle.organization_id,
        bundle=bundle,
        number=1,
        kind=Kind.GRANTED,
        amount=bundle.total_sessions,
        balance=bundle.total_sessions,
        actor_kind=caller.kind,
        actor_id=caller.id,
    )


def lock_bundle(bundle_id: UUID) -> BundlePurchase:
    """Queue behind whoever spends of this bundle, and read it. Raises NotFound."""
    require_transaction()
    locked = BundlePurchase.objects.select_for_update(of=["self"], no_key=True)
    found = locked.select_related("product", "organization").filter(pk=bundle_id).first()
    if found is None:
        raise NotFound
    return found


def lock_bundles(bundle_ids: Collection[UUID]) -> None:
    """Queue for all of these, in the order of their ids, before any of them is changed."""
    require_transaction()
    locked = BundlePurchase.objects.select_for_update(no_key=True).filter(pk__in=bundle_ids)
    if bundle_ids:
        list(locked.order_by("pk").values_list("pk"))


def _write(
    bundle: BundlePurchase,
    kind: CreditEntry.Kind,
    amount: int,
    caller: Caller,
    *,
    booking: Booking | None = None,
    reason: str = "",
) -> CreditEntry:
    """Change the balance and say why. Raises NoCredit when fewer are left than taken."""
    by_staff = amount if kind == Kind.ADJUSTED else 0
    parameters = {"bundle": bundle.pk, "amount": amount, "total": by_staff, "now": timezone.now()}
    changed = rows(CHANGE, parameters)
    if not changed:
        raise NoCredit
    ((bundle.remaining_sessions, bundle.total_sessions, bundle.entries),) = changed
    entry = CreditEntry(
        organization_id=bundle.organization_id,
        bundle=bundle,
        number=bundle.entries,
        kind=kind,
        amount=amount,
        balance=bundle.remaining_sessions,
        booking=booking,
        reason=reason,
        actor_kind=caller.kind,
        actor_id=caller.id,
    )
    entry.save(force_insert=True)
    return entry
