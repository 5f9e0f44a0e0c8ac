"""What customers have paid for in advance: found, and told whether it still pays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from bookings.models import BundlePurchase, CreditEntry, Customer, Product, Service
from bookings.selectors.courses import active_bundles
from core.access import Caller
from core.models import TenantQuerySet

Status = BundlePurchase.Status
Bundles: TypeAlias = TenantQuerySet[BundlePurchase]


def in_status(bundles: Bundles, status: str, *, now: datetime) -> Bundles:
    """Return those of `bundles` that are ACTIVE, USED_UP or EXPIRED at `now`."""
    if status == Status.ACTIVE:
        return active_bundles(bundles, now=now)
    if status == Status.EXPIRED:
        return bundles.filter(valid_to_at__lte=now)
    return bundles.filter(valid_to_at__gt=now, remaining_sessions=0)


def bundles_of(customer: Customer) -> Bundles:
    """Return what a customer has bought, the newest first, with course and product at hand."""
    return _bought(customer.organization_id, customer.pk)


def _bought(organization_id: UUID, customer_id: UUID) -> Bundles:
    bought = BundlePurchase.objects.for_organization(organization_id).filter(customer=customer_id)
    return bought.select_related("service", "product").order_by("-id")


def bundles_that_pay(customer_id: UUID, service: Service, *, now: datetime) -> list[BundlePurchase]:
    """Return the active bundles that pay for individual sessions of a course: what ends first
    stands first. No query for a service that is no course.
    """
    if not service.is_course:
        return []
    theirs = active_bundles(_bought(service.organization_id, customer_id), now=now)
    singles = theirs.exclude(product__kind=Product.Kind.GROUP_SESSION_PASS)
    return list(singles.filter(service=service).order_by("valid_to_at", "id"))


def ledger_of(bundle: BundlePurchase, caller: Caller) -> list[CreditEntry]:
    """Return the lines of a bundle's ledger that a caller sees, with their booking, the latest
    first. One query.
    """
    entries = CreditEntry.objects.for_caller(caller).filter(bundle=bundle).select_related("booking")
    return list(entries.order_by("-number"))


def was_returned(organization_id: UUID, booking_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these bookings had the session that paid for them returned. One query."""
    returned = CreditEntry.objects.for_organization(organization_id).filter(
        booking__in=list(booking_ids), kind=CreditEntry.Kind.RETURNED
    )
    return set(returned.values_list("booking_id", flat=True))
