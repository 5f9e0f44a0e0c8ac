"""The page "Swap": two bookings change places, and what each customer will hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.admin.acting import (
    LONGEST_REASON,
    REASONS,
    may_act_on,
    page_of,
    reason_in,
    up_to,
    version_in,
    why_not_moved,
)
from bookings.admin.overbooking import may_overbook
from bookings.models import Booking
from bookings.selectors.booking import by_reference
from bookings.services.swapping import swap_bookings
from core import times
from core.admin.context import caller_of
from core.admin.panels import panels_at
from core.admin.refusals import whole_sentence_of
from core.errors import DomainError, Invalid

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

OVERBOOK = "overbook"


@dataclass(frozen=True)
class Side:
    """One of the two, where it would stand, and what its customer will receive."""

    booking: Booking
    starts_at: datetime
    ends_at: datetime
    with_whom: str
    told: list[Any]


def swap(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask with which booking, then once more; a POST swaps."""
    booking = may_act_on(admin, request, pk)
    if sentence := why_not_moved(booking):
        admin.message_user(request, sentence)
        return HttpResponseRedirect(page_of(booking))
    sent = request.POST if request.method == "POST" else request.GET
    typed = sent.get("with", "").replace("\0", "").strip()[:40]
    other = _other(admin, request, booking, typed)
    refused, anyway = "", False
    if typed and other is None:
        refused = _("There is no other open booking with this reference.")
    elif request.method == "POST" and other is not None:
        versions = version_in(request), version_in(request, "other_version")
        overbook = sent.get("go") == OVERBOOK
        try:
            swap_bookings(
                booking,
                other,
                caller=caller_of(request),
                reason=reason_in(request),
                expected_versions=versions,
                overbook=overbook,
            )
        except DomainError as error:
            refused = _refusal(error, booking, other)
            anyway = may_overbook(request, error) or (overbook and isinstance(error, Invalid))
            booking, other = admin.row(request, pk), admin.row(request, other.pk)
        else:
            done = _("%(one)s and %(other)s have changed places.")
            admin.message_user(request, done % {"one": booking, "other": other})
            return HttpResponseRedirect(page_of(booking))
    return admin.page(
        request,
        "admin/bookings/swap.html",
        title=_("Swap"),
        booking=booking,
        other=other,
        typed=typed,
        refused=refused,
        anyway=anyway,
        sides=[] if other is None else [_side(request, *two) for two in _both(booking, other)],
        reason=reason_in(request),
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        **up_to(booking),
    )


def page_for(one: Booking, other: Booking) -> str:
    """Return the address on which these two are about to be swapped."""
    page = reverse("admin:bookings_booking_swap", args=[one.pk])
    return f"{page}?{urlencode({'with': other.reference})}"


def _other(
    admin: BookingAdmin, request: HttpRequest, booking: Booking, typed: str
) -> Booking | None:
    found = by_reference(caller_of(request), typed)
    if found is None or found.pk == booking.pk or why_not_moved(found):
        return None
    return admin.row(request, found.pk)


def _both(one: Booking, other: Booking) -> list[tuple[Booking, Booking]]:
    return [(one, other), (other, one)]


def _side(request: HttpRequest, booking: Booking, there: Booking) -> Side:
    length: timedelta = booking.ends_at - booking.starts_at
    told = panels_at("booking.told", request, booking=booking, change="rescheduled")
    return Side(booking, there.starts_at, there.starts_at + length, there.resource.name, told)


def _refusal(error: DomainError, one: Booking, other: Booking) -> str:
    """Say which of the two cannot move, and why."""
    sentence = whole_sentence_of(error)
    for booking, there in _both(one, other):
        if error.details.get("bookingId") == str(booking.pk):
            when = times.moment(there.starts_at)
            words = {"name": booking.name, "when": when, "why": sentence}
            return _("%(name)s cannot come %(when)s. %(why)s") % words
    return sentence
