"""The booking page on the page of the settings: where it is, and how a website shows it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from core.admin.panels import panel
from core.models import Organization

FRAME = '<iframe src="{address}" title="{name}" width="100%" height="900"></iframe>'


@panel("organization.page")
def booking_page(request: HttpRequest, *, organization: Organization) -> SafeString | None:
    """Show the address of the booking page and what to paste into a website."""
    if not organization.has_page:
        return None
    path = reverse("book:organization", args=[organization.slug])
    address = f"{settings.PUBLIC_BASE_URL}{path}"
    context = {
        "address": address,
        "origins": organization.embed_origins,
        "snippet": FRAME.format(address=address, name=escape(organization.name)),
    }
    return render_to_string("admin/bookings/booking_page.html", context, request=request)
