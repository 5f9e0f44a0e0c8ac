"""Series in the console: repeat a booking, and confirm or cancel several of one at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.admin.acting import (
    LONGEST_REASON,
    REASONS,
    back_to,
    has_its_own_time,
    may_act_on,
    page_of,
    reason_in,
    up_to,
)
from bookings.models import Booking, Series
from bookings.services.series import (
    Laid,
    Missed,
    Scope,
    bookings_meant,
    cancel_series,
    confirm_series,
    plan_series,
    repeat_booking,
    request_like,
)
from core import times
from core.admin.context import caller_of, desk_of
from core.admin.panels import panel, panels_at
from core.admin.refusals import SENTENCES, sentence_of, sentences_by_field
from core.errors import DomainError

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

EVERY = {
    "DAILY": gettext_lazy("Every day"),
    "WEEKLY": gettext_lazy("Every week"),
    "WEEKLY;INTERVAL=2": gettext_lazy("Every two weeks"),
    "WEEKLY;INTERVAL=4": gettext_lazy("Every four weeks"),
    "MONTHLY": gettext_lazy("Every month, on the same date"),
}
USUAL, USUAL_COUNT, MOST = "WEEKLY", 8, 52
SHOWN = 60
SCOPES = {
    Scope.FOLLOWING: gettext_lazy("This one and those after it"),
    Scope.ALL: gettext_lazy("All that are ahead"),
}


@panel("booking.page")
def series_panel(request: HttpRequest, *, booking: Booking) -> SafeString | None:
    """Show the other appointments of a series; of any other open booking, how to repeat it."""
    may_change = desk_of(request).may("bookings:write")
    if booking.series_id is None:
        if not (may_change and has_its_own_time(booking)):
            return None
        members: list[Booking] = []
    else:
        ours = Booking.objects.for_caller(caller_of(request))
        rows = ours.filter(series_id=booking.series_id)
        shown = rows.only("starts_at", "ends_at", "status")  # what people told is not read
        members = list(shown.order_by("series_position")[:SHOWN])
    ahead = [one for one in members if one.status in Booking.OPEN]
    context = {
        "booking": booking,
        "members": members,
        "may_change": may_change,
        "may_cancel": bool(ahead),
        "may_confirm": any(one.status == Booking.Status.PENDING for one in ahead),
    }
    return mark_safe(render_to_string("admin/bookings/_series.html", context, request))  # noqa: S308


def repeat(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask how often; say what can be had; a second POST books it."""
    booking = may_act_on(admin, request, pk)
    if not has_its_own_time(booking) or booking.series_id is not None:
        sentence = _("Only an open booking that belongs to no series or session can be repeated.")
        admin.message_user(request, sentence)
        return HttpResponseRedirect(page_of(booking))
    sent = request.POST if request.method == "POST" else request.GET
    every = sent.get("every", USUAL)
    every = every if every in EVERY else USUAL
    count = _count(sent.get("count", ""))
    recurrence = f"FREQ={every};COUNT={count}"
    laid: Laid | None = None
    refused = ""
    try:
        if "book" in request.POST:
            mode = Series.Mode(request.POST["book"])
            done = repeat_booking(booking, recurrence, mode=mode, caller=caller_of(request))
            admin.message_user(request, _booked(len(done.bookings)))
            return HttpResponseRedirect(page_of(booking))
        laid = plan_series(request_like(booking), recurrence, caller=caller_of(request))
    except ValueError as error:
        raise Http404 from error
    except DomainError as error:
        refused = _sentence(error)
    missed = {one.starts_at: _why(one) for one in laid.conflicts} if laid else {}
    return admin.page(
        request,
        "admin/bookings/repeat.html",
        title=_("Repeat"),
        booking=booking,
        every=every,
        choices=EVERY.items(),
        count=count,
        most=MOST,
        refused=refused,
        # The first is the booking itself, which is in its own way.
        laid=[(start, missed.get(start, "")) for start in laid.times[1:]] if laid else [],
        has_conflicts=any(start in missed for start in laid.times[1:]) if laid else False,
        length=booking.ends_at - booking.starts_at,
        **up_to(booking),
    )


def cancel_several(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask for which and why; a POST cancels them and tells the customer once."""
    booking = may_act_on(admin, request, pk)
    scope = _scope(request)
    meant = bookings_meant(booking, scope, caller=caller_of(request), now=timezone.now())
    if booking.series_id is None or not meant:
        admin.message_user(request, _("Nothing of this series is ahead."))
        return HttpResponseRedirect(page_of(booking))
    if request.method == "POST":

        def act() -> None:
            cancel_series(
                booking, scope=scope, caller=caller_of(request), reason=reason_in(request)
            )

        admin.attempt(request, act, done=_cancelled(len(meant)))
        return HttpResponseRedirect(page_of(booking))
    return admin.page(
        request,
        "admin/bookings/cancel_series.html",
        title=_("Cancel"),
        booking=booking,
        bookings=meant,
        scope=scope,
        scopes=SCOPES.items(),
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        told=panels_at("booking.told", request, booking=booking, change="cancelled"),
        **up_to(booking),
    )


def confirm_several(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Confirm all requests of the series that are ahead, and tell the customer once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    booking = may_act_on(admin, request, pk)
    if booking.series_id is None:
        raise PermissionDenied

    def act() -> None:
        confirm_series(booking, scope=Scope.ALL, caller=caller_of(request))

    admin.attempt(request, act, done=_("All of the series are confirmed."))
    return back_to(request, booking)


def _scope(request: HttpRequest) -> Scope:
    sent = request.POST if request.method == "POST" else request.GET
    return Scope.ALL if sent.get("scope") == Scope.ALL else Scope.FOLLOWING


def _count(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 4
    return min(max(int(text), 2), MOST) if is_number else USUAL_COUNT


def _booked(number: int) -> str:
    sentence = ngettext(
        "%(number)d more appointment is booked.",
        "%(number)d more appointments are booked.",
        number,
    )
    return sentence % {"number": number}


def _cancelled(number: int) -> str:
    sentence = ngettext(
        "%(number)d appointment is cancelled, and its time is free again.",
        "%(number)d appointments are cancelled, and their times are free again.",
        number,
    )
    return sentence % {"number": number}


def taken_in_series(error: DomainError) -> str:
    """Say which times of a series cannot be had; empty for another refusal."""
    conflicts: Any = error.details.get("conflicts")
    if not conflicts:
        return ""
    taken = times.listed([times.moment(one["startTime"]) for one in conflicts])
    return _("These times cannot be had: %(times)s.") % {"times": taken}


def _sentence(error: DomainError) -> str:
    fields = [text for texts in sentences_by_field(error).values() for text in texts]
    return taken_in_series(error) or " ".join(fields) or sentence_of(error)


def _why(missed: Missed) -> str:
    return str(SENTENCES.get(missed.reason, missed.message))
