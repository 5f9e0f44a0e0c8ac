"""The first two steps as a visitor sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import ngettext, pgettext

from bookings.models import Service
from bookings.web.choosing import Choice
from bookings.web.facts import facts_of
from bookings.web.month import Month, MonthDay, by_part_of_day, read_month
from bookings.web.tokens import visit_token
from bookings.web.zones import zone_options
from core import times
from core.models import Organization


@dataclass(frozen=True)
class Cell:
    """One day in the month's table; without an address nothing can be booked on it."""

    number: int
    label: str = ""
    address: str = ""
    is_chosen: bool = False


def show_services(
    request: HttpRequest, organization: Organization, services: list[Service]
) -> HttpResponse:
    query = request.META["QUERY_STRING"]
    shown = []
    for service in services:
        address = reverse("book:service", args=[organization.slug, service.slug])
        shown.append(
            {
                "name": service.name,
                "description": service.description,
                "facts": facts_of(service),
                "address": f"{address}?{query}" if query else address,
            }
        )
    context = {"organization": organization, "services": shown, "step": 1}
    return render(request, "book/services.html", context)


def show_with_whom(request: HttpRequest, choice: Choice, *, has_others: bool) -> HttpResponse:
    people = [
        {"resource": one, "address": replace(choice, resource=one, is_decided=True).url}
        for one in choice.resources
    ]
    context = {
        **_around(choice, has_others=has_others),
        "step": 1,
        "people": people,
        "anyone_address": replace(choice, is_decided=True).url if choice.may_be_anyone else "",
    }
    return render(request, "book/with_whom.html", context)


def show_times(
    request: HttpRequest,
    choice: Choice,
    *,
    has_others: bool = False,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the month, and the times of the day that was chosen or of the first with any."""
    month = read_month(choice.wish, choice.month)
    day = choice.day
    if day is None and month.free_days:
        day = month.free_days[0].date
    starts = month.starts_on(day) if day else []
    lengths = [
        (minutes, replace(choice, minutes=minutes).url, minutes == choice.minutes)
        for minutes in choice.service.durations
    ]
    context = {
        **_around(choice, has_others=has_others),
        **_turning(choice, month),
        "step": 2,
        "refused": refused,
        "path": request.path,
        "address": choice.url,
        "lengths": lengths,
        "others_address": replace(choice, resource=None, is_decided=False).url
        if len(choice.resources) > 1
        else "",
        "weekdays": [
            (format_date(day, "l"), format_date(day, pgettext("weekday: Mon", "D")))
            for day in month.weekdays
        ],
        "weeks": [[_cell(choice, one, day) for one in week] for week in month.weeks],
        "day": times.long_day(day) if day else "",
        "parts": [
            (name, [(start.isoformat(), times.clock(start)) for start in part])
            for name, part in by_part_of_day(starts)
        ],
        "zone": choice.zone,
        "zone_label": times.zone_label(starts[0] if starts else timezone.now(), choice.zone),
        "zone_options": zone_options(),
        "zone_fields": replace(choice, zone_was_said=False).query,
        "guesses_zone": not choice.zone_was_said,
        "visit": visit_token(choice.organization, choice.visit),
    }
    return render(request, "book/times.html", context, status=status)


def _around(choice: Choice, *, has_others: bool) -> dict[str, Any]:
    organization = choice.organization
    home = reverse("book:organization", args=[organization.slug]) if has_others else ""
    return {
        "organization": organization,
        "service": choice.service,
        "facts": facts_of(choice.service),
        "resource": choice.resource,
        "services_address": home,
    }


def _turning(choice: Choice, month: Month) -> dict[str, Any]:
    """Return where the buttons beside the month lead, and what to say when it has no free time."""

    def address(first: date) -> str:
        return replace(choice, month=first, day=None).url

    next_day = month.next_day
    return {
        "month": format_date(month.first, pgettext("date: November 2026", "F Y")),
        "earlier_address": address(month.earlier) if month.has_earlier else "",
        "later_address": address(month.later) if month.has_later else "",
        "is_empty": not month.free_days,
        "next_day": times.long_day(next_day) if next_day else "",
        "next_day_address": replace(choice, month=None, day=next_day).url if next_day else "",
    }


def _cell(choice: Choice, day: MonthDay | None, chosen: date | None) -> Cell | None:
    if day is None:
        return None
    if not day.starts:
        return Cell(day.date.day)
    number = len(day.starts)
    free = ngettext("%(number)d free time", "%(number)d free times", number) % {"number": number}
    return Cell(
        number=day.date.day,
        label=f"{times.long_day(day.date)}, {free}",
        address=f"{replace(choice, month=None, day=day.date).url}#times",
        is_chosen=day.date == chosen,
    )
