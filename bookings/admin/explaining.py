"""The page "Why is this time not offered?": each start of a day, with what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.admin.calendar_entries import page_of_days_off
from bookings.admin.drafting import Draft, read_draft
from bookings.admin.session_words import page_of_session
from bookings.availability.intervals import Interval
from bookings.availability.reasons import Cause, Reason
from bookings.availability.rules import midnight
from bookings.models import Booking, GroupSession, Hold, Service, TimeOff, WaitlistEntry
from bookings.selectors.slots import why_not
from core import times
from core.access import Caller
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.pages import console_page
from core.admin.refusals import SENTENCES

DAY = timedelta(days=1)
Candidate = tuple[datetime, tuple[Reason, ...]]


@dataclass(frozen=True)
class Row:
    """What a reason comes from: words, and the page where it can be changed (or empty)."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Part:
    """Starts that follow each other and have the same said about them; no reasons: it is free."""

    when: str
    starts: list[datetime]
    reasons: list[tuple[str, list[Row]]]


@console_page("why-not/", name="why_not")
def why_not_offered(request: HttpRequest) -> HttpResponseBase:
    """Explain a day of a service. Thirteen queries at most."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        raise PermissionDenied
    request.current_app = admin.site.name
    draft = read_draft(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Why is a time not offered?"),
        "up_url": reverse("admin:calendar"),
        "up_title": _("Calendar"),
        "organization": organization_of(request),
        "may_book": desk.may("bookings:write"),
        "draft": draft,
    }
    if draft is not None:
        window = Interval(midnight(draft.day, desk.zone), midnight(draft.day + DAY, desk.zone))
        candidates = why_not(
            draft.service,
            window,
            minutes=draft.minutes,
            resource_id=draft.resource_id,
            among=caller_of(request).only_resources,
        )
        context |= {
            "parts": parts_of(candidates, draft.service, caller_of(request)),
            "free": sum(not reasons for _start, reasons in candidates),
            "day_before": times.day_before(draft.day),
            "day_after": times.day_after(draft.day),
            "query": urlencode(query_of(draft)),
        }
    return TemplateResponse(request, "admin/bookings/why_not.html", context)


def query_of(draft: Draft) -> dict[str, Any]:
    """Return what is chosen, as the query of this page without its day."""
    chosen: dict[str, Any] = {"service": draft.service.pk, "minutes": draft.minutes}
    return chosen | ({"resource": draft.resource_id} if draft.resource_id else {})


def parts_of(candidates: Sequence[Candidate], service: Service, caller: Caller) -> list[Part]:
    """Return the starts by what is said about them, in the order of time. Five queries at most."""
    against = [reason for _start, reasons in candidates for reason in reasons]
    rows = _Rows(against, service, caller)
    parts = []
    for reasons, same in _together(candidates):
        starts = [start for start, _reasons in same]
        told = [(_sentence(reason), rows.behind(reason)) for reason in reasons]
        parts.append(Part(_when(starts), starts, told))
    return parts


def _together(
    candidates: Sequence[Candidate],
) -> Iterable[tuple[tuple[Reason, ...], list[Candidate]]]:
    for reasons, same in groupby(candidates, key=lambda candidate: candidate[1]):
        group = list(same)
        if reasons:
            yield reasons, group
        else:  # each can be booked, so each stands alone
            yield from ((reasons, [one]) for one in group)


def _when(starts: list[datetime]) -> str:
    ends = dict.fromkeys([starts[0], starts[-1]])
    return "–".join(times.clock(moment) for moment in ends)


def _sentence(reason: Reason) -> str:
    return str(SENTENCES.get(str(reason.code), reason.code))


class _Rows:
    """The rows behind reasons, read all at once."""

    def __init__(self, reasons: Iterable[Reason], service: Service, caller: Caller) -> None:
        self.service = service
        causes = {cause for one in reasons for cause in one.causes if isinstance(cause, Cause)}
        ids = {
            kind: {cause.id for cause in causes if cause.kind == kind and cause.id}
            for kind in ("BOOKING", "SESSION", "TIME_OFF", "HOLD")
        }
        ours = Booking.objects.for_caller(caller)
        booked = ours.filter(pk__in=ids["BOOKING"]).select_related("service", "resource")
        self.bookings = {booking.pk: booking for booking in booked}
        sessions = GroupSession.objects.for_caller(caller)
        taught = sessions.filter(pk__in=ids["SESSION"]).select_related("service", "resource")
        self.sessions = {session.pk: session for session in taught}
        absences = TimeOff.objects.for_caller(caller)
        off = absences.filter(pk__in=ids["TIME_OFF"]).select_related("resource")
        self.time_off = {row.pk: row for row in off}
        kept = Hold.objects.for_caller(caller)
        self.holds = kept.in_bulk(ids["HOLD"])
        offered = WaitlistEntry.objects.for_caller(caller)
        offered = offered.filter(hold__in=ids["HOLD"], status=WaitlistEntry.Status.OFFERED)
        self.offers = {entry.hold_id: entry for entry in offered}

    def behind(self, reason: Reason) -> list[Row]:
        causes = [cause for cause in reason.causes if isinstance(cause, Cause)]
        found = [self._row(cause) for cause in dict.fromkeys(causes)]
        return [row for row in found if row is not None]

    def _row(self, cause: Cause) -> Row | None:
        if cause.kind == "BOOKING" and cause.id:
            return self._booking(cause.id)
        if cause.kind == "SESSION" and cause.id:
            return self._session(cause.id)
        if cause.kind == "TIME_OFF" and cause.id:
            return self._absence(cause.id)
        if cause.kind == "HOLIDAY":
            return Row(cause.name)
        if cause.kind == "LIMIT":
            page = reverse("admin:bookings_service_change", args=[self.service.pk])
            most = cause.name.partition(" ")[0]
            text = _("%(service)s takes %(most)s at most")
            return Row(text % {"service": self.service.name, "most": most}, page)
        return self._hold(cause.id) if cause.id else None

    def _booking(self, pk: UUID) -> Row | None:
        if (booking := self.bookings.get(pk)) is None:  # made between the two reads
            return None
        words = [booking.name, booking.service.name, booking.resource.name]
        when = times.hours(booking.starts_at, booking.ends_at)
        page = reverse("admin:bookings_booking_change", args=[booking.pk])
        return Row(f"{when} {' · '.join(words)}", page)

    def _session(self, pk: UUID) -> Row | None:
        if (session := self.sessions.get(pk)) is None:
            return None
        words = [_("Group session"), session.service.name, session.resource.name]
        when = times.hours(session.starts_at, session.ends_at)
        return Row(f"{when} {' · '.join(words)}", page_of_session(session))

    def _hold(self, pk: UUID) -> Row | None:
        if (hold := self.holds.get(pk)) is None:
            return None
        until = times.clock(hold.expires_at)
        if (entry := self.offers.get(pk)) is None:
            return Row(_("Kept until %(until)s") % {"until": until})
        text = _("Offered to %(name)s from the waitlist until %(until)s")
        return Row(text % {"name": entry.name, "until": until}, _page_of_waiting(entry))

    def _absence(self, pk: UUID) -> Row | None:
        if (off := self.time_off.get(pk)) is None:
            return None
        first, last = times.short_day(off.starts_on), times.short_day(off.last_on)
        when = first if off.starts_on == off.last_on else f"{first} – {last}"
        who = off.resource.name if off.resource else _("everybody")
        page = page_of_days_off(off.resource_id)
        return Row(_("Time off of %(who)s, %(when)s") % {"who": who, "when": when}, page)


def _page_of_waiting(entry: WaitlistEntry) -> str:
    """Return the page of somebody who waits."""
    return reverse("admin:bookings_waitlistentry_change", args=[entry.pk])
