"""The one engine: what it offers can be booked, and what it refuses it can explain.

A start can be booked when the service is not full then and of each thing that it needs enough
resources can take it. One resource can when all of this holds:
- the appointment, without buffers, lies inside opening hours and outside everything closed;
- it begins no earlier than now plus the minimum notice, and on a local day (the resource's)
  no later than today plus the horizon;
- on one lane the appointment with its buffers touches nothing busy. Buffers may reach out of
  opening hours and into time off: nobody comes then, and the room may still be swept.

To judge a window it is enough to know what is busy within `ServiceRules.reach` of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from bookings.availability.intervals import Interval, merge, subtract, with_room
from bookings.availability.reasons import RANK, Reason, ReasonCode
from bookings.availability.rules import OpeningRules, hours_and_steps, stretches
from bookings.availability.terms import Blocked, Demand, Need, ResourceCalendar, ServiceRules

NOTHING = timedelta(0)
# Beyond it nothing is computed: the ends of what a datetime can hold are not bookable.
LIFETIME = timedelta(days=36_525)

Objection = tuple[ReasonCode, object]


class FreeStart(NamedTuple):
    """A start that can be booked, and the resources free at it in the order they were given."""

    start: datetime
    resource_ids: tuple[UUID, ...]


def free_starts_for(
    service: ServiceRules,
    demand: Demand,
    window: Interval,
    *,
    minutes: int,
    now: datetime,
) -> list[FreeStart]:
    """Every start inside `window` at which all of `demand` can be had, in order.

    The grid, and the resources that are told, are those of the first need.
    """
    first, *others = demand.needs
    free = free_starts(service, first.calendars, window, minutes=minutes, now=now)
    if first.quantity > 1:
        free = [slot for slot in free if len(slot.resource_ids) >= first.quantity]
    if demand.full:
        free = [slot for slot in free if not _covering(demand.full, slot.start)]
    for need in others:
        if not free:
            break
        moments = [slot.start for slot in free]
        able = Counter[datetime]()
        for calendar in need.calendars:
            able.update(_able(service, calendar, moments, minutes=minutes, now=_utc(now)))
        free = [slot for slot in free if able[slot.start] >= need.quantity]
    return free


def free_starts(
    service: ServiceRules,
    calendars: Sequence[ResourceCalendar],
    window: Interval,
    *,
    minutes: int,
    now: datetime,
) -> list[FreeStart]:
    """Every start on the step grid inside `window` at which `minutes` can be booked, in order.

    The window compares with the start alone: its own start is inside, its end is not.
    """
    window = Interval(_utc(window.start), _utc(window.end))
    now = _utc(now)
    length = timedelta(minutes=minutes)
    before = timedelta(minutes=service.buffer_before_minutes)
    after = timedelta(minutes=minutes + service.buffer_after_minutes)
    # Resources that keep the same hours share one grid, and with it the same datetimes.
    grids: dict[tuple[str, tuple[OpeningRules, ...]], list[datetime]] = {}
    free: defaultdict[datetime, list[UUID]] = defaultdict(list)
    for calendar in calendars:
        kept = (calendar.timezone, calendar.opening)
        waiting = grids.get(kept)
        if waiting is None:
            waiting = grids[kept] = _grid(service, calendar, window, length=length, now=now)
        if calendar.closed:
            waiting, _ = with_room(waiting, calendar.closed, before=NOTHING, after=length)
        for lane in calendar.lanes:
            if not waiting:
                break
            busy = calendar.busy.get(lane, ())
            found, waiting = with_room(waiting, busy, before=before, after=after)
            for start in found:
                free[start].append(calendar.resource_id)
    return [FreeStart(start, tuple(free[start])) for start in sorted(free)]


def reasons_against(
    service: ServiceRules,
    calendars: Sequence[ResourceCalendar],
    start: datetime,
    *,
    minutes: int,
    now: datetime,
    on_grid: bool = False,
) -> tuple[Reason, ...]:
    """Why none of `calendars` can take `minutes` at `start`; empty when one of them can.

    Reasons come in the order of ReasonCode. Of several resources the one that came closest
    speaks: whose first reason is the latest in that order, then who has the fewest.
    `on_grid` also refuses a start that `free_starts` would never offer (OFF_GRID); staff and
    programs may book between the steps.
    """
    start, now = _utc(start), _utc(now)
    if far := _too_far(start, now):
        return far
    need = Need(calendars=tuple(calendars))
    return _against_need(service, need, start, minutes, now, on_grid=on_grid)


def reasons_against_all(
    service: ServiceRules,
    demand: Demand,
    start: datetime,
    *,
    minutes: int,
    now: datetime,
    on_grid: bool = False,
) -> tuple[Reason, ...]:
    """Why `demand` cannot be had at `start`, in the order of ReasonCode; empty when it can.

    Of a need that asks for several, the last one that it could do with speaks.
    """
    start, now = _utc(start), _utc(now)
    if far := _too_far(start, now):
        return far
    causes: defaultdict[ReasonCode, list[object]] = defaultdict(list)
    for number, need in enumerate(demand.needs):
        wants_grid = on_grid and number == 0  # a table has no times of its own
        for reason in _against_need(service, need, start, minutes, now, on_grid=wants_grid):
            causes[reason.code] += reason.causes
    for full in _covering(demand.full, start):
        causes[full.code] += [] if full.cause is None else [full.cause]
    return tuple(Reason(code, tuple(causes[code])) for code in sorted(causes, key=RANK.__getitem__))


def choose_lane(
    calendar: ResourceCalendar, start: datetime, *, minutes: int, service: ServiceRules
) -> int | None:
    """The first lane on which the appointment and its buffers fit, whatever the hours say."""
    start = _utc(start)
    needed = service.reach(start, start, minutes=minutes)
    for lane in calendar.lanes:
        if not any(needed.overlaps(taken) for taken in calendar.busy.get(lane, ())):
            return lane
    return None


def _too_far(start: datetime, now: datetime) -> tuple[Reason, ...]:
    if now - LIFETIME < start < now + LIFETIME:
        return ()
    return (Reason(ReasonCode.HORIZON if start > now else ReasonCode.MIN_NOTICE),)


def _covering(full: Sequence[Blocked], start: datetime) -> list[Blocked]:
    return [stretch for stretch in full if stretch.start <= start < stretch.end]


def _against_need(
    service: ServiceRules,
    need: Need,
    start: datetime,
    minutes: int,
    now: datetime,
    *,
    on_grid: bool,
) -> tuple[Reason, ...]:
    """Why too few of a need's resources can; empty when enough of them can."""
    against: list[tuple[Reason, ...]] = []
    able = 0
    for calendar in need.calendars:
        reasons = _reasons(service, calendar, start, minutes=minutes, now=now, on_grid=on_grid)
        able += not reasons
        if able >= need.quantity:
            return ()
        if reasons:
            against.append(reasons)
    missing = need.quantity - able
    if missing > len(against):
        return (Reason(ReasonCode.NO_LANE),)
    return sorted(against, key=_closeness, reverse=True)[missing - 1]


