"""Sending a customer the one-time link to their own view, from their page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import ngettext

from bookings.models import Customer
from bookings.services.customer_link import send_link
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of


def send_them_their_link(admin: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A POST sends it; what it leads to is theirs alone to see."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not desk_of(request).may("customers:write"):
        raise PermissionDenied
    customer: Customer = admin.row(request, pk)
    minutes = settings.CUSTOMER_LINK_MINUTES
    done = ngettext(
        "The link is on its way. It works once, for %(minutes)d minute.",
        "The link is on its way. It works once, for %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
    admin.attempt(request, lambda: send_link(customer, caller=caller_of(request)), done=done)
    return HttpResponseRedirect(reverse("admin:bookings_customer_change", args=[pk]))
