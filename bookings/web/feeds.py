"""Private calendars: `/feeds/{token}.ics`, for programs that read them every hour or so."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from bookings.calendars.feed import write_feed
from bookings.models import Booking, Customer, GroupSession
from bookings.selectors.feeds import Feed, Owner, owner_of_feed, read_feed
from bookings.selectors.manage import manage_url
from core.api.throttling import limited
from core.db import retrying
from core.errors import NotFound
from core.languages import first_spoken
from core.rates import RateClass


@require_safe
@limited(RateClass.FEEDS)
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer a calendar, or 304 to a program that has it as it is.

    Only the entity tag is compared. Last-Modified is for people: an appointment that went to
    somebody else is gone from here without changing it.
    """
    try:
        owner = retrying(owner_of_feed, token)
    except NotFound as error:
        raise Http404 from error
    with translation.override(_language_of(owner)):
        found = retrying(read_feed, owner, now=timezone.now())
        response = get_conditional_response(request, etag=found.etag) or _written(found)
    response.headers["ETag"] = found.etag
    response.headers["Last-Modified"] = http_date(found.changed_at.timestamp())
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _written(found: Feed) -> HttpResponse:
    is_customers = isinstance(found.owner, Customer)
    url_of = _manage_url if is_customers else _console_url
    file = write_feed(found, url_of=url_of, url_of_session=_console_url)
    response = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return response


def _language_of(owner: Owner) -> str:
    """Return a customer's language where we speak it, else the organization's."""
    theirs = [owner.locale] if isinstance(owner, Customer) else []
    return first_spoken(*theirs, owner.organization.locale)


def _console_url(row: Booking | GroupSession) -> str:
    path = reverse(f"admin:bookings_{row._meta.model_name}_change", args=[row.pk])
    return f"{settings.PUBLIC_BASE_URL}{path}"


def _manage_url(booking: Booking) -> str:
    """Return where the customer moves or cancels it; empty when there is nothing left to do."""
    is_ahead = booking.status in Booking.OPEN and booking.ends_at > timezone.now()
    return manage_url(booking) if is_ahead else ""
