"""The one search box: somebody calls, and a word of theirs is enough."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.selectors.booking import by_reference
from bookings.selectors.people import find_people
from core.admin.context import caller_of, desk_of
from core.admin.panels import panel
from core.audit.searches import record_search

MOST = 25


@panel("console.find")
def find(request: HttpRequest, *, term: str) -> HttpResponseBase:
    """Open the booking whose reference `term` is, else show the people it means."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        raise PermissionDenied
    caller = caller_of(request)
    if (booking := by_reference(caller, term)) is not None:
        page = reverse("admin:bookings_booking_change", args=[booking.pk])
        return HttpResponseRedirect(page)
    people = find_people(caller, term, now=timezone.now(), most=MOST)
    if term:
        record_search("customers", by=["search"], count=len(people), caller=caller)
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "found_term": term,
        "people": people,
        "may_book": desk.may("bookings:write"),
        "may_read_customers": desk.may("customers:read"),
    }
    return TemplateResponse(request, "admin/bookings/find.html", context)


@panel("events.about")
def about_a_booking(request: HttpRequest, *, term: str) -> list[UUID] | None:
    """Return the id of the booking whose reference `term` is, to find what happened to it."""
    booking = by_reference(caller_of(request), term)
    return None if booking is None else [booking.pk]
