"""Reading the calendar: what the engine needs, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from bookings.availability.engine import FreeStart, free_starts_for, reasons_against_all
from bookings.availability.intervals import Interval
from bookings.availability.reasons import Cause, Reason, ReasonCode
from bookings.availability.rules import EVERY_DAY, OpeningRules, hours_and_steps
from bookings.availability.terms import Blocked, ResourceCalendar, ServiceRules
from bookings.models import Service
from bookings.models.allocation import LONGEST_ALLOCATION
from bookings.selectors.crew import Crew, crew_of
from bookings.selectors.limits import full_periods
from core.db import rows

# What `next_slot` reads at a time: usually the first is enough, together they pass any horizon.
FIRST_LOOKED_AT = [timedelta(days=days) for days in (7, 28, 120, 2000)]


def rules_of(service: Service) -> ServiceRules:
    return ServiceRules(
        durations=tuple(service.durations),
        step_minutes=service.slot_step_minutes,
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
        minimum_notice_minutes=service.minimum_notice_minutes,
        horizon_days=service.horizon_days,
    )


BUSY = """
    SELECT lane_id, starts_at, ends_at, expires_at FROM bookings_allocation AS allocation
"""
CAUSES = """
    SELECT allocation.lane_id, allocation.starts_at, allocation.ends_at, allocation.expires_at,
           CASE WHEN booking.id IS NOT NULL THEN 'BOOKING'
                WHEN hold.id IS NOT NULL THEN 'HOLD' ELSE 'SESSION' END,
           COALESCE(booking.id, hold.id, session.id),
           COALESCE(booking.starts_at, hold.starts_at, session.starts_at),
           COALESCE(booking.ends_at, hold.ends_at, session.ends_at)
    FROM bookings_allocation AS allocation
    LEFT JOIN bookings_booking AS booking ON booking.id = allocation.booking_id
    LEFT JOIN bookings_hold AS hold ON hold.id = allocation.hold_id
    LEFT JOIN bookings_groupsession AS session ON session.id = allocation.group_session_id
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
        lane, start, end, expires_at, kind, owner, begins, ends = row
        if expires_at is None or expires_at > now:
            part, cause = Interval(begins, ends), Cause(kind, owner)
            code = ReasonCode.HELD if kind == "HOLD" else ReasonCode.TAKEN
            busy[lane].append(Blocked(start, end, code, part, cause))
    return [replace(calendar, busy=busy) for calendar in calendars]


def free_slots(
    service: Service,
    window: Interval,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    now: datetime | None = None,
    besides: Collection[UUID] = (),
    without: UUID | None = None,
) -> list[FreeStart]:
    """Return every start in `window` that can be booked now. Two queries, three with limits.

    `among` are the resources that may be chosen; None is all. `besides` are allocations that do
    not count, and `without` is their booking, when moving.
    """
    now = now or timezone.now()
    crew = crew_of(service, window, resource_id=resource_id, among=among)
    return _free_in(service, crew, window, minutes, now, besides, without)


def next_slot(
    service: Service,
    after: datetime,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    now: datetime | None = None,
) -> FreeStart | None:
    """Return the first start at or after `after` that can be booked now, up to the horizon.

    Hours are read once for all of it, what is busy in stretches that grow: two queries when
    there is something within a week, six at most.
    """
    now = now or timezone.now()
    end = now + timedelta(days=service.horizon_days + 2)
    if after >= end:
        return None
    crew = crew_of(service, Interval(after, end), resource_id=resource_id, among=among)
    start = max(after, now)
    for reach in FIRST_LOOKED_AT:
        until = min(start + reach, end)
        if free := _free_in(service, crew, Interval(start, until), minutes, now, (), None):
            return free[0]
        start = until
    return None


def why_not(
    service: Service,
    window: Interval,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    now: datetime | None = None,
) -> list[tuple[datetime, tuple[Reason, ...]]]:
    """Return the candidate starts of `window`, each with what stands against it. Three queries.

    Candidates are what the hours of those who do the service have as steps and, outside of
    hours, the steps on the organization's clock from its midnight on. A time between the steps
    is no candidate: it is not offered, and still may be booked.
    """
    now = now or timezone.now()
    crew = crew_of(service, window, resource_id=resource_id, among=among)
    rules = rules_of(service)
    reach = rules.reach(window.start, window.end, minutes=minutes)
    known = crew.with_calendars(with_causes(crew.calendars, reach, now=now))
    demand = known.demand(full=full_periods(service, window, now=now))
    step = timedelta(minutes=service.slot_step_minutes)
    around_the_clock = OpeningRules(service.organization.timezone, EVERY_DAY)
    opening = {rules for one in crew.needs[0].calendars for rules in one.opening}
    _, starts = hours_and_steps([around_the_clock, *opening], window, step)
    found = []
    for start in starts:
        if not window.start <= start < window.end:
            continue
        against = partial(reasons_against_all, rules, demand, start, minutes=minutes, now=now)
        reasons = against(on_grid=True)
        if any(reason.code == ReasonCode.OFF_GRID for reason in reasons):
            reasons = against()
            if not reasons:
                continue
        found.append((start, reasons))
    return found


def reasons_at(
    service: Service,
    times: Sequence[datetime],
    *,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    now: datetime | None = None,
) -> list[tuple[Reason, ...]]:
    """Return what stands against each of sorted `times`. Two queries, three with limits."""
    now = now or timezone.now()
    window = Interval(times[0], times[-1] + timedelta(minutes=1))
    crew = crew_of(service, window, resource_id=resource_id, among=among)
    rules = rules_of(service)
    reach = rules.reach(window.start, window.end, minutes=minutes)
    busy = read_busy(crew.calendars, reach, now=now)
    full = full_periods(service, window, now=now)
    demand = crew.with_calendars(busy.on(crew.calendars)).demand(full=full)
    return [reasons_against_all(rules, demand, start, minutes=minutes, now=now) for start in times]


def alternatives_to(
    service: Service,
    starts_at: datetime,
    *,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    besides: Collection[UUID] = (),
    without: UUID | None = None,
    most: int = 3,
) -> list[FreeStart]:
    """Return up to `most` free starts near `starts_at`: the nearest, in the order of time."""
    day = timedelta(days=1)
    for reach in (day, 7 * day):
        window = Interval(starts_at - reach, starts_at + reach)
        free = free_slots(
            service,
            window,
            minutes=minutes,
            resource_id=resource_id,
            among=among,
            besides=besides,
            without=without,
        )
        if len(free) >= most:
            break
    nearest = sorted(free, key=lambda slot: abs(slot.start - starts_at))[:most]
    return sorted(nearest)


def _free_in(
    service: Service,
    crew: Crew,
    window: Interval,
    minutes: int,
    now: datetime,
    besides: Collection[UUID],
    without: UUID | None,
) -> list[FreeStart]:
    rules = rules_of(service)
    calendars = crew.calendars
    reach = rules.reach(window.start, window.end, minutes=minutes)
    busy = read_busy(calendars, reach, now=now, besides=besides)
    full = full_periods(service, window, now=now, without=without)
    demand = crew.with_calendars(busy.on(calendars)).demand(full=full)
    return free_starts_for(rules, demand, window, minutes=minutes, now=now)


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
