"""What pays for a booking: chosen when it is made, shown on its page, asked about when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.admin.bundle_words import left_of, money, validity_of
from bookings.admin.drafting import among
from bookings.models import Booking, BundlePurchase, Customer, Service
from bookings.selectors.bundles import bundles_that_pay, was_returned
from bookings.selectors.prices import price_of_one
from bookings.services.credit import returns_credit
from bookings.services.policy import cancel_deadline
from core.admin.context import caller_of, desk_of

CHOICES = {"yes": True, "no": False}


@dataclass(frozen=True)
class Way:
    """One way to pay: `value` is a bundle's id, or empty for the price."""

    value: str
    name: str
    terms: str
    is_chosen: bool


def ways_to_pay(request: HttpRequest, service: Service, email: str) -> list[Way]:
    """Return how a session of a course can be paid by whoever has this address; none without an
    active bundle. What pays throughout is chosen unless the form says otherwise. Three queries.
    """
    if not service.is_course or not email or not desk_of(request).may("bundles:read"):
        return []
    ours = Customer.objects.for_caller(caller_of(request))
    customer = ours.filter(email_index=Customer.index_of_email(email)).first()
    if customer is None:
        return []
    bundles = bundles_that_pay(customer.pk, service, now=timezone.now())
    if not bundles:
        return []
    chosen = _chosen(request.POST if request.method == "POST" else request.GET, bundles)
    ways = [
        Way(
            value=str(bundle.pk),
            name=bundle.product.name,
            terms=_terms_of(bundle),
            is_chosen=bundle is chosen,
        )
        for bundle in bundles
    ]
    price = price_of_one(service)
    terms = _("nothing") if price is None else money(price, service.organization.currency)
    return [*ways, Way("", _("The price of a session"), terms, chosen is None)]


def _terms_of(bundle: BundlePurchase) -> str:
    words = [left_of(bundle), validity_of(bundle)]
    if bundle.coverage == BundlePurchase.Coverage.MIDTERM_FINAL_ONLY:
        words.append(_("midterms and finals only"))
    return ", ".join(words)


def _chosen(sent: QueryDict, bundles: list[BundlePurchase]) -> BundlePurchase | None:
    if sent.get("bundle") == "":
        return None
    named = (bundle for bundle in bundles if str(bundle.pk) == sent.get("bundle"))
    throughout = BundlePurchase.Coverage.FULL_SEMESTER
    usual = (bundle for bundle in bundles if bundle.coverage == throughout)
    return next(named, None) or next(usual, None)


def bundle_named(request: HttpRequest) -> BundlePurchase | None:
    """Return the organization's bundle that the form names, if one; the service says whether it
    pays.
    """
    if not desk_of(request).may("bundles:read"):
        return None
    ours = BundlePurchase.objects.for_caller(caller_of(request))
    found = among(ours, request.POST.get("bundle", ""))
    return found if isinstance(found, BundlePurchase) else None


@dataclass(frozen=True)
class Payment:
    """The bundle that paid for a booking, and whether its session came back."""

    bundle: BundlePurchase
    is_returned: bool


def payment_of(booking: Booking) -> Payment | None:
    """Return what paid for a booking; None where no bundle did. Two queries if one did."""
    if booking.bundle_id is None:
        return None
    bundle = BundlePurchase.objects.select_related("product").get(pk=booking.bundle_id)
    return Payment(bundle, booking.pk in was_returned(booking.organization_id, [booking.pk]))


@dataclass(frozen=True)
class Return:
    """Whether the rule returns the session of a booking that is cancelled now, and until when it
    does.
    """

    is_usual: bool
    until: datetime


def return_of(booking: Booking) -> Return | None:
    """Return what happens to the session that paid; None where no bundle did."""
    if booking.bundle_id is None:
        return None
    return Return(returns_credit(booking, now=timezone.now()), cancel_deadline(booking))


def return_in(request: HttpRequest) -> bool | None:
    """Return what staff chose; None leaves it to the rule."""
    return CHOICES.get(request.POST.get("return_credit", ""))