def _able(
    service: ServiceRules,
    calendar: ResourceCalendar,
    moments: Sequence[datetime],
    *,
    minutes: int,
    now: datetime,
) -> list[datetime]:
    """Those of sorted `moments` that a resource can take, whatever its own steps are."""
    length = timedelta(minutes=minutes)
    bookable = service.bookable(now=now, timezone=calendar.timezone)
    inside = [moment for moment in moments if bookable.start <= moment < bookable.end]
    if not inside:
        return []
    reach = Interval(inside[0], inside[-1] + length)
    shut = subtract([reach], merge(_hours(calendar, reach)))
    waiting, _ = with_room(inside, shut, before=NOTHING, after=length)
    if calendar.closed:
        waiting, _ = with_room(waiting, calendar.closed, before=NOTHING, after=length)
    before = timedelta(minutes=service.buffer_before_minutes)
    after = timedelta(minutes=minutes + service.buffer_after_minutes)
    able: list[datetime] = []
    for lane in calendar.lanes:
        found, waiting = with_room(waiting, calendar.busy.get(lane, ()), before=before, after=after)
        able += found
    return able


def _hours(calendar: ResourceCalendar, window: Interval) -> list[Interval]:
    return [stretch.during for rules in calendar.opening for stretch in stretches(rules, window)]


