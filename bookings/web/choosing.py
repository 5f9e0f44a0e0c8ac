"""What a visitor has chosen so far, as the address says it: read kindly, whatever it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from bookings.models import Resource, Service
from bookings.selectors.page import choosable_resources
from bookings.services.visiting import kept_allocations
from bookings.web.month import Wish, first_of_month
from bookings.web.tokens import visit_in, visit_token
from bookings.web.zones import known_zones
from core.models import Organization

ANYONE = "anyone"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`resource` None with `is_decided` means anybody. `day` and `month` are on `zone`'s clock.

    `visit` is known when somebody comes back to choose another time.
    """

    organization: Organization
    service: Service
    resources: list[Resource]
    resource: Resource | None
    is_decided: bool
    minutes: int
    zone: str
    zone_was_said: bool
    day: date | None
    month: date | None
    visit: UUID | None

    @property
    def may_be_anyone(self) -> bool:
        return self.service.assignment != Service.Assignment.CUSTOMER

    @property
    def wish(self) -> Wish:
        """Return what to look for. What is kept for this visitor is free to them."""
        kept = kept_allocations(self.visit, organization_id=self.organization.pk)
        return Wish(
            service=self.service,
            minutes=self.minutes,
            resource_id=self.resource.pk if self.resource else None,
            zone=ZoneInfo(self.zone),
            besides=kept,
        )

    @property
    def url(self) -> str:
        path = reverse("book:service", args=[self.organization.slug, self.service.slug])
        return f"{path}?{urlencode(self.query)}" if self.query else path

    @property
    def query(self) -> dict[str, str]:
        """Return what the address has to say to mean this choice."""
        query = {}
        if self.is_decided and (len(self.resources) > 1 or self.service.is_course):
            query["with"] = str(self.resource.pk) if self.resource else ANYONE
        if self.minutes != self.service.durations[0]:
            query["minutes"] = str(self.minutes)
        if self.zone_was_said:  # also the organization's: the script guesses where nothing is said
            query["zone"] = self.zone
        if self.day:
            query["day"] = self.day.isoformat()
        elif self.month:
            query["month"] = f"{self.month:%Y-%m}"
        if self.visit:
            query["visit"] = visit_token(self.organization, self.visit)
        return query


def read_choice(request: HttpRequest, organization: Organization, service: Service) -> Choice:
    """Return what the query says, and the usual for what it does not say or says wrongly."""
    said = request.GET
    resources = choosable_resources(service)
    named = next((one for one in resources if str(one.pk) == said.get("with")), None)
    if len(resources) == 1 and service.assignment == Service.Assignment.CUSTOMER:
        named = named or (None if service.is_course else resources[0])
    is_anyone = said.get("with") == ANYONE and service.assignment != Service.Assignment.CUSTOMER
    zone = said.get("zone", "") if said.get("zone") in known_zones() else ""
    day = read_day(said.get("day", ""))
    month = read_day(f"{said.get('month', '')}-01") or day
    return Choice(
        organization=organization,
        service=service,
        resources=resources,
        resource=named,
        # A course's own page comes first, also where there is nobody to choose from.
        is_decided=is_anyone or named is not None or (len(resources) < 2 and not service.is_course),
        minutes=_minutes(service, said.get("minutes", "")),
        zone=zone or organization.timezone,
        zone_was_said=bool(zone),
        day=day,
        month=first_of_month(month) if month else None,
        visit=visit_in(said.get("visit", ""), organization),
    )


def read_start(text: str) -> datetime | None:
    """Return the moment that a button stands for; None for anything else."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment) or not 1970 <= moment.year <= 2200:
        return None
    return moment


def _minutes(service: Service, text: str) -> int:
    offered = {str(minutes): minutes for minutes in service.durations}
    return offered.get(text, service.durations[0])


def read_day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year <= 2200 else None
