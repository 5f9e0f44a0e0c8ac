"""What stands in the calendar: entries, and the columns that they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.admin.timegrid import SHORTEST, Grid, side_by_side
from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import Booking, GroupSession, Resource, Service
from bookings.selectors.agenda import Line, Off
from core import times

BOOKED, SESSION, HELD, FREE, OFF = "booked", "session", "held", "free", "off"
DAY = timedelta(days=1)
MIDNIGHT = time()
ROOM_FOR_TWO, ROOM_FOR_THREE = 0.5, 0.75  # rows of the grid


@dataclass(frozen=True)
class Entry:
    """Something that takes up time at a resource, or leaves it free.

    `is_beside` says that it is of another service than the one that is looked for; `move_url` is
    where it can be moved to another time. `at` and `length` are rows of the grid, `side` of
    `sides` where several stand abreast.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    text: str = ""
    url: str = ""
    booking: Booking | None = None
    session: GroupSession | None = None
    why_overbooked: str = ""
    is_beside: bool = False
    move_url: str = ""
    at: float = 0
    length: float = 0
    side: int = 0
    sides: int = 1

    @property
    def hours(self) -> str:
        """`14:00-14:30`; until midnight is until 24:00, and a whole day has no hours."""
        start, end = times.local(self.starts_at), times.local(self.ends_at)
        until_midnight = end.time() == MIDNIGHT and end.date() == start.date() + DAY
        if not until_midnight:
            return times.hours(self.starts_at, self.ends_at)
        return "" if start.time() == MIDNIGHT else f"{times.clock(self.starts_at)}–24:00"

    @property
    def lines(self) -> int:
        """How many lines of text there is room for in the grid: one, two or three."""
        return 1 if self.length < ROOM_FOR_TWO else 2 if self.length < ROOM_FOR_THREE else 3

    @property
    def width(self) -> float:
        return round(100 / self.sides, 3)

    @property
    def left(self) -> float:
        return round(100 / self.sides * self.side, 3)


@dataclass(frozen=True)
class Column:
    """One day of one resource. `shut` are the stretches of the grid in which it is closed,
    `past` is how much of it is over.
    """

    resource: Resource
    day: date
    open: list[Interval]
    entries: list[Entry]
    shut: list[tuple[float, float]] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    past: float = 0
    now_at: float | None = None
    is_today: bool = False

    @property
    def key(self) -> str:
        return f"{self.resource.pk}-{self.day.isoformat()}"


def entries_of(
    line: Line, *, service: Service | None, reasons: Mapping[UUID, str], may_book: bool
) -> list[Entry]:
    """Return what stands on a line, sorted by start. `reasons` say why something is one too many,
    by its booking.
    """
    found = [
        Entry(
            BOOKED,
            booking.starts_at,
            booking.ends_at,
            url=reverse("admin:bookings_booking_change", args=[booking.pk]),
            booking=booking,
            why_overbooked=reasons.get(booking.pk, ""),
            is_beside=service is not None and booking.service_id != service.pk,
            move_url=_url_to_move(booking) if may_book else "",
        )
        for booking in line.bookings
    ]
    found += [
        Entry(
            SESSION,
            session.starts_at,
            session.ends_at,
            url=reverse("admin:bookings_groupsession_change", args=[session.pk]),
            session=session,
            is_beside=service is not None and session.service_id != service.pk,
        )
        for session in line.sessions
    ]
    found += [Entry(HELD, *held, text=_("kept for somebody")) for held in line.held]
    for free in line.free:
        url = _url_of_free(line, free, service) if may_book else ""
        found.append(Entry(FREE, *free, text=_("free"), url=url))
    found += [
        Entry(OFF, off.start, off.end, text=_name_of(off), url=_url_of_off(line.resource, off))
        for off in line.off
    ]
    return sorted(found, key=lambda entry: (entry.starts_at, entry.kind, entry.ends_at))


def columns_of(
    lines: list[Line],
    days: list[date],
    grid: Grid,
    entries: Mapping[UUID, list[Entry]],
    *,
    now: datetime,
) -> list[Column]:
    """Return a column for each line and day: by resource, then by day."""
    return [
        _column(line, day, grid, entries[line.resource.pk], now) for line in lines for day in days
    ]


def _column(line: Line, day: date, grid: Grid, entries: list[Entry], now: datetime) -> Column:
    whole = Interval(midnight(day, grid.zone), midnight(day + DAY, grid.zone))
    here = [one for one in entries if whole.overlaps(Interval(one.starts_at, one.ends_at))]
    placed = [_placed(one, grid, day, whole) for one in here]
    standing = [one for one in placed if one.kind != OFF]  # what is off lies behind the rest
    sides = side_by_side([(one.at, one.at + one.length) for one in standing])
    beside = {
        id(one): replace(one, side=side, sides=of)
        for one, (side, of) in zip(standing, sides, strict=True)
    }
    open_here = [
        Interval(max(start, whole.start), min(end, whole.end))
        for start, end in line.open
        if whole.overlaps(Interval(start, end))
    ]
    past = grid.at(now, day)
    is_today = whole.start <= now < whole.end
    return Column(
        resource=line.resource,
        day=day,
        open=open_here,
        entries=[beside.get(id(one), one) for one in placed],
        shut=_shut(open_here, grid, day),
        missing=grid.missing_on(day),
        past=past,
        now_at=past if is_today and 0 < past < len(grid) else None,
        is_today=is_today,
    )


def _placed(entry: Entry, grid: Grid, day: date, whole: Interval) -> Entry:
    """Return an entry where it stands on `day`. What began the day before begins at midnight."""
    start, end = max(entry.starts_at, whole.start), min(entry.ends_at, whole.end)
    at = grid.at(start, day)
    length = max(round(grid.at(end, day) - at, 3), 0 if entry.kind == OFF else SHORTEST)
    if entry.kind in (FREE, OFF):
        entry = replace(entry, starts_at=start, ends_at=end)
    return replace(entry, at=at, length=length)


def _shut(hours: list[Interval], grid: Grid, day: date) -> list[tuple[float, float]]:
    edges = [0.0]
    for start, end in hours:
        edges += [grid.at(start, day), grid.at(end, day)]
    edges.append(float(len(grid)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(top, round(bottom - top, 3)) for top, bottom in pairs if bottom > top]


def _url_of_free(line: Line, free: Interval, service: Service | None) -> str:
    query = {"resource": line.resource.pk, "start": free.start.isoformat()}
    if service is not None:
        query["service"] = service.pk
    return f"{reverse('admin:bookings_booking_add')}?{urlencode(query)}"


def _url_to_move(booking: Booking) -> str:
    if booking.status not in Booking.OPEN:
        return ""
    return reverse("admin:bookings_booking_reschedule", args=[booking.pk])


def _name_of(off: Off) -> str:
    if off.kind == "HOLIDAY":
        return off.name or _("Holiday")
    return _("Break") if off.kind == "BREAK" else _("Time off")


def _url_of_off(resource: Resource, off: Off) -> str:
    return page_of_days_off(resource.pk) if off.kind == "TIME_OFF" else ""


def page_of_days_off(resource_id: UUID | None) -> str:
    """Return the page of a resource's time off; without one, of everybody's."""
    if resource_id is None:
        return reverse("admin:bookings_closed_days")
    return reverse("admin:bookings_resource_days_off", args=[resource_id])
