"""A customer's own booking: seen and cancelled. Moving it: `manage_move`.

A GET changes nothing, because mail scanners follow links too.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.calendars.ical import calendar_file
from bookings.models import Booking
from bookings.selectors.manage import manage_url
from bookings.services.status import cancel_booking
from bookings.web.allowed import currency_of, permissions_of
from bookings.web.facts import price_of
from bookings.web.managed import LONGEST_REASON, Visit, managed_page
from bookings.web.sentences import change_refused
from bookings.web.zones import zone_options
from core.errors import DomainError

DONE = ("moved", "cancelled")


@require_safe
@managed_page
def booking_page(visit: Visit) -> HttpResponseBase:
    """What is booked, and what can still be done about it."""
    return _show(visit)


def _show(visit: Visit, *, refused: str = "", status: int = 200) -> HttpResponse:
    booking, done = visit.booking, visit.request.GET.get("done", "")
    organization = booking.organization
    price, fee = booking.price_amount, booking.fee_amount
    is_open = booking.status in Booking.OPEN
    return visit.show(
        "booking",
        status=status,
        refused=refused,
        done=done if done in DONE else "",
        is_open=is_open,
        is_cancelled=booking.status == Booking.Status.CANCELLED,
        permissions=permissions_of(booking, now=timezone.now()),
        price="" if price is None else price_of(price, currency_of(booking)),
        fee="" if fee is None else price_of(fee, currency_of(booking)),
        move_address=visit.address("move"),
        cancel_address=visit.address("cancel"),
        calendar_address=visit.address("calendar"),
        again_address=reverse("book:organization", args=[organization.slug])
        if organization.has_page
        else "",
        path=visit.request.path,
        zone_options=zone_options(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@managed_page
def cancel_page(visit: Visit) -> HttpResponseBase:
    """Ask whether it shall be cancelled, and say what that costs; a POST cancels."""
    if visit.booking.status == Booking.Status.CANCELLED:  # also the second click of a double click
        return visit.back(done="cancelled")
    if visit.request.method == "POST":
        return _cancel(visit)
    permissions = permissions_of(visit.booking, now=timezone.now())
    if not permissions.may_cancel:
        return visit.back()
    return visit.show(
        "cancel",
        permissions=permissions,
        address=visit.address("cancel"),
        longest_reason=LONGEST_REASON,
    )


@require_safe
@managed_page
def calendar_page(visit: Visit) -> HttpResponseBase:
    """The booking as a file for the customer's own calendar."""
    booking = visit.booking
    disposition = f'attachment; filename="{booking.reference}.ics"'
    return HttpResponse(
        calendar_file(booking, manage_url=manage_url(booking)),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _cancel(visit: Visit) -> HttpResponse:
    try:
        cancel_booking(
            visit.booking,
            caller=visit.caller,
            reason=visit.reason,
            expected_version=visit.version,
        )
    except DomainError as error:
        fresh = visit.again()
        if fresh.booking.status == Booking.Status.CANCELLED:
            return visit.back(done="cancelled")
        return _show(fresh, refused=change_refused(error), status=409)
    return visit.back(done="cancelled")
