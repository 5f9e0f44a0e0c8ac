"""The first two steps as a visitor sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bookings.models import Service
from bookings.selectors.photos import paths_of_photos
from bookings.web.choosing import Choice
from bookings.web.days import month_shown, parts_shown
from bookings.web.facts import facts_of
from bookings.web.month import read_month
from bookings.web.tokens import visit_token
from bookings.web.zones import zone_options
from core import times
from core.models import Organization


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
    context = {**around(choice, has_others=has_others), **people_of(choice), "step": 1}
    return render(request, "book/with_whom.html", context)


def people_of(choice: Choice) -> dict[str, Any]:
    """Return with whom one can be, each with where their times are. One query."""
    photos = paths_of_photos(one.pk for one in choice.resources)
    people = [
        {
            "resource": one,
            "photo": photos.get(one.pk),
            "address": replace(choice, resource=one, is_decided=True).url,
        }
        for one in choice.resources
    ]
    is_a_choice = choice.may_be_anyone and len(people) != 1
    anyone_address = replace(choice, is_decided=True).url if is_a_choice else ""
    return {"people": people, "anyone_address": anyone_address}


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
        **around(choice, has_others=has_others),
        **month_shown(month, day, lambda *shown: _address(choice, *shown)),
        "step": 2,
        "wait_address": wait_address(choice),
        "refused": refused,
        "path": request.path,
        "address": choice.url,
        "lengths": lengths,
        "others_address": replace(choice, resource=None, is_decided=False).url
        if len(choice.resources) > 1 or choice.service.is_course
        else "",
        "day": times.long_day(day) if day else "",
        "parts": parts_shown(starts),
        "zone": choice.zone,
        "zone_label": times.zone_label(starts[0] if starts else timezone.now(), choice.zone),
        "zone_options": zone_options(),
        "zone_fields": replace(choice, zone_was_said=False).query,
        "guesses_zone": not choice.zone_was_said,
        "visit": visit_token(choice.organization, choice.visit),
    }
    return render(request, "book/times.html", context, status=status)


def around(choice: Choice, *, has_others: bool) -> dict[str, Any]:
    """Return what every page about one service says."""
    organization = choice.organization
    home = reverse("book:organization", args=[organization.slug]) if has_others else ""
    return {
        "organization": organization,
        "service": choice.service,
        "facts": facts_of(choice.service),
        "resource": choice.resource,
        "services_address": home,
    }


def _address(choice: Choice, month: date | None, day: date | None) -> str:
    return replace(choice, month=month, day=day).url


def wait_address(choice: Choice) -> str:
    """Return where to join the waitlist for what is chosen."""
    path = reverse("book:wait", args=[choice.organization.slug, choice.service.slug])
    return f"{path}?{urlencode(choice.query)}" if choice.query else path
