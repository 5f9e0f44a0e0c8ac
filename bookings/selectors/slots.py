"""Reading the calendar: what the engine needs, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone

from bookings.availability.engine import FreeStart, free_starts
from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.rules import OpeningRules
from bookings.availability.rules import WeeklyHours as Hours
from bookings.availability.terms import Blocked, ResourceCalendar, ServiceRules
from bookings.models import Service
from bookings.models.allocation import LONGEST_ALLOCATION
from core.db import rows


def rules_of(service: Service) -> ServiceRules:
    return ServiceRules(
        durations=tuple(service.durations),
        step_minutes=service.slot_step_minutes,
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
        minimum_notice_minutes=service.minimum_notice_minutes,
        horizon_days=service.horizon_days,
    )


CALENDARS = """
    SELECT resource.id, resource.timezone,
           ARRAY(
               SELECT id FROM bookings_lane
               WHERE resource_id = resource.id AND is_active ORDER BY number
           ),
           schedule.id, schedule.valid_from_on, schedule.valid_to_on,
           hours.weekday, hours.opens, hours.closes
    FROM bookings_serviceresource AS offered
    JOIN bookings_resource AS resource ON resource.id = offered.resource_id
    LEFT JOIN bookings_schedule AS schedule ON schedule.resource_id = resource.id
    LEFT JOIN bookings_weeklyhours AS hours ON hours.schedule_id = schedule.id
    WHERE offered.service_id = %s AND resource.is_active
      AND (%s::uuid IS NULL OR resource.id = %s)
    ORDER BY resource.id, schedule.id, hours.weekday, hours.opens
"""


def calendars_of(service: Service, *, resource_id: UUID | None = None) -> list[ResourceCalendar]:
    """Return who can do `service` (or that one of them), with hours and lanes and nothing busy.

    One query. Empty when the resource does not offer the service or is not active.
    """
    calendars = []
    found = rows(CALENDARS, [service.pk, resource_id, resource_id])
    for (row_id, zone, lanes), its_rows in groupby(found, key=lambda row: row[:3]):
        opening = []
        for (schedule_id, *valid), stretches in groupby(its_rows, key=lambda row: row[3:6]):
            weekly = tuple(Hours(*row[6:]) for row in stretches if row[6] is not None)
            if schedule_id is not None and weekly:
                opening.append(OpeningRules(zone, weekly, *valid))
        calendars.append(
            ResourceCalendar(
                resource_id=row_id, timezone=zone, lanes=tuple(lanes), opening=tuple(opening)
            )
        )
    return calendars


BUSY = """
    SELECT lane_id, starts_at, ends_at, expires_at FROM bookings_allocation AS allocation
"""
CAUSES = """
    SELECT allocation.lane_id, allocation.starts_at, allocation.ends_at, allocation.expires_at,
           booking.id, booking.starts_at, booking.ends_at, hold.id, hold.starts_at, hold.ends_at
    FROM bookings_allocation AS allocation
    LEFT JOIN bookings_booking AS booking ON booking.id = allocation.booking_id
    LEFT JOIN bookings_hold AS hold ON hold.id = allocation.hold_id
"""
# Index-only for BUSY, because the covering index holds every column that it names.
LIVE_IN = """
    WHERE allocation.lane_id = ANY(%s) AND allocation.released_at IS NULL
      AND allocation.starts_at < %s AND allocation.starts_at > %s AND allocation.ends_at > %s
"""
BESIDES = " AND NOT allocation.id = ANY(%s)"
IN_ORDER = " ORDER BY allocation.lane_id, allocation.starts_at"


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
    busy: defaultdict[int, list[Interval]] = defaultdict(list)
    lapsed = set()
    for lane, start, end, expires_at in _live(BUSY, calendars, window, besides):
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
    busy: defaultdict[int, list[Interval]] = defaultdict(list)
    for row in _live(CAUSES, calendars, window, besides):
        lane, start, end, expires_at, booking, booked, booked_until, hold, held, held_until = row
        if booking is not None:
            part = Interval(booked, booked_until)
            busy[lane].append(Blocked(start, end, ReasonCode.TAKEN, part, booking))
        elif expires_at > now:
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
    """Return every start in `window` that can be booked now. Two queries."""
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
    select: str,
    calendars: Sequence[ResourceCalendar],
    window: Interval,
    besides: Collection[UUID],
) -> list[tuple[Any, ...]]:
    lanes = [lane for calendar in calendars for lane in calendar.lanes]
    parameters = [lanes, window.end, window.start - LONGEST_ALLOCATION, window.start]
    if besides:
        return rows(select + LIVE_IN + BESIDES + IN_ORDER, [*parameters, list(besides)])
    return rows(select + LIVE_IN + IN_ORDER, parameters)
