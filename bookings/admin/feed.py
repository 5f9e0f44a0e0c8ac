"""The private calendar address of a resource or a customer: made, shown, replaced, stopped."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.models import Resource
from bookings.selectors.feeds import Owner, feed_url
from bookings.services.feed import make_feed, revoke_feed
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of

MAKE, STOP = "make", "stop"


def calendar_address(admin: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Show the address, and what to do with it; a POST makes a new one or stops it."""
    owner: Owner = admin.row(request, pk)
    if not may_share(request, owner):
        raise PermissionDenied
    name = owner._meta.model_name
    if request.method == "POST":
        _change(admin, request, owner)
        return HttpResponseRedirect(reverse(f"admin:bookings_{name}_feed", args=[pk]))
    address = feed_url(owner)
    is_customer = not isinstance(owner, Resource)
    return admin.page(
        request,
        "admin/bookings/feed.html",
        title=_("Calendar address"),
        address=address,
        subscribe="webcal://" + address.partition("://")[2] if address else "",
        is_customer=is_customer,
        owner=owner,
        up_url=reverse(f"admin:bookings_{name}_change", args=[pk]),
        up_title=_("Customer") if is_customer else owner.name,
    )


def may_share(request: HttpRequest, owner: Owner) -> bool:
    """Say whether the person may: it opens bookings, and their own is everybody's to share."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        return False
    if isinstance(owner, Resource):
        return desk.may("catalog:write") or owner.user_id == request.user.pk
    return desk.may("customers:write") and not caller_of(request).is_limited


def _change(admin: HouseAdmin, request: HttpRequest, owner: Any) -> None:
    caller = caller_of(request)
    if request.POST.get("go") == STOP:
        done = _("The address is stopped. Whoever had it finds nothing there.")
        admin.attempt(request, lambda: revoke_feed(owner, caller=caller), done=done)
    elif request.POST.get("go") == MAKE:
        done = _("There is a new address. An older one has stopped.")
        if not feed_url(owner):
            done = _("There is an address.")
        admin.attempt(request, lambda: make_feed(owner, caller=caller), done=done)
