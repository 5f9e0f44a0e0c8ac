"""Who is coming and what is free: a day, read for people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet

from bookings.availability.intervals import Interval, intersect, merge, subtract
from bookings.availability.rules import OpeningRules, opening_intervals
from bookings.availability.rules import WeeklyHours as Hours
from bookings.availability.terms import ResourceCalendar
from bookings.models import Booking, Resource, WeeklyHours
from bookings.selectors.slots import read_busy

LONGEST_APPOINTMENT = timedelta(days=1)
SHORTEST_GAP = timedelta(minutes=15)
COUNTED_UP_TO = 1000


@dataclass(frozen=True)
class Line:
    """One resource's part of a day. All stretches are in UTC and sorted."""

    resource: Resource
    open: list[Interval]
    free: list[Interval]
    bookings: list[Booking] = field(default_factory=list)


@dataclass(frozen=True)
class Capped:
    """A number that is not counted beyond 1000."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_capped else str(self.number)


def agenda_of(organization_id: UUID, window: Interval, *, now: datetime) -> list[Line]:
    """Return a line for each active resource, and for each other that is booked in `window`.

    Four queries. Free is what is open, not taken on all lanes, not over, and at least a
    quarter of an hour; what is cancelled is left out.
    """
    booked = _booked(organization_id, window)
    by_resource: defaultdict[UUID, list[Booking]] = defaultdict(list)
    for booking in booked:
        by_resource[booking.resource_id].append(booking)
    lanes = ArrayAgg("lanes__id", order_by="lanes__number", filter=Q(lanes__is_active=True))
    resources = list(
        Resource.objects.for_organization(organization_id)
        .filter(Q(is_active=True) | Q(pk__in=by_resource))
        .annotate(lane_ids=lanes)
        .order_by("name", "id")
    )
    opening = opening_of(resources)
    calendars = [
        ResourceCalendar(
            resource_id=resource.pk,
            timezone=resource.timezone,
            lanes=tuple(resource.lane_ids or ()),
            opening=tuple(opening.get(resource.pk, ())),
        )
        for resource in resources
    ]
    busy = read_busy(calendars, window, now=now)
    ahead = Interval(max(window.start, now), window.end)
    lines = []
    for resource, calendar in zip(resources, calendars, strict=True):
        hours = merge(
            stretch for rules in calendar.opening for stretch in opening_intervals(rules, window)
        )
        free = _free(calendar.lanes, hours, busy.by_lane, ahead) if resource.is_active else []
        lines.append(Line(resource, hours, free, by_resource[resource.pk]))
    return lines


def waiting(organization_id: UUID, since: datetime) -> QuerySet[Booking]:
    """Return the requests that staff have not answered, those that begin first before others."""
    rows = Booking.objects.for_organization(organization_id)
    return rows.filter(status=Booking.Status.PENDING, starts_at__gte=since).order_by(
        "starts_at", "id"
    )


def never_answered(organization_id: UUID, until: datetime) -> QuerySet[Booking]:
    """Return the requests whose day has passed without an answer."""
    rows = Booking.objects.for_organization(organization_id)
    return rows.filter(status=Booking.Status.PENDING, starts_at__lt=until).order_by("-starts_at")


def how_many(rows: QuerySet[Booking]) -> Capped:
    found = rows.order_by()[: COUNTED_UP_TO + 1].count()
    return Capped(min(found, COUNTED_UP_TO), found > COUNTED_UP_TO)


def opening_of(resources: Sequence[Resource]) -> dict[UUID, list[OpeningRules]]:
    """Return the schedules of resources as the engine wants them. One query."""
    zones = {resource.pk: resource.timezone for resource in resources}
    rows = (
        WeeklyHours.objects.filter(schedule__resource__in=zones)
        .order_by("schedule_id", "weekday", "opens")
        .values_list(
            "schedule__resource_id",
            "schedule_id",
            "schedule__valid_from_on",
            "schedule__valid_to_on",
            "weekday",
            "opens",
            "closes",
        )
    )
    opening: defaultdict[UUID, list[OpeningRules]] = defaultdict(list)
    for (resource_id, _, *valid), stretches in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        weekly = tuple(Hours(*row[4:]) for row in stretches)
        opening[resource_id].append(OpeningRules(zones[resource_id], weekly, *valid))
    return opening


def _booked(organization_id: UUID, window: Interval) -> list[Booking]:
    rows = Booking.objects.for_organization(organization_id).filter(
        starts_at__lt=window.end,
        starts_at__gt=window.start - LONGEST_APPOINTMENT,
        ends_at__gt=window.start,
    )
    rows = rows.exclude(status=Booking.Status.CANCELLED).select_related("service")
    return list(rows.order_by("starts_at", "id"))


def _free(
    lanes: Sequence[int],
    hours: list[Interval],
    busy: Mapping[int, list[Interval]],
    ahead: Interval,
) -> list[Interval]:
    free = merge(gap for lane in lanes for gap in subtract(hours, busy.get(lane, ())))
    ahead_of_now = intersect(free, [ahead])
    return [gap for gap in ahead_of_now if gap.end - gap.start >= SHORTEST_GAP]
