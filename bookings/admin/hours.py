"""Opening hours of one resource: a week on one page, saved by its service in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _

from bookings.admin.outside import ask, wants_it_anyway
from bookings.errors import BookingsOutside
from bookings.models import Resource, Schedule, WeeklyHours
from bookings.services.schedule import OnWeekday, remove_schedule, set_weekly_hours
from core.admin.context import caller_of, desk_of
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError

if TYPE_CHECKING:
    from bookings.admin.resource import ResourceAdmin

# Pairs of fields that a day has at least; there is always an empty one.
STRETCHES, BREAKS = 2, 1
WORKDAYS = range(1, 5)
NEW = "new"


@dataclass
class Day:
    """One weekday of the form: the texts in its fields, and what is wrong with them."""

    number: int
    name: str
    stretches: list[tuple[str, str]]
    breaks: list[tuple[str, str]]
    wrong: str = ""


def opening_hours(admin: ResourceAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Show the hours of a resource; a POST replaces them, or copies Monday to the workdays."""
    if not desk_of(request).may("schedules:read"):
        raise PermissionDenied
    resource: Resource = admin.row(request, pk)
    schedules = list(resource.schedules.order_by("valid_from_on", "id"))
    schedule = _schedule(schedules, request.GET.get("schedule", ""))
    if request.method != "POST":
        days = _days_of(schedule)
        return _show(admin, request, resource, schedules, schedule, days)
    if not desk_of(request).may("schedules:write"):
        raise PermissionDenied
    days = _days_in(request.POST)
    if request.POST.get("go") == "copy":
        for number in WORKDAYS:
            days[number].stretches = list(days[0].stretches)
            days[number].breaks = list(days[0].breaks)
        return _show(admin, request, resource, schedules, schedule, days)
    return _save(admin, request, resource, schedules, schedule, days)


def _save(
    admin: ResourceAdmin,
    request: HttpRequest,
    resource: Resource,
    schedules: list[Schedule],
    schedule: Schedule | None,
    days: list[Day],
) -> HttpResponseBase:
    try:
        if request.POST.get("go") == "remove":
            return _remove(admin, request, resource, schedule)
        set_weekly_hours(
            resource,
            _stretches_in(days),
            caller=caller_of(request),
            breaks=_breaks_in(days),
            schedule=schedule,
            valid_from_on=_date(request.POST, "valid_from"),
            valid_to_on=_date(request.POST, "valid_to"),
            even_if_bookings_fall_outside=wants_it_anyway(request),
        )
    except Unreadable:
        refused = _("Some of these are no times.")
        return _show(admin, request, resource, schedules, schedule, days, refused=refused)
    except BookingsOutside as refusal:
        return ask(admin, request, refusal, **_up(resource))
    except DomainError as error:
        wrong = sentences_by_field(error)
        for day in days:
            day.wrong = " ".join(wrong.pop(f"day{day.number}", []))
        rest = " ".join(text for texts in wrong.values() for text in texts)
        refused = rest or sentence_of(error)
        return _show(admin, request, resource, schedules, schedule, days, refused=refused)
    admin.message_user(request, _("The hours are saved. What is booked already stays."))
    return HttpResponseRedirect(reverse("admin:bookings_resource_change", args=[resource.pk]))


def _remove(
    admin: ResourceAdmin, request: HttpRequest, resource: Resource, schedule: Schedule | None
) -> HttpResponseBase:
    if schedule is None:
        raise Http404
    remove_schedule(
        schedule,
        caller=caller_of(request),
        even_if_bookings_fall_outside=wants_it_anyway(request),
    )
    admin.message_user(request, _("These hours no longer count."))
    return redirect_to(resource)


def redirect_to(resource: Resource) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:bookings_resource_hours", args=[resource.pk]))


class Unreadable(Exception):
    """A field holds no time, or only one of two is filled in."""


