"""What a customer has paid in advance, on their page, with the ways to sell and to book."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from bookings.admin.bundle import page_to_book
from bookings.admin.bundle_words import left_of, pill_of, validity_of
from bookings.admin.selling import page_to_sell
from bookings.models import BundlePurchase, Customer, Product
from core.admin.context import caller_of, desk_of

SHOWN = 20


def bundle_panel(request: HttpRequest, customer: Customer) -> SafeString | None:
    """Return the panel; None for who may not read bundles, and where nothing is sold that way.
    Two queries.
    """
    desk = desk_of(request)
    if not desk.may("bundles:read"):
        return None
    theirs = BundlePurchase.objects.for_caller(caller_of(request)).filter(customer=customer)
    bundles = list(theirs.select_related("service", "product").order_by("-id")[:SHOWN])
    ours = Product.objects.for_caller(caller_of(request))
    sells = ours.filter(is_active=True, kind__in=Product.BUNDLES).exists()
    if not bundles and not sells:
        return None
    rows = [
        {
            "bundle": bundle,
            "left": left_of(bundle),
            "valid": validity_of(bundle),
            "pill": pill_of(bundle),
            "book": page_to_book(request, bundle),
        }
        for bundle in bundles
    ]
    sell = page_to_sell(customer=customer.pk) if sells and desk.may("bundles:write") else ""
    context = {"rows": rows, "sell": sell}
    return render_to_string("admin/bookings/bundle_panel.html", context, request=request)
