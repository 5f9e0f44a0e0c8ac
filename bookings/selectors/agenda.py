"""Who is coming and what is free: some days, read for people."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from bookings.availability.intervals import Interval, intersect, merge, subtract
from bookings.availability.reasons import Cause, ReasonCode
from bookings.availability.rules import opening_intervals, shown
from bookings.availability.terms import Blocked, ResourceCalendar
from bookings.models import Allocation, Booking, GroupSession, Resource
from bookings.selectors.crew import calendars_named
from bookings.selectors.slots import with_causes
from core.access import Caller

LONGEST_APPOINTMENT = timedelta(days=1)
SHORTEST_GAP = timedelta(minutes=15)
COUNTED_UP_TO = 1000

Taker = TypeVar("Taker", Booking, GroupSession)


class Off(NamedTuple):
    """A stretch in which a resource is not there although it may be a working day.

    `kind` is TIME_OFF (`id` is its row), HOLIDAY (`name` is its own) or BREAK.
    """

    start: datetime
    end: datetime
    kind: str
    name: str = ""
    id: UUID | None = None


@dataclass(frozen=True)
class Line:
    """One resource's part of some days. All stretches are in UTC and sorted.

    `hours` are opening hours as they are written, `open` what time off and holidays leave of
    them; `held` is what is kept for somebody: who books at this moment, or has been offered it.
    A group session stands there once; its places are none of the `bookings`.
    """

    resource: Resource
    open: list[Interval]
    free: list[Interval]
    bookings: list[Booking] = field(default_factory=list)
    hours: list[Interval] = field(default_factory=list)
    off: list[Off] = field(default_factory=list)
    held: list[Interval] = field(default_factory=list)
    sessions: list[GroupSession] = field(default_factory=list)

    @property
    def taking(self) -> list[Booking | GroupSession]:
        """What is booked and what sessions there are, by start."""
        both: list[Booking | GroupSession] = [*self.bookings, *self.sessions]
        return sorted(both, key=lambda one: (one.starts_at, one.pk))


@dataclass(frozen=True)
class Capped:
    """A number that is not counted beyond 1000."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_capped else str(self.number)


def agenda_of(
    caller: Caller,
    window: Interval,
    *,
    now: datetime,
    only: Collection[UUID] | None = None,
) -> list[Line]:
    """Return a line for each active resource, and for each other that is booked in `window`.

    Six queries. Open is without time off and holidays; free is what is open, not taken on all
    lanes, not over, and at least a quarter of an hour; what is cancelled is left out. A booking
    or session stands on the line of everything that it keeps busy. With `only`, lines of these
    alone.
    """
    bookings, sessions = _taking(caller, window)
    taken = {*bookings, *sessions}
    ours = Resource.objects.for_caller(caller)
    if only is not None:
        ours = ours.filter(pk__in=only)
    resources = list(ours.filter(Q(is_active=True) | Q(pk__in=taken)).order_by("name", "id"))
    known = calendars_named([resource.pk for resource in resources], window)
    calendars = with_causes([known[resource.pk] for resource in resources], window, now=now)
    ahead = Interval(max(window.start, now), window.end)
    lines = []
    for resource, calendar in zip(resources, calendars, strict=True):
        hours = merge(
            stretch for rules in calendar.opening for stretch in opening_intervals(rules, window)
        )
        opening = subtract(hours, calendar.closed)
        free = _free(calendar.lanes, opening, calendar.busy, ahead) if resource.is_active else []
        lines.append(
            Line(
                resource,
                opening,
                free,
                bookings[resource.pk],
                hours,
                _off(calendar, hours, window),
                _held(calendar),
                sessions[resource.pk],
            )
        )
    return lines


def waiting(caller: Caller, since: datetime) -> QuerySet[Booking]:
    """Return the requests that staff have not answered, those that begin first before others."""
    rows = Booking.objects.for_caller(caller)
    return rows.filter(status=Booking.Status.PENDING, starts_at__gte=since).order_by(
        "starts_at", "id"
    )


def never_answered(caller: Caller, until: datetime) -> QuerySet[Booking]:
    """Return the requests whose day has passed without an answer."""
    rows = Booking.objects.for_caller(caller)
    return rows.filter(status=Booking.Status.PENDING, starts_at__lt=until).order_by("-starts_at")


def how_many(rows: QuerySet[Booking]) -> Capped:
    found = rows.order_by()[: COUNTED_UP_TO + 1].count()
    return Capped(min(found, COUNTED_UP_TO), found > COUNTED_UP_TO)


def _taking(
    caller: Caller, window: Interval
) -> tuple[defaultdict[UUID, list[Booking]], defaultdict[UUID, list[GroupSession]]]:
    """Return what is booked and what sessions there are in `window`, by each resource that they
    keep busy, by start. Three queries.
    """
    in_window = Q(
        starts_at__lt=window.end,
        starts_at__gt=window.start - LONGEST_APPOINTMENT,
        ends_at__gt=window.start,
    )
    rows = Booking.objects.for_caller(caller).filter(in_window, group_session=None)
    rows = rows.exclude(status=Booking.Status.CANCELLED)
    sessions = GroupSession.objects.for_caller(caller).filter(in_window, cancelled_at=None)
    live = Allocation.objects.filter(released_at=None)
    places = live.filter(booking__in=rows.order_by().values("pk"))
    rooms = live.filter(group_session__in=sessions.order_by().values("pk"))
    busy: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for pk, resource_id in places.values_list("booking_id", "lane__resource_id").union(
        rooms.values_list("group_session_id", "lane__resource_id"), all=True
    ):
        busy[pk].add(resource_id)
    return _by_resource(rows, busy), _by_resource(sessions, busy)


def _by_resource(
    rows: QuerySet[Taker], busy: Mapping[UUID, set[UUID]]
) -> defaultdict[UUID, list[Taker]]:
    found: defaultdict[UUID, list[Taker]] = defaultdict(list)
    for row in rows.select_related("service").order_by("starts_at", "id"):
        for resource_id in {row.resource_id} | busy.get(row.pk, set()):
            found[resource_id].append(row)
    return found


def _off(calendar: ResourceCalendar, hours: list[Interval], window: Interval) -> list[Off]:
    """Return time off and holidays that touch `window`, and the breaks of each local day."""
    found = []
    for closed in calendar.closed:
        if closed.overlaps(window):
            start, end = max(closed.start, window.start), min(closed.end, window.end)
            cause = closed.cause if isinstance(closed.cause, Cause) else Cause("TIME_OFF")
            found.append(Off(start, end, cause.kind, cause.name, cause.id))
    zone = ZoneInfo(calendar.timezone)
    for before, after in pairwise(hours):
        if shown(before.end, zone).date() == shown(after.start, zone).date():
            found.append(Off(before.end, after.start, "BREAK"))
    return sorted(found, key=lambda off: (off.start, off.end, off.kind))


def _held(calendar: ResourceCalendar) -> list[Interval]:
    return sorted(
        {
            taken.appointment
            for lane in calendar.lanes
            for taken in calendar.busy.get(lane, ())
            if isinstance(taken, Blocked) and taken.code == ReasonCode.HELD
        }
    )


def _free(
    lanes: Sequence[int],
    hours: list[Interval],
    busy: Mapping[int, Sequence[Interval]],
    ahead: Interval,
) -> list[Interval]:
    free = merge(gap for lane in lanes for gap in subtract(hours, busy.get(lane, ())))
    ahead_of_now = intersect(free, [ahead])
    return [gap for gap in ahead_of_now if gap.end - gap.start >= SHORTEST_GAP]
