"""What somebody has chosen so far of a new booking: read kindly, whatever was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from bookings.admin.offering import Offer, moment_on, offer
from bookings.models import Resource, Service
from core import times
from core.admin.context import caller_of, desk_of
from core.ids import uuid7

SALT = "holdfast.new-booking"


@dataclass
class Draft:
    """What is chosen. `other_time` is a wall clock time off the grid, asked for explicitly.

    `day_was_asked` is False while nobody has chosen a day: then the first with free times
    is shown.
    """

    services: list[Service]
    service: Service
    minutes: int
    resources: list[Resource]
    resource: Resource | None
    day: date
    day_was_asked: bool
    start: datetime | None
    other_time: time | None

    @property
    def resource_id(self) -> UUID | None:
        return self.resource.pk if self.resource else None

    def offered(self, request: HttpRequest) -> Offer:
        """Return the free times of the day; of the first day with any if none was chosen."""
        found = self._offer_on(self.day, request)
        if not found.groups and found.next_days and not self.day_was_asked:
            self.day = found.next_days[0]
            found = self._offer_on(self.day, request)
        if self.start is not None and self.start not in found.starts:
            later = [start for start in found.starts if start >= self.start]
            self.start = later[0] if later and request.method == "GET" else None
        return found

    def _offer_on(self, day: date, request: HttpRequest) -> Offer:
        return offer(
            self.service,
            day,
            zone=desk_of(request).zone,
            minutes=self.minutes,
            resource_id=self.resource_id,
            among=caller_of(request).only_resources,
        )

    def wanted(self, request: HttpRequest) -> datetime | None:
        """Return the start that was chosen: the other time if there is one."""
        if self.other_time is not None:
            return moment_on(self.day, self.other_time, desk_of(request).zone)
        return self.start


def read_draft(request: HttpRequest) -> Draft | None:
    """Return what the query or the form says, the usual for what it does not; None when this
    organization has no service that can be booked.
    """
    sent = request.POST if request.method == "POST" else request.GET
    active = Service.objects.for_caller(caller_of(request)).filter(is_active=True)
    services = list(active.select_related("organization").prefetch_related("resources"))
    if not services:
        return None
    service = _service(services, sent)
    caller = caller_of(request)
    resources = [one for one in service.resources.all() if one.is_active and caller.has(one.pk)]
    start = parse_moment(sent.get("start", ""))
    day = parse_day(sent.get("day", ""))
    if day is None and start is not None:
        day = times.local(start).date()
    if start is not None and day is not None and times.local(start).date() != day:
        start = None
    return Draft(
        services=services,
        service=service,
        minutes=_minutes(service, sent.get("minutes", "")),
        resources=resources,
        resource=next((one for one in resources if str(one.pk) == sent.get("resource")), None),
        day=day or times.today(),
        day_was_asked=day is not None,
        start=start,
        other_time=parse_wall(sent.get("other_time", "")),
    )


def new_token() -> str:
    """Return a signed id for a booking that is about to be made, so that it is made once."""
    return signing.dumps(str(uuid7()), salt=SALT)


def id_in(token: str) -> UUID | None:
    """Return the id in a token of ours; None for anything else."""
    try:
        return UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def among(rows: QuerySet, text: str) -> object | None:
    """Return the row of `rows` with this id; None when there is none or it is no id."""
    try:
        return rows.filter(pk=UUID(text)).first()
    except (ValueError, ValidationError):
        return None


def _service(services: list[Service], sent: QueryDict) -> Service:
    """Return the one that was named; else the first that the named person offers."""
    for service in services:
        if str(service.pk) == sent.get("service"):
            return service
    wanted = sent.get("resource")
    for service in services:
        if any(str(one.pk) == wanted for one in service.resources.all()):
            return service
    return services[0]


def _minutes(service: Service, text: str) -> int:
    offered = {str(minutes): minutes for minutes in service.durations}
    return offered.get(text, service.durations[0])


def parse_moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment) or not 1970 <= moment.year <= 2200:
        return None
    return moment


def parse_day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year <= 2200 else None


def parse_wall(text: str) -> time | None:
    try:
        wall = parse_time(text)
    except ValueError:
        return None
    return wall.replace(second=0, microsecond=0, tzinfo=None) if wall is not None else None
