"""The calendar: what is booked, held, off and free, in a day, a week, or one resource's week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from bookings.admin.calendar_entries import Column, Entry, columns_of, entries_of
from bookings.admin.drafting import parse_day
from bookings.admin.timegrid import grid_of
from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import ChangeReason, Resource, ResourceType, Service, ServiceResource
from bookings.selectors.agenda import Line, agenda_of
from core import times
from core.admin.context import Desk, caller_of, desk_of, organization_of
from core.admin.pages import console_page

DAY = timedelta(days=1)
DAY_VIEW, WEEK_VIEW, RESOURCE_VIEW = "day", "week", "resource"
DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see. `days` are one or, for a week, seven."""

    view: str
    day: date
    days: list[date]
    type: ResourceType | None
    service: Service | None
    resource: Resource | None

    @property
    def step(self) -> timedelta:
        return timedelta(days=len(self.days))

    def link(self, **changes: object) -> str:
        """Return the address of this page with something changed; None leaves a part out."""
        now: dict[str, object] = {
            "view": self.view,
            "day": self.day.isoformat(),
            "type": self.type and self.type.pk,
            "service": self.service and self.service.pk,
            "resource": self.resource and self.resource.pk,
        }
        return "?" + urlencode({name: value for name, value in (now | changes).items() if value})


@console_page("calendar/", name="calendar")
def calendar(request: HttpRequest) -> HttpResponseBase:
    """Show a day or a week. Thirteen queries at most, however many resources and bookings."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        raise PermissionDenied
    organization, caller, now = organization_of(request), caller_of(request), timezone.now()
    resources = list(
        Resource.objects.for_caller(caller)
        .filter(is_active=True)
        .select_related("type")
        .order_by("name", "id")
    )
    services = list(Service.objects.for_caller(caller).filter(is_active=True))
    wish = _read(request, resources, services)
    window = Interval(midnight(wish.days[0], desk.zone), midnight(wish.days[-1] + DAY, desk.zone))
    lines = agenda_of(caller, window, now=now, only=_only(wish, resources))
    grid = grid_of(desk.zone, wish.days, [stretch for line in lines for stretch in _shown(line)])
    entries = _entries(wish, lines, desk)
    columns = columns_of(lines, wish.days, grid, entries, now=now)
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        **_around(wish, desk),
        "title": _("Calendar"),
        "organization": organization,
        "wish": wish,
        "grid": grid,
        "columns": columns,
        "rows": _by_resource(columns, len(wish.days)) if wish.view == WEEK_VIEW else [],
        "resources": resources,
        "types": list({one.type_id: one.type for one in resources}.values()),
        "services": services,
        "may_book": desk.may("bookings:write"),
    }
    return TemplateResponse(request, "admin/bookings/calendar.html", context)


def _read(request: HttpRequest, resources: list[Resource], services: list[Service]) -> Wish:
    """Return what the query asks for; what it does not say, or says wrongly, is the usual."""
    asked = request.GET
    view = asked.get("view", "")
    view = view if view in (WEEK_VIEW, RESOURCE_VIEW) else DAY_VIEW
    type_id, service_id = asked.get("type"), asked.get("service")
    resource = next((one for one in resources if str(one.pk) == asked.get("resource")), None)
    if view == RESOURCE_VIEW and resource is None:
        resource = resources[0] if resources else None
    day = parse_day(asked.get("day", "")) or times.today()
    return Wish(
        view=view,
        day=day,
        days=[day] if view == DAY_VIEW else _week_of(day),
        type=next((one.type for one in resources if str(one.type_id) == type_id), None),
        service=next((one for one in services if str(one.pk) == service_id), None),
        resource=resource,
    )


def _week_of(day: date) -> list[date]:
    """Return the seven days around `day`, from the one on which a week begins for the reader."""
    begins_on = (get_format("FIRST_DAY_OF_WEEK") - 1) % DAYS_OF_WEEK  # Django counts from Sunday
    first = day - timedelta(days=(day.weekday() - begins_on) % DAYS_OF_WEEK)
    return [first + timedelta(days=n) for n in range(DAYS_OF_WEEK)]


def _only(wish: Wish, resources: list[Resource]) -> set[UUID] | None:
    """Return whose lines are wanted; None for everybody's."""
    if wish.resource is not None:
        return {wish.resource.pk}
    if wish.type is None and wish.service is None:
        return None
    wanted = {one.pk for one in resources if wish.type is None or one.type_id == wish.type.pk}
    if wish.service is not None:
        offers = ServiceResource.objects.filter(service=wish.service)
        wanted &= set(offers.values_list("resource_id", flat=True))
    return wanted


def _shown(line: Line) -> list[Interval]:
    taken = [Interval(one.starts_at, one.ends_at) for one in line.taking]
    return [*line.hours, *line.held, *taken]


def _entries(wish: Wish, lines: list[Line], desk: Desk) -> dict[UUID, list[Entry]]:
    """Return what stands on each line, by its resource, sorted by start."""
    overbooked = {one.pk for line in lines for one in line.bookings if one.is_overbooked}
    # Of several changes the last is the one that put it there.
    told = ChangeReason.objects.filter(booking__in=overbooked).order_by("version")
    reasons = {row.booking_id: row.text for row in told}
    return {
        line.resource.pk: entries_of(
            line, service=wish.service, reasons=reasons, may_book=desk.may("bookings:write")
        )
        for line in lines
    }


def _by_resource(columns: list[Column], days: int) -> list[list[Column]]:
    return [columns[n : n + days] for n in range(0, len(columns), days)]


def _around(wish: Wish, desk: Desk) -> dict[str, Any]:
    """Return the way to the days and views beside this one."""
    first, last, today = wish.days[0], wish.days[-1], times.today()
    starts_at = datetime.combine(first, datetime.min.time(), desk.zone)
    ends_at = datetime.combine(last + DAY, datetime.min.time(), desk.zone)
    if first == last:
        heading = times.long_day(first)
    else:
        heading = f"{times.short_day(first)} – {times.short_day(last)}"
    return {
        "heading": heading,
        "zone": times.zone_label(starts_at, str(desk.zone), until=ends_at),
        "is_now": first <= today <= last,
        "before": wish.link(day=(wish.day - wish.step).isoformat()),
        "after": wish.link(day=(wish.day + wish.step).isoformat()),
        "now_link": wish.link(day=today.isoformat()),
        "views": [
            (DAY_VIEW, _("Day"), "d", wish.link(view=DAY_VIEW)),
            (WEEK_VIEW, _("Week"), "w", wish.link(view=WEEK_VIEW)),
            (RESOURCE_VIEW, _("One resource"), "r", wish.link(view=RESOURCE_VIEW)),
        ],
        "why_query": urlencode(
            {
                name: value
                for name, value in [
                    ("day", wish.day.isoformat()),
                    ("service", wish.service and wish.service.pk),
                    ("resource", wish.resource and wish.resource.pk),
                ]
                if value
            }
        ),
    }