def _grid(
    service: ServiceRules,
    calendar: ResourceCalendar,
    window: Interval,
    *,
    length: timedelta,
    now: datetime,
) -> list[datetime]:
    """The starts that hours, notice and horizon leave in `window`, whatever is busy."""
    bookable = service.bookable(now=now, timezone=calendar.timezone)
    first, last = max(window.start, bookable.start), min(window.end, bookable.end)
    if first >= last:
        return []
    step = timedelta(minutes=service.step_minutes)
    # As far as the last appointment reaches: its end must be inside opening hours too.
    reach = Interval(first, last + length)
    hours, steps = hours_and_steps(calendar.opening, reach, step)
    shut = subtract([reach], hours)
    inside = [start for start in steps if first <= start < last]
    return with_room(inside, shut, before=NOTHING, after=length)[0]


def _reasons(
    service: ServiceRules,
    calendar: ResourceCalendar,
    start: datetime,
    *,
    minutes: int,
    now: datetime,
    on_grid: bool,
) -> tuple[Reason, ...]:
    """Everything that stands against `start` at one resource, in order."""
    appointment = Interval(start, start + timedelta(minutes=minutes))
    causes: defaultdict[ReasonCode, list[object]] = defaultdict(list)
    for code, cause in chain(
        _against_rules(service, calendar, appointment, now=now, on_grid=on_grid),
        ((closed.code, closed.cause) for closed in calendar.closed if closed.overlaps(appointment)),
        _against_neighbours(service, calendar, appointment, minutes=minutes),
    ):
        causes[code] += [] if cause is None else [cause]
    return tuple(Reason(code, tuple(causes[code])) for code in sorted(causes, key=RANK.__getitem__))


def _against_rules(
    service: ServiceRules,
    calendar: ResourceCalendar,
    appointment: Interval,
    *,
    now: datetime,
    on_grid: bool,
) -> Iterator[Objection]:
    if not any(stretch.contains(appointment) for stretch in merge(_hours(calendar, appointment))):
        yield ReasonCode.OUTSIDE_HOURS, None
    if on_grid:
        step = timedelta(minutes=service.step_minutes)
        _, steps = hours_and_steps(calendar.opening, appointment, step)
        if appointment.start not in steps:
            yield ReasonCode.OFF_GRID, None
    bookable = service.bookable(now=now, timezone=calendar.timezone)
    if appointment.start < bookable.start:
        yield ReasonCode.MIN_NOTICE, None
    if appointment.start >= bookable.end:
        yield ReasonCode.HORIZON, None


def _against_neighbours(
    service: ServiceRules, calendar: ResourceCalendar, appointment: Interval, *, minutes: int
) -> Iterator[Objection]:
    """Per lane the appointments that collide or, where none does, the buffers; none if one fits."""
    if choose_lane(calendar, appointment.start, minutes=minutes, service=service) is not None:
        return
    if len(calendar.lanes) != 1:
        yield ReasonCode.NO_LANE, None
    needed = service.reach(appointment.start, appointment.start, minutes=minutes)
    for lane in calendar.lanes:
        near = [
            taken if isinstance(taken, Blocked) else Blocked(*taken)
            for taken in calendar.busy.get(lane, ())
            if needed.overlaps(taken)
        ]
        direct = [taken for taken in near if appointment.overlaps(taken.appointment)]
        for taken in direct or near:
            yield (taken.code if direct else ReasonCode.BUFFER), taken.cause


def _closeness(reasons: tuple[Reason, ...]) -> tuple[int, int]:
    return RANK[reasons[0].code], -len(reasons)


def _utc(moment: datetime) -> datetime:
    """The same instant in UTC; a time without a zone is refused, since it means nothing here."""
    if moment.tzinfo is None:
        raise ValueError("A time without a zone is no instant.")
    return moment.astimezone(UTC)
