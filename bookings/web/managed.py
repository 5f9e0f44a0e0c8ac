"""What every page behind a customer's link has around it: the booking, its language and clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from bookings.models import Booking
from bookings.selectors.manage import managed_booking
from bookings.web.framing import language_for
from bookings.web.zones import known_zones
from core import times
from core.access import Caller, CallerKind
from core.api.throttling import limited
from core.db import retrying
from core.errors import NotFound
from core.rates import RateClass


@dataclass(frozen=True)
class Visit:
    """Somebody with the link to `booking`. `zone` is theirs; it is said where they chose it."""

    request: HttpRequest
    token: str
    booking: Booking
    zone: str
    zone_was_said: bool

    @property
    def sent(self) -> QueryDict:
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @property
    def caller(self) -> Caller:
        return Caller(
            CallerKind.CUSTOMER,
            self.booking.organization_id,
            id=self.booking.customer_id,
            scopes=frozenset(),
        )

    @property
    def version(self) -> int | None:
        """Return the version that they saw; None where a form did not say."""
        text = self.sent.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def reason(self) -> str:
        return self.sent.get("reason", "").replace("\0", "").strip()[:LONGEST_REASON]

    def address(self, page: str = "booking", **query: str) -> str:
        """Return where a page of this booking is, on the same clock."""
        if self.zone_was_said:
            query["zone"] = self.zone
        path = reverse(f"manage:{page}", args=[self.token])
        return f"{path}?{urlencode(query)}" if query else path

    def again(self) -> Visit:
        """Return the same visit with the booking as it is now. Raises NotFound."""
        fresh = retrying(managed_booking, self.token, now=timezone.now())
        return replace(self, booking=fresh)

    def back(self, **query: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.address(**query))

    def show(self, page: str, *, status: int = 200, **context: object) -> HttpResponse:
        """Show a page about the booking, with what all of them say of it."""
        booking = self.booking
        around = {
            "organization": booking.organization,
            "booking": booking,
            "status": booking.status.lower().replace("_", "-"),
            "day": times.long_day(times.local(booking.starts_at).date()),
            "hours": times.hours(booking.starts_at, booking.ends_at),
            "zone": self.zone,
            "zone_label": times.zone_label(booking.starts_at, self.zone, until=booking.ends_at),
            "back_address": self.address(),
        }
        return render(self.request, f"manage/{page}.html", around | context, status=status)


LONGEST_REASON = 2_000
View = Callable[[Visit], HttpResponseBase]


def managed_page(view: View) -> Callable[..., HttpResponseBase]:
    """Find the booking that the address opens and give `view` its visit.

    What the token does not open is a kind page that says no more. The address is a secret, so
    no page tells it to another website, no cache and no search engine keeps one. And because
    it is the only credential, there is nothing that a forged form could borrow: whoever can
    write its address has the right to send it. So there is no cookie, and no browser that
    keeps none is turned away.
    """

    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            booking = retrying(managed_booking, token, now=timezone.now())
        except NotFound:
            with translation.override(language_for(request, None)):
                return guarded(render(request, "manage/nothing_here.html", status=404))
        visit = _visit(request, token, booking)
        request.caller = visit.caller  # type: ignore[attr-defined]  # for the log lines
        language = language_for(request, booking.organization)
        with translation.override(language), timezone.override(times.zone_of(visit.zone)):
            return guarded(view(visit))

    exempt: Callable[..., HttpResponseBase] = csrf_exempt(page)
    return limited(RateClass.LENIENT)(exempt)


def _visit(request: HttpRequest, token: str, booking: Booking) -> Visit:
    sent = request.POST if request.method == "POST" else request.GET
    said = sent.get("zone", "")
    zone = said if said in known_zones() else ""
    usual = booking.timezone or booking.organization.timezone
    return Visit(request, token, booking, zone or usual, bool(zone) and zone != usual)


def guarded(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Content-Language", translation.get_language() or "en")
    patch_vary_headers(response, ["Accept-Language"])
    patch_cache_control(response, private=True, no_store=True)
    return response
