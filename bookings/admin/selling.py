"""The page "Sell a bundle": who buys, what, and for how long. Works without any script.

Each step is an address of its own, so that the customer's page can begin at the second. What
was typed about a person travels in the form, never in an address.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from bookings.admin.bundle_forms import BuyerForm, SaleForm
from bookings.admin.bundle_words import left_of, money, terms_of
from bookings.admin.drafting import among, id_in, new_token
from bookings.errors import CustomerExists, DuplicatePurchase
from bookings.models import BundlePurchase, Customer, Product
from bookings.selectors.bundles import bundles_of, in_status
from bookings.selectors.people import find_people
from bookings.services.bundle import purchase_bundle
from bookings.services.customer import create_customer
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError

if TYPE_CHECKING:
    from bookings.admin.bundle import BundleAdmin

FIND, NEW = "find", "new"
MOST_PEOPLE = 10


def sell(admin: BundleAdmin, request: HttpRequest) -> HttpResponseBase:
    """Ask for what is not chosen yet; with everything chosen, sell."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    known = Customer.objects.for_caller(caller_of(request))
    customer = among(known.filter(erased_at=None), request.GET.get("customer", ""))
    if not isinstance(customer, Customer):
        return _who(admin, request)
    products = _products(request)
    product = among(products, request.GET.get("product", ""))
    if not isinstance(product, Product):
        return _what(admin, request, customer)
    return _sell(admin, request, customer, product)


def page_to_sell(**chosen: Any) -> str:
    return f"{reverse('admin:bookings_bundlepurchase_add')}?{urlencode(chosen)}"


def _who(admin: BundleAdmin, request: HttpRequest) -> HttpResponseBase:
    go = request.POST.get("go", "")
    form = BuyerForm(request.POST if go == NEW else None)
    shown: dict[str, Any] = {}
    if go == FIND:
        term = request.POST.get("find", "").replace("\0", "")[:254]
        found = find_people(caller_of(request), term, now=timezone.now(), most=MOST_PEOPLE)
        shown = {
            "find_term": term,
            "asked": True,
            "people": [(one, page_to_sell(customer=one.customer_id)) for one in found],
        }
    may_make = desk_of(request).may("customers:write") and not caller_of(request).is_limited
    if go == NEW and may_make and form.is_valid():
        try:
            made = create_customer(
                form.details(),
                organization_id=organization_of(request).pk,
                caller=caller_of(request),
            )
        except CustomerExists as error:
            form.add_error("email", sentence_of(error))
            shown["known"] = page_to_sell(customer=error.details["customerId"])
        else:
            return HttpResponseRedirect(page_to_sell(customer=made.pk))
    return _page(
        admin,
        request,
        "admin/bookings/sell_who.html",
        form=form if may_make else None,
        status=422 if form.errors else None,
        **shown,
    )


def _what(admin: BundleAdmin, request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """Offer what every course sells, and say what the customer has already."""
    bought = in_status(bundles_of(customer), BundlePurchase.Status.ACTIVE, now=timezone.now())
    active = {bundle.product_id: bundle for bundle in bought}
    currency = organization_of(request).currency
    offers = [
        {
            "product": product,
            "terms": terms_of(product, currency),
            "has": active.get(product.pk),
            "page": page_to_sell(customer=customer.pk, product=product.pk),
        }
        for product in _products(request)
    ]
    courses = groupby(offers, key=lambda offer: offer["product"].service)
    return _page(
        admin,
        request,
        "admin/bookings/sell_what.html",
        customer=customer,
        courses=[(course, list(sold)) for course, sold in courses],
        may_change=desk_of(request).may("catalog:write"),
    )


def _sell(
    admin: BundleAdmin, request: HttpRequest, customer: Customer, product: Product
) -> HttpResponseBase:
    bundle_id = id_in(request.POST.get("token", ""))
    if (sold := _sold(request, bundle_id)) is not None:
        return HttpResponseRedirect(sold)
    form = SaleForm(request.POST or None, product=product)
    has = None
    if request.method == "POST" and form.is_valid():
        order = form.order(product, customer, desk_of(request).zone)
        try:
            bundle = purchase_bundle(order, caller=caller_of(request), bundle_id=bundle_id)
        except (DomainError, IntegrityError) as error:
            if (sold := _sold(request, bundle_id)) is not None:  # the other click of a double click
                return HttpResponseRedirect(sold)
            if isinstance(error, IntegrityError):
                raise
            form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
            if isinstance(error, DuplicatePurchase) and error.details["bundlePurchaseId"]:
                has = _page_of(error.details["bundlePurchaseId"])
        else:
            words = {"name": product.name, "left": left_of(bundle)}
            admin.message_user(request, _("Sold: %(name)s, %(left)s.") % words)
            return HttpResponseRedirect(_page_of(bundle.pk))
    currency = organization_of(request).currency
    return _page(
        admin,
        request,
        "admin/bookings/sell.html",
        customer=customer,
        product=product,
        price=money(product.price_amount, currency),
        form=form,
        has=has,
        token=request.POST.get("token") or new_token(),
        others=page_to_sell(customer=customer.pk),
        status=422 if form.errors else None,
    )


def _products(request: HttpRequest) -> Any:
    """Return the bundles that are sold now, by course."""
    ours = Product.objects.for_caller(caller_of(request))
    sold = ours.filter(is_active=True, kind__in=Product.BUNDLES, service__is_active=True)
    by_course = sold.exclude(service__code="").order_by("service__name", "service_id", "kind")
    return by_course.select_related("service__organization")


def _sold(request: HttpRequest, bundle_id: Any) -> str | None:
    if bundle_id is None:
        return None
    ours = BundlePurchase.objects.for_caller(caller_of(request))
    return _page_of(bundle_id) if ours.filter(pk=bundle_id).exists() else None


def _page_of(bundle_id: Any) -> str:
    return reverse("admin:bookings_bundlepurchase_change", args=[bundle_id])


def _page(
    admin: BundleAdmin, request: HttpRequest, template: str, **context: Any
) -> HttpResponseBase:
    return admin.page(
        request,
        template,
        title=_("Sell a bundle"),
        up_url=reverse("admin:bookings_bundlepurchase_changelist"),
        up_title=admin.plural,
        **context,
    )
