"""The start page: who comes today and what is free, what waits, the next two weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import ngettext

from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import Booking, GroupSession
from bookings.selectors.agenda import Line, agenda_of, how_many, never_answered, waiting
from bookings.selectors.statistics import DayCount, bookings_by_day
from core import times
from core.admin.context import caller_of, desk_of
from core.admin.panels import panel
from core.admin.today import Trouble

DAYS_OF_CHART = 14
SHOWN_WAITING = 6
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Spot:
    """Something on a line: a booking, a group session, or a free stretch (neither).

    `at` and `length` are percent of the axis, `row` the place below what overlaps.
    """

    starts_at: datetime
    ends_at: datetime
    at: float
    length: float
    row: int
    url: str
    booking: Booking | None = None
    session: GroupSession | None = None


@dataclass(frozen=True)
class Axis:
    """The hours that a day's lines share, from the first opening to the last closing."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def at(self, moment: datetime) -> float:
        inside = min(max(moment, self.start), self.end)
        return round((inside - self.start) / self.length * 100, 3)

    @property
    def hour(self) -> float:
        return round(HOUR / self.length * 100, 4)

    def hours(self) -> list[tuple[float, str]]:
        count = int(self.length / HOUR)
        step = 1 if count <= 12 else 2
        moments = (self.start + n * HOUR for n in range(0, count, step))
        return [(self.at(moment), times.clock(moment)) for moment in moments]


@panel("console.today")
def today(request: HttpRequest) -> dict[str, Any]:
    """Return what the start page shows about bookings; nothing to who may not read them."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        return {}
    caller, now = caller_of(request), timezone.now()
    this_day = times.today()
    day = _day_asked(request, this_day)
    window = Interval(midnight(day, desk.zone), midnight(day + timedelta(days=1), desk.zone))
    lines = agenda_of(caller, window, now=now)
    axis = axis_of(lines, window)
    since = midnight(this_day, desk.zone)
    rows = waiting(caller, since)
    return {
        "title": times.long_day(day),
        "day": day,
        "is_today": day == this_day,
        "how_far": times.distance(day),
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
        "axis": axis,
        "now_at": axis.at(now) if axis.start <= now < axis.end else None,
        "lines": [_with_spots(line, axis) for line in lines],
        "booked_today": booked_in(lines, since=window.start),
        "waiting": list(rows.select_related("service", "resource")[:SHOWN_WAITING]),
        "waiting_count": how_many(rows),
        "chart": chart_of(bookings_by_day(caller, this_day, days=DAYS_OF_CHART, zone=desk.zone)),
        "may_book": desk.may("bookings:write"),
    }


def booked_in(lines: list[Line], *, since: datetime) -> int:
    """Return how many appointments begin at or after `since`, places in sessions included."""
    bookings = {one.pk for line in lines for one in line.bookings if one.starts_at >= since}
    sessions = {one.pk: one for line in lines for one in line.sessions if one.starts_at >= since}
    return len(bookings) + sum(session.taken for session in sessions.values())


@panel("console.trouble")
def requests_never_answered(request: HttpRequest) -> Trouble | None:
    """Requests whose day passed: nobody told the customer anything."""
    desk = desk_of(request)
    if not desk.may("bookings:read"):
        return None
    until = midnight(times.today(), desk.zone)
    number = how_many(never_answered(caller_of(request), until))
    if not number.number:
        return None
    return Trouble(
        number.number,
        ngettext(
            "%(count)s request was never answered, and its day is over.",
            "%(count)s requests were never answered, and their day is over.",
            number.number,
        )
        % {"count": number},
        list_url(days="past", status=Booking.Status.PENDING),
    )


def list_url(**filters: object) -> str:
    """Return the list of bookings, filtered."""
    query = urlencode({name: str(value) for name, value in filters.items()})
    return f"{reverse('admin:bookings_booking_changelist')}?{query}"


def axis_of(lines: list[Line], window: Interval) -> Axis:
    """Return the whole hours that everything fits into; 9 to 5 on a day without anything."""
    shown = [stretch for line in lines for stretch in line.open]
    shown += [Interval(one.starts_at, one.ends_at) for line in lines for one in line.taking]
    if not shown:
        return Axis(window.start + 9 * HOUR, window.start + 17 * HOUR)
    first = max(min(stretch.start for stretch in shown), window.start)
    last = min(max(stretch.end for stretch in shown), window.end)
    start = window.start + (first - window.start) // HOUR * HOUR
    return Axis(start, start - (start - last) // HOUR * HOUR)


def spots_of(line: Line, axis: Axis) -> list[Spot]:
    """Return what stands on a line, in the order of time; what overlaps one below the other."""
    spots, ends = [], list[datetime]()
    for one in line.taking:
        row = next((n for n, end in enumerate(ends) if end <= one.starts_at), len(ends))
        ends[row : row + 1] = [one.ends_at]
        url = reverse(f"admin:bookings_{one._meta.model_name}_change", args=[one.pk])
        spots.append(_spot(one.starts_at, one.ends_at, axis, url, row, one))
    for start, end in line.free:
        query = {"resource": line.resource.pk, "start": start.isoformat()}
        url = f"{reverse('admin:bookings_booking_add')}?{urlencode(query)}"
        row = _row_beside(spots, start, end)
        spots.append(_spot(start, end, axis, url, row))
    return sorted(spots, key=lambda spot: (spot.starts_at, spot.row))


def _with_spots(line: Line, axis: Axis) -> tuple[Line, list[Spot], int]:
    """Return a line, what stands on it, and on how many rows."""
    spots = spots_of(line, axis)
    return line, spots, max((spot.row for spot in spots), default=0) + 1


def _row_beside(spots: list[Spot], start: datetime, end: datetime) -> int:
    """Return the first row on which nothing overlaps; a resource for several has several."""
    taken = {spot.row for spot in spots if spot.starts_at < end and start < spot.ends_at}
    return next(row for row in range(len(spots) + 1) if row not in taken)


def _spot(
    starts_at: datetime,
    ends_at: datetime,
    axis: Axis,
    url: str,
    row: int,
    taker: Booking | GroupSession | None = None,
) -> Spot:
    at = axis.at(starts_at)
    return Spot(
        starts_at,
        ends_at,
        at,
        round(axis.at(ends_at) - at, 3),
        row,
        url,
        booking=taker if isinstance(taker, Booking) else None,
        session=taker if isinstance(taker, GroupSession) else None,
    )


@dataclass(frozen=True)
class Stick:
    """One day of the chart; `share` is its height in percent of the busiest day."""

    count: DayCount
    share: float
    url: str
    is_weekend: bool


def chart_of(counts: list[DayCount]) -> list[Stick]:
    most = max((count.total for count in counts), default=0) or 1
    return [
        Stick(
            count,
            round(count.total / most * 100, 1),
            list_url(day=count.day.isoformat()),
            count.day.weekday() >= 5,
        )
        for count in counts
    ]


def _day_asked(request: HttpRequest, usual: date) -> date:
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    # The first and the last year of the calendar have no neighbours to walk to.
    return day if day is not None and 1970 <= day.year <= 2200 else usual
