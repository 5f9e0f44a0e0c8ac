"""What staff do with one booking from its page: confirm, complete, no-show, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.paying import return_in, return_of
from bookings.errors import SessionDecides
from bookings.models import Booking
from bookings.services.manage import renew_manage_link
from bookings.services.status import cancel_booking, complete_booking, confirm_booking, mark_no_show
from core.admin.context import caller_of
from core.admin.panels import panels_at
from core.admin.refusals import sentence_of

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

LONGEST_REASON = 500
REASONS: list[Promise] = [
    gettext_lazy("The customer asked for it."),
    gettext_lazy("We are closed on that day."),
    gettext_lazy("The member of staff is ill."),
    gettext_lazy("It was booked twice by mistake."),
]

Change = tuple[Booking.Status, Callable[..., Booking], Promise]
CHANGES: dict[str, Change] = {
    "confirm": (Booking.Status.CONFIRMED, confirm_booking, gettext_lazy("Confirmed.")),
    "complete": (Booking.Status.COMPLETED, complete_booking, gettext_lazy("Completed.")),
    "no-show": (Booking.Status.NO_SHOW, mark_no_show, gettext_lazy("Marked as no-show.")),
}


def change_status(
    admin: BookingAdmin, request: HttpRequest, pk: UUID, change: str
) -> HttpResponseBase:
    """Confirm, complete or mark one booking, as it was when the page was opened."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    booking = may_act_on(admin, request, pk)
    wanted, service, done = CHANGES[change]
    if booking.status == wanted:  # the second click of a double click
        admin.message_user(request, f"{booking}: {done}")
        return back_to(request, booking)

    def act() -> None:
        service(booking, caller=caller_of(request), expected_version=version_in(request))

    admin.attempt(request, act, done=f"{booking}: {done}")
    return back_to(request, booking)


def cancel(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask for the reason and say what the customer will get; a POST cancels."""
    booking = may_act_on(admin, request, pk)
    if request.method == "POST" and booking.status == Booking.Status.CANCELLED:
        return back_to(request, booking)
    if request.method == "POST":
        reason = reason_in(request)

        def act() -> None:
            cancel_booking(
                booking,
                caller=caller_of(request),
                reason=reason,
                expected_version=version_in(request),
                return_credit=return_in(request),
            )

        done = _("%(reference)s is cancelled, and its time is free again.")
        if booking.group_session_id is not None:
            done = _("%(reference)s is cancelled, and its place is free again.")
        admin.attempt(request, act, done=done % {"reference": booking})
        return back_to(request, booking)
    if booking.status not in Booking.OPEN:
        admin.message_user(request, _("This booking is over, so it cannot be cancelled."))
        return back_to(request, booking)
    return admin.page(
        request,
        "admin/bookings/cancel.html",
        title=_("Cancel"),
        booking=booking,
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        returns=return_of(booking),
        told=panels_at("booking.told", request, booking=booking, change="cancelled"),
        **up_to(booking),
    )


def renew_link(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Make the links that the customer was sent invalid: one of them got into other hands."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    booking = may_act_on(admin, request, pk)

    def act() -> None:
        renew_manage_link(booking, caller=caller_of(request), expected_version=version_in(request))

    done = _("The links that were sent are invalid. The next message carries a new one.")
    admin.attempt(request, act, done=done)
    return back_to(request, booking)


def may_act_on(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> Booking:
    """Return the booking. Raises PermissionDenied for who may only look, Http404."""
    if not admin.has_change_permission(request):
        raise PermissionDenied
    booking: Booking = admin.row(request, pk)
    return booking


def has_its_own_time(booking: Booking) -> bool:
    """Say whether a booking could be moved: it is not over, and no place in a session."""
    return booking.status in Booking.OPEN and booking.group_session_id is None


def why_not_moved(booking: Booking) -> str:
    """Return why a booking cannot be moved or swapped; empty when it can."""
    if booking.status not in Booking.OPEN:
        return _("This booking is over, so it cannot be moved.")
    return "" if has_its_own_time(booking) else sentence_of(SessionDecides())


def reason_in(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "").strip()[:LONGEST_REASON]


def version_in(request: HttpRequest, field: str = "version") -> int | None:
    """Return the version that the person saw; None where a form did not say."""
    text = request.POST.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def back_to(request: HttpRequest, booking: Booking) -> HttpResponseRedirect:
    """Return to where the person came from within the console, else to the booking."""
    wanted = request.POST.get("next", "")
    host = {request.get_host()}
    if wanted and url_has_allowed_host_and_scheme(wanted, host, request.is_secure()):
        return HttpResponseRedirect(wanted)
    return HttpResponseRedirect(page_of(booking))


def page_of(booking: Booking) -> str:
    return reverse("admin:bookings_booking_change", args=[booking.pk])


def up_to(booking: Booking) -> dict[str, Any]:
    """Return the way up from a page below a booking's."""
    return {"up_url": page_of(booking), "up_title": booking.reference}
