"""Selling sessions in advance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from bookings.errors import DuplicatePurchase
from bookings.models import BundlePurchase, Customer, Product
from bookings.services.credit import MOST_SESSIONS, first_entry
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_together, rows, violation_of
from core.errors import Invalid, NotFound
from core.ids import uuid7

LONGEST_DAYS = 5 * 366
Coverage = BundlePurchase.Coverage
COVERED_BY = {
    Product.Kind.FULL_SEMESTER_BUNDLE: (Coverage.FULL_SEMESTER,),
    Product.Kind.MIDTERM_FINAL_BUNDLE: (Coverage.MIDTERM_FINAL_ONLY,),
    Product.Kind.GROUP_SESSION_PASS: (Coverage.FULL_SEMESTER, Coverage.MIDTERM_FINAL_ONLY),
}

# One that is used up or over makes room for the next one.
MAKE_ROOM = """
    UPDATE bookings_bundlepurchase SET is_latest = FALSE, updated_at = %(now)s
    WHERE customer_id = %(customer)s AND product_id = %(product)s AND is_latest
      AND (remaining_sessions = 0 OR valid_to_at <= %(now)s)
    RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class BundleOrder:
    """What somebody buys. What is None is as the product says it; a bundle is valid from now on
    unless told otherwise, for what begins from `valid_from_at` to before `valid_to_at` (aware).
    """

    product: Product
    customer: Customer
    total_sessions: int | None = None
    valid_from_at: datetime | None = None
    valid_to_at: datetime | None = None
    coverage: BundlePurchase.Coverage | None = None


def purchase_bundle(
    order: BundleOrder, *, caller: Caller, bundle_id: UUID | None = None
) -> BundlePurchase:
    """Sell a bundle, at the product's price of now.

    Writes the bundle with the first line of its ledger and bundle.purchased. `bundle_id` is
    chosen before the first attempt, so that no repetition sells a second one.

    Raises Invalid for a product that is no bundle or not on sale, and for what does not fit it;
    NotFound for another organization's; DuplicatePurchase (with `bundlePurchaseId`) while the
    customer has an active bundle of this product.
    """
    if order.product.organization_id != order.customer.organization_id:
        raise NotFound
    bundle = _bundle_of(order, bundle_id or uuid7())
    try:
        return _purchase(bundle, caller)
    except DuplicatePurchase as refusal:
        latest = BundlePurchase.objects.filter(
            customer=order.customer, product=order.product, is_latest=True
        )
        raise DuplicatePurchase(
            bundlePurchaseId=latest.values_list("pk", flat=True).first()
        ) from refusal


def _bundle_of(order: BundleOrder, bundle_id: UUID) -> BundlePurchase:
    product, now = order.product, timezone.now()
    if product.kind not in Product.BUNDLES:
        raise Invalid.at("productId", "A single session is paid for each time.")
    wrong = {} if product.is_active else {"productId": ["This product is not on sale."]}
    sessions = order.total_sessions if order.total_sessions is not None else product.sessions
    if sessions is None:
        wrong["totalSessions"] = ["Say how many sessions it has."]
    elif not 1 <= sessions <= MOST_SESSIONS:
        wrong["totalSessions"] = [f"A bundle has 1 to {MOST_SESSIONS} sessions."]
    begins, ends = _validity(order, now)
    if sentence := _wrong_with_end(begins, ends, now):
        wrong["validTo"] = [sentence]
    possible = COVERED_BY[Product.Kind(product.kind)]
    coverage = order.coverage or possible[0]
    if coverage not in possible:
        wrong["coverageType"] = [f"This product covers {possible[0]}."]
    if wrong or sessions is None or ends is None:
        raise Invalid(fields=wrong)
    organization = product.service.organization
    return BundlePurchase(
        pk=bundle_id,
        organization=organization,
        customer=order.customer,
        service=product.service,
        product=product,
        coverage=coverage,
        total_sessions=sessions,
        remaining_sessions=sessions,
        valid_from_at=begins,
        valid_to_at=ends,
        price_amount=product.price_amount,
        price_currency=organization.currency,
    )


def _validity(order: BundleOrder, now: datetime) -> tuple[datetime, datetime | None]:
    begins, days = order.valid_from_at or now, order.product.valid_days
    if order.valid_to_at is not None or days is None:
        return begins, order.valid_to_at
    return begins, begins + timedelta(days=days)


def _wrong_with_end(begins: datetime, ends: datetime | None, now: datetime) -> str:
    if ends is None:
        return "Say how long it is valid."
    if ends <= begins:
        return "A bundle must end after it starts."
    if ends <= now:
        return "This is over already."
    if ends - begins > timedelta(days=LONGEST_DAYS):
        return "A bundle is valid for five years at most."
    return ""


@in_one_transaction
def _purchase(bundle: BundlePurchase, caller: Caller) -> BundlePurchase:
    parameters = {
        "customer": bundle.customer_id,
        "product": bundle.product_id,
        "now": timezone.now(),
    }
    rows(MAKE_ROOM, parameters)
    purchased = events.build(
        "bundle.purchased",
        bundle,
        caller=caller,
        customer_id=bundle.customer_id,
        product_id=bundle.product_id,
        sessions=bundle.total_sessions,
        amount=str(bundle.price_amount),
        currency=bundle.price_currency,
    )
    with violation_of("bundle_latest_is_one", becomes=DuplicatePurchase):
        insert_together(bundle, first_entry(bundle, caller), purchased)
    events.relay_after_commit()
    return bundle
