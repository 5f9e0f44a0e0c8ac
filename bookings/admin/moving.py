"""The page "Reschedule": other times for a booking, its own time counted as free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bookings.admin.acting import (
    LONGEST_REASON,
    REASONS,
    back_to,
    may_act_on,
    page_of,
    reason_in,
    up_to,
    version_in,
    why_not_moved,
)
from bookings.admin.drafting import parse_day, parse_moment, parse_wall
from bookings.admin.offering import Offer, moment_on, offer, refusal_of
from bookings.admin.overbooking import may_overbook, overbook_reason, refused_start
from bookings.admin.series import SCOPES, taken_in_series
from bookings.models import Booking, Resource
from bookings.services.allocating import kept_by
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.series import Scope, move_series
from core import times
from core.admin.context import caller_of, desk_of
from core.admin.panels import panels_at
from core.admin.refusals import sentences_by_field
from core.errors import DomainError

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

ANY = "any"
OVERBOOK = "overbook"


@dataclass
class Move:
    """Where a booking shall go. `resource` None means anyone who is free."""

    day: date
    day_was_asked: bool
    minutes: int
    durations: list[int]
    resources: list[Resource]
    resource: Resource | None
    start: datetime | None

    @property
    def resource_id(self) -> UUID | None:
        return self.resource.pk if self.resource else None

    @property
    def query(self) -> str:
        """The address of this choice without its day."""
        return urlencode({"minutes": self.minutes, "resource": self.resource_id or ANY})


def reschedule(admin: BookingAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Offer other times; a POST of one moves the booking there."""
    booking = may_act_on(admin, request, pk)
    if sentence := why_not_moved(booking):
        admin.message_user(request, sentence)
        return HttpResponseRedirect(page_of(booking))
    move = _read(request, booking)
    if request.method != "POST" or "move" not in request.POST:
        return _show(admin, request, booking, move)
    overbook = request.POST["move"] == OVERBOOK
    if overbook:
        move.start = refused_start(request)
    if move.start is None:
        return _show(admin, request, booking, move, refused=_("Choose a time."))
    if overbook and not overbook_reason(request):
        refused = _("Say why it is booked all the same.")
        return _show(admin, request, booking, move, refused=refused, anyway=move.start)
    if _is_there_already(booking, move):  # the second click of a double click
        return back_to(request, booking)
    wanted: Resource | Literal["any"] = move.resource or "any"
    changes = Changes(starts_at=move.start, minutes=move.minutes, resource=wanted)
    try:
        if (scope := series_scope(request)) and booking.series_id is not None:
            changes = replace(changes, resource=None if wanted == booking.resource else wanted)
            move_series(
                booking,
                changes,
                scope=scope,
                caller=caller_of(request),
                reason=reason_in(request),
            )
            admin.message_user(request, _("The series is moved."))
            return HttpResponseRedirect(page_of(booking))
        moved = update_booking(
            booking,
            changes,
            caller=caller_of(request),
            expected_version=version_in(request),
            on_grid=not request.POST.get("other_time"),
            reason=overbook_reason(request) if overbook else reason_in(request),
            overbook=overbook,
        )
    except DomainError as error:
        fields = [text for texts in sentences_by_field(error).values() for text in texts]
        refused = " ".join(fields) or taken_in_series(error) or refusal_of(error, move.start)
        anyway = move.start if may_overbook(request, error) else None
        return _show(admin, request, admin.row(request, pk), move, refused=refused, anyway=anyway)
    admin.message_user(
        request,
        _("%(reference)s is now %(when)s.")
        % {"reference": moved, "when": times.span(moved.starts_at, moved.ends_at)},
    )
    return HttpResponseRedirect(page_of(moved))


def series_scope(request: HttpRequest) -> Scope | None:
    """Return which others are to move along; None for this one alone."""
    wanted = request.POST.get("scope", "")
    return Scope(wanted) if wanted in (Scope.FOLLOWING, Scope.ALL) else None


def _is_there_already(booking: Booking, move: Move) -> bool:
    same_resource = move.resource is None or move.resource_id == booking.resource_id
    return same_resource and booking.starts_at == move.start and booking.minutes == move.minutes


def _read(request: HttpRequest, booking: Booking) -> Move:
    sent = request.POST if request.method == "POST" else request.GET
    own = caller_of(request)
    offering = booking.service.resources.all()
    resources = [one for one in offering if one.is_active and own.has(one.pk)]
    if booking.resource not in resources:
        resources.append(booking.resource)
    usual = booking.minutes
    durations = sorted({usual, *booking.service.durations})
    here = str(booking.resource_id)
    named = sent.get("resource", here)
    resource = next((one for one in resources if str(one.pk) == named), None)
    if resource is None and named != ANY:
        resource = booking.resource
    day = parse_day(sent.get("day", ""))
    day_was_asked = day is not None
    day = day or max(times.local(booking.starts_at).date(), times.today())
    start = parse_moment(sent.get("start", ""))
    wall = parse_wall(sent.get("other_time", ""))
    if wall is not None:
        start = moment_on(day, wall, desk_of(request).zone)
    minutes = next((n for n in durations if str(n) == sent.get("minutes", "")), usual)
    return Move(day, day_was_asked, minutes, durations, resources, resource, start)


def _show(
    admin: BookingAdmin, request: HttpRequest, booking: Booking, move: Move, **context: Any
) -> HttpResponseBase:
    own = kept_by(booking).allocations

    def offered() -> Any:
        return offer(
            booking.service,
            move.day,
            zone=desk_of(request).zone,
            minutes=move.minutes,
            resource_id=move.resource_id,
            among=caller_of(request).only_resources,
            besides=own,
            without=booking.pk,
        )

    found = offered()
    if not found.groups and found.next_days and not move.day_was_asked:
        move.day = found.next_days[0]
        found = offered()
    return admin.page(
        request,
        "admin/bookings/reschedule.html",
        title=_("Reschedule"),
        booking=booking,
        move=move,
        offer=found,
        other_time=_off_the_grid(request, move, found),
        day_before=times.day_before(move.day),
        day_after=times.day_after(move.day),
        told=panels_at("booking.told", request, booking=booking, change="rescheduled"),
        reason=reason_in(request),
        overbook_reason=overbook_reason(request),
        reasons=REASONS,
        scopes=SCOPES.items(),
        scope=request.POST.get("scope", ""),
        longest_reason=LONGEST_REASON,
        **up_to(booking),
        **context,
    )


def _off_the_grid(request: HttpRequest, move: Move, found: Offer) -> datetime | None:
    """Return the time that a link proposes, if it is none of those that are offered."""
    return move.start if request.method == "GET" and move.start not in found.starts else None