def _schedule(schedules: list[Schedule], wanted: str) -> Schedule | None:
    """Return the schedule that the address names, else the first; None for a new one."""
    if wanted == NEW:
        return None
    if not wanted:
        return schedules[0] if schedules else None
    for schedule in schedules:
        if str(schedule.pk) == wanted:
            return schedule
    raise Http404


def _days_of(schedule: Schedule | None) -> list[Day]:
    days = [Day(number, str(name), [], []) for number, name in WeeklyHours.Weekday.choices]
    if schedule is not None:
        for row in schedule.weekly_hours.order_by("weekday", "opens"):
            day = days[row.weekday]
            pairs = day.breaks if row.is_break else day.stretches
            pairs.append((f"{row.opens:%H:%M}", f"{row.closes:%H:%M}"))
    return _filled_up(days)


def _days_in(sent: QueryDict) -> list[Day]:
    def pairs(begins: str, ends: str) -> list[tuple[str, str]]:
        both = zip(sent.getlist(begins), sent.getlist(ends), strict=False)
        return [(a.strip(), b.strip()) for a, b in both if a.strip() or b.strip()]

    return _filled_up(
        [
            Day(
                number,
                str(name),
                pairs(f"opens{number}", f"closes{number}"),
                pairs(f"break_from{number}", f"break_to{number}"),
            )
            for number, name in WeeklyHours.Weekday.choices
        ]
    )


def _filled_up(days: list[Day]) -> list[Day]:
    for day in days:
        for pairs, least in ((day.stretches, STRETCHES), (day.breaks, BREAKS)):
            pairs.extend([("", "")] * max(least - len(pairs), 1))
    return days


def _stretches_in(days: list[Day]) -> list[OnWeekday]:
    """Return the hours that are filled in. Raises Unreadable, with the days marked."""
    return _read(days, [day.stretches for day in days])


def _breaks_in(days: list[Day]) -> list[OnWeekday]:
    """The same for the breaks."""
    return _read(days, [day.breaks for day in days])


def _read(days: list[Day], pairs: list[list[tuple[str, str]]]) -> list[OnWeekday]:
    found = []
    for day, its_pairs in zip(days, pairs, strict=True):
        for texts in filter(any, its_pairs):
            begins, ends = (_time(text) for text in texts)
            if begins is None or ends is None:
                day.wrong = _("Write times like 09:00, and both of them.")
            else:
                found.append((day.number, begins, ends))
    if any(day.wrong for day in days):
        raise Unreadable
    return found


def _time(text: str) -> time | None:
    try:
        wall = parse_time(text)
    except ValueError:
        return None
    return wall.replace(second=0, microsecond=0, tzinfo=None) if wall is not None else None


def _date(sent: QueryDict, name: str) -> date | None:
    try:
        return parse_date(sent.get(name, ""))
    except ValueError:
        return None


def _show(
    admin: ResourceAdmin,
    request: HttpRequest,
    resource: Resource,
    schedules: list[Schedule],
    schedule: Schedule | None,
    days: list[Day],
    **context: Any,
) -> HttpResponseBase:
    is_sent = request.method == "POST"
    return admin.page(
        request,
        "admin/bookings/hours.html",
        title=_("Opening hours"),
        resource=resource,
        schedules=schedules,
        schedule=schedule,
        days=days,
        valid_from=_shown_date(
            request, "valid_from", schedule.valid_from_on if schedule else None, is_sent
        ),
        valid_to=_shown_date(
            request, "valid_to", schedule.valid_to_on if schedule else None, is_sent
        ),
        may_change=desk_of(request).may("schedules:write"),
        **_up(resource),
        **context,
    )


def _up(resource: Resource) -> dict[str, str]:
    url = reverse("admin:bookings_resource_change", args=[resource.pk])
    return {"up_url": url, "up_title": resource.name}


def _shown_date(request: HttpRequest, name: str, kept: date | None, is_sent: bool) -> str:
    if is_sent:
        return request.POST.get(name, "")
    return kept.isoformat() if kept else ""
