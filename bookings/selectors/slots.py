"""Reading the calendar: what the engine needs, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet
from django.utils import timezone

from bookings.availability.engine import FreeStart, free_starts
from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.rules import OpeningRules
from bookings.availability.rules import WeeklyHours as Hours
from bookings.availability.terms import Blocked, ResourceCalendar, ServiceRules
from bookings.models import Allocation, Resource, Service, WeeklyHours
from bookings.models.allocation import LONGEST_ALLOCATION


def rules_of(service: Service) -> ServiceRules:
    return ServiceRules(
        durations=tuple(service.durations),
        step_minutes=service.slot_step_minutes,
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
        minimum_notice_minutes=service.minimum_notice_minutes,
        horizon_days=service.horizon_days,
    )


def calendars_of(service: Service, *, resource_id: UUID | None = None) -> list[ResourceCalendar]:
    """Return who can do `service` (or that one of them), with hours and lanes and nothing busy.

    Two queries. Empty when the resource does not offer the service or is not active.
    """
    resources = Resource.objects.filter(services=service, is_active=True)
    if resource_id is not None:
        resources = resources.filter(pk=resource_id)
    lanes = ArrayAgg("lanes__id", order_by="lanes__number", filter=Q(lanes__isnull=False))
    found = list(
        resources.order_by("id").annotate(lane_ids=lanes).values_list("id", "timezone", "lane_ids")
    )
    opening = _opening_of({row_id: zone for row_id, zone, _ in found})
    return [
        ResourceCalendar(
            resource_id=row_id,
            timezone=zone,
            lanes=tuple(lane_ids or ()),
            opening=opening.get(row_id, ()),
        )
        for row_id, zone, lane_ids in found
    ]


def _opening_of(zones: dict[UUID, str]) -> dict[UUID, tuple[OpeningRules, ...]]:
    """Return the schedules of some resources as the engine wants them. One query."""
    rows: Iterable[tuple[Any, ...]] = (
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
    weekly: defaultdict[tuple[Any, ...], list[Hours]] = defaultdict(list)
    for resource_id, schedule_id, valid_from, valid_to, *hours in rows:
        weekly[resource_id, schedule_id, valid_from, valid_to].append(Hours(*hours))
    opening: defaultdict[UUID, list[OpeningRules]] = defaultdict(list)
    for (resource_id, _, valid_from, valid_to), stretches in weekly.items():
        opening[resource_id].append(
            OpeningRules(zones[resource_id], tuple(stretches), valid_from, valid_to)
        )
    return {resource_id: tuple(rules) for resource_id, rules in opening.items()}


@dataclass(frozen=True)
class Busy:
    """What keeps lanes busy, and on which of them a hold has lapsed without being released."""

    by_lane: Mapping[int, list[Interval]]
    lapsed_lanes: frozenset[int]

    def on(self, calendars: Sequence[ResourceCalendar]) -> list[ResourceCalendar]:
        return [replace(calendar, busy=self.by_lane) for calendar in calendars]


def read_busy(
    calendars: Sequence[ResourceCalendar],
    window: Interval,
    *,
    now: datetime,
    besides: Collection[UUID] = (),
) -> Busy:
    """Read what is busy in `window`, buffers included. One query, of the covering index alone.

    `besides` are allocations to leave out (one's own, when moving).
    """
    taken = _live(calendars, window, besides)
    busy: defaultdict[int, list[Interval]] = defaultdict(list)
    lapsed = set()
    for lane, start, end, expires_at in taken.values_list(
        "lane_id", "starts_at", "ends_at", "expires_at"
    ):
        if expires_at is not None and expires_at <= now:
            lapsed.add(lane)
        else:
            busy[lane].append(Interval(start, end))
    return Busy(busy, frozenset(lapsed))


def with_causes(
    calendars: Sequence[ResourceCalendar],
    window: Interval,
    *,
    now: datetime,
    besides: Collection[UUID] = (),
) -> list[ResourceCalendar]:
    """The same, where each busy time knows whose it is and which part of it is buffer."""
    taken: Iterable[tuple[Any, ...]] = (
        _live(calendars, window, besides)
        .exclude(expires_at__lte=now)
        .values_list(
            "lane_id",
            "starts_at",
            "ends_at",
            "booking_id",
            "booking__starts_at",
            "booking__ends_at",
            "hold_id",
            "hold__starts_at",
            "hold__ends_at",
        )
    )
    busy: defaultdict[int, list[Interval]] = defaultdict(list)
    for lane, start, end, booking, booked, booked_until, hold, held, held_until in taken:
        if booking is not None:
            part = Interval(booked, booked_until)
            busy[lane].append(Blocked(start, end, ReasonCode.TAKEN, part, booking))
        else:
            part = Interval(held, held_until)
            busy[lane].append(Blocked(start, end, ReasonCode.HELD, part, hold))
    return [replace(calendar, busy=busy) for calendar in calendars]


def free_slots(
    service: Service,
    window: Interval,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    now: datetime | None = None,
    besides: Collection[UUID] = (),
) -> list[FreeStart]:
    """Return every start in `window` that can be booked now. Three queries."""
    now = now or timezone.now()
    calendars = calendars_of(service, resource_id=resource_id)
    rules = rules_of(service)
    reach = rules.reach(window.start, window.end, minutes=minutes)
    busy = read_busy(calendars, reach, now=now, besides=besides)
    return free_starts(rules, busy.on(calendars), window, minutes=minutes, now=now)


def alternatives_to(
    service: Service,
    starts_at: datetime,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    besides: Collection[UUID] = (),
    most: int = 3,
) -> list[FreeStart]:
    """Return up to `most` free starts near `starts_at`: the nearest, in the order of time."""
    day = timedelta(days=1)
    for reach in (day, 7 * day):
        window = Interval(starts_at - reach, starts_at + reach)
        free = free_slots(
            service, window, minutes=minutes, resource_id=resource_id, besides=besides
        )
        if len(free) >= most:
            break
    nearest = sorted(free, key=lambda slot: abs(slot.start - starts_at))[:most]
    return sorted(nearest)


def _live(
    calendars: Sequence[ResourceCalendar], window: Interval, besides: Collection[UUID]
) -> QuerySet[Allocation]:
    live = Allocation.objects.filter(
        lane_id__in=[lane for calendar in calendars for lane in calendar.lanes],
        released_at=None,
        starts_at__lt=window.end,
        starts_at__gt=window.start - LONGEST_ALLOCATION,
        ends_at__gt=window.start,
    ).order_by("lane_id", "starts_at")
    return live.exclude(pk__in=besides) if besides else live
