"""The fourth step: what was booked. Its address is signed, and shows it for two hours."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from bookings.calendars.ical import calendar_file
from bookings.models import Booking
from bookings.selectors.manage import manage_url
from bookings.selectors.page import booking_made
from bookings.web.facts import price_of
from bookings.web.framing import booking_page
from bookings.web.tokens import booked_in, booked_token
from core import times
from core.models import Organization


@booking_page
@require_safe
def booked_page(request: HttpRequest, organization: Organization, token: str) -> HttpResponse:
    """Say what was booked or asked for, and which mail will come."""
    booking = _booking(organization, token)
    zone = booking.timezone or organization.timezone
    with timezone.override(ZoneInfo(zone)):
        context = {
            "organization": organization,
            "booking": booking,
            "step": 4,
            "is_request": booking.status == Booking.Status.PENDING,
            "is_over": booking.status not in Booking.OPEN,
            "status": booking.status.lower().replace("_", "-"),
            "day": times.long_day(times.local(booking.starts_at).date()),
            "hours": times.hours(booking.starts_at, booking.ends_at),
            "zone_label": times.zone_label(booking.starts_at, zone, until=booking.ends_at),
            "calendar_address": reverse("book:calendar", args=[organization.slug, token]),
            "price": price_of(booking.price_amount, booking.price_currency)
            if booking.price_amount is not None
            else "",
            "manage_address": manage_url(booking),
            "again_address": reverse("book:organization", args=[organization.slug]),
        }
        response = render(request, "book/booked.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@booking_page
@require_safe
def calendar_page(request: HttpRequest, organization: Organization, token: str) -> HttpResponse:
    """The booking as a file for the visitor's own calendar."""
    booking = _booking(organization, token)
    return HttpResponse(
        calendar_file(booking, manage_url=manage_url(booking)),
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{booking.reference}.ics"',
            "Cache-Control": "private, no-store",
        },
    )


def booked_address(booking: Booking) -> str:
    """Return where a visitor reads what they have just booked."""
    organization = booking.service.organization
    token = booked_token(organization, booking.pk)
    return reverse("book:booked", args=[organization.slug, token])


def _booking(organization: Organization, token: str) -> Booking:
    """Return the booking that the address names. Raises Http404 for what is none, or too old."""
    booking_id = booked_in(token, organization)
    found = booking_id and booking_made(booking_id, organization_id=organization.pk)
    if not found:
        raise Http404
    return found
