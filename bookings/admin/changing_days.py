"""What the forms of the page "Days off" do: each reads its fields and calls one service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from bookings.admin.drafting import parse_day, parse_wall
from bookings.admin.outside import wants_it_anyway
from bookings.admin.recurring import rule_of
from bookings.availability.closures import region_names
from bookings.models import DateOverride, Resource, TimeOff
from bookings.services.date_override import LONGEST_NOTE, remove_date_hours, set_date_hours
from bookings.services.holiday import set_public_holidays
from bookings.services.time_off import (
    LONGEST_REASON,
    Absence,
    add_time_off,
    change_time_off,
    remove_time_off,
)
from core import times
from core.admin.context import caller_of, organization_of
from core.api.fields import read_id
from core.errors import Invalid

A_TIME = "Write times like 09:00, and both of them."
A_DAY = "Choose a day."

# Does what was sent about a resource, or everybody, and says that it is done.
Work = Callable[[HttpRequest, "Resource | None"], str]


def _close(request: HttpRequest, resource: Resource | None) -> str:
    on = _needed_day(request.POST, "closed_on")
    _set_date(request, resource, on, [], request.POST.get("closed_note", ""))
    return _("%(day)s is closed.") % {"day": times.short_day(on)}


def _open(request: HttpRequest, resource: Resource | None) -> str:
    on = _needed_day(request.POST, "date")
    stretches = []
    sent = zip(request.POST.getlist("opens"), request.POST.getlist("closes"), strict=False)
    for opens, closes in ((_wall(a), _wall(b)) for a, b in sent if a or b):
        if opens is None or closes is None:
            raise Invalid.at("stretches", A_TIME)
        stretches.append((opens, closes))
    if not stretches:
        raise Invalid.at("stretches", A_TIME)
    _set_date(request, resource, on, stretches, request.POST.get("note", ""))
    return _("%(day)s has hours of its own.") % {"day": times.short_day(on)}


def _set_date(
    request: HttpRequest,
    resource: Resource | None,
    on: date,
    stretches: list[tuple[time, time]],
    note: str,
) -> None:
    set_date_hours(
        organization_id=organization_of(request).pk,
        resource=resource,
        on=on,
        stretches=stretches,
        note=_tidy(note)[:LONGEST_NOTE],
        caller=caller_of(request),
        even_if_bookings_fall_outside=wants_it_anyway(request),
    )


def _time_off(request: HttpRequest, resource: Resource | None) -> str:
    sent, organization = request.POST, organization_of(request)
    changed = chosen(TimeOff, request, resource, sent.get("changes", ""))
    starts_on = _needed_day(sent, "starts_on")
    rule = rule_of(
        sent.get("every", ""),
        parse_day(sent.get("until", "")),
        kept=changed.recurrence if changed else "",
    )
    kind = sent.get("kind", "")
    absence = Absence(
        kind=TimeOff.Kind(kind) if kind in TimeOff.Kind.values else TimeOff.Kind.OTHER,
        starts_on=starts_on,
        starts_at_time=_wall(sent.get("starts_at", "")),
        ends_on=_needed_day(sent, "ends_on") if sent.get("ends_on") else starts_on,
        ends_at_time=_wall(sent.get("ends_at", "")),
        recurrence=rule,
        reason=_tidy(sent.get("reason", ""))[:LONGEST_REASON],
    )
    how: dict[str, Any] = {
        "timezone": resource.timezone if resource else organization.timezone,
        "caller": caller_of(request),
        "even_if_bookings_fall_outside": wants_it_anyway(request),
    }
    if changed is not None:
        change_time_off(changed, vars(absence), **how)
    else:
        add_time_off(absence, organization_id=organization.pk, resource=resource, **how)
    return _("The time off is saved.")


def _remove(request: HttpRequest, resource: Resource | None) -> str:
    kind, _colon, row_id = request.POST["go"].partition(":")[2].partition(":")
    caller = caller_of(request)
    if kind == "off" and (time_off := chosen(TimeOff, request, resource, row_id)):
        remove_time_off(time_off, caller=caller)
        return _("The time off is removed.")
    override = chosen(DateOverride, request, resource, row_id)
    if kind != "date" or override is None:
        raise Http404
    remove_date_hours(
        override, caller=caller, even_if_bookings_fall_outside=wants_it_anyway(request)
    )
    return _("The usual hours count again on %(day)s.") % {"day": times.short_day(override.on)}


def _holidays(request: HttpRequest, resource: Resource | None) -> str:
    if resource is not None:
        raise Http404
    organization = organization_of(request)
    country = request.POST.get("country", "")
    region = request.POST.get("region", "")
    set_public_holidays(
        organization,
        country=country,
        # The regions that were offered were those of the country before.
        region=region if region in region_names(country) else "",
        caller=caller_of(request),
        even_if_bookings_fall_outside=wants_it_anyway(request),
    )
    if not country:
        return _("Public holidays are days like others.")
    return _("Public holidays are closed, unless a date has hours of its own.")


WORK: dict[str, Work] = {
    "close": _close,
    "open": _open,
    "off": _time_off,
    "remove": _remove,
    "holidays": _holidays,
}


def chosen(model: Any, request: HttpRequest, resource: Resource | None, text: str) -> Any:
    """Return the row of this page that is named, or None where none is. Raises Http404."""
    if not text:
        return None
    rows = model.objects.for_organization(organization_of(request).pk).filter(resource=resource)
    found = rows.filter(pk=read_id(text)).first()
    if found is None:
        raise Http404
    return found


def _needed_day(sent: QueryDict, name: str) -> date:
    day = parse_day(sent.get(name, ""))
    if day is None:
        raise Invalid.at(name, A_DAY)
    return day


def _wall(text: str) -> time | None:
    """Return the time in a field, None for an empty one. Raises Invalid for what is none."""
    wall = parse_wall(text)
    if text.strip() and wall is None:
        raise Invalid.at("time", A_TIME)
    return wall


def _tidy(text: str) -> str:
    return text.replace("\0", "").strip()
