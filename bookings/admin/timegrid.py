"""Where things stand on a page of days: one clock down the side, a column for each day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight

QUARTER = timedelta(minutes=15)  # the clocks of every zone are changed by whole quarters
SHORTEST = 0.25  # rows: what is shorter is drawn as long, so that it can be read and hit
USUAL_HOURS = (9, 17)

Row = tuple[int, int]  # an hour of the clock, and 1 for the second time that it is shown


@dataclass(frozen=True)
class Grid:
    """The hours that the days of a page share, on the wall clock of `zone`.

    A row is an hour of the clock. On the night on which an hour is shown twice it has two rows,
    and an hour that a day does not have is empty there: nine o'clock is one line on every day.
    """

    zone: ZoneInfo
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _place(self) -> dict[Row, int]:
        return {row: number for number, row in enumerate(self.rows)}

    def at(self, moment: datetime, day: date) -> float:
        """Return how many rows below the top `moment` stands in the column of `day`."""
        if moment >= midnight(day + timedelta(days=1), self.zone):
            return len(self.rows)
        local = moment.astimezone(self.zone)
        if local.date() < day:
            return 0
        row = (local.hour, local.fold)
        if row in self._place:
            return round(self._place[row] + local.minute / 60 + local.second / 3600, 3)
        return 0 if row < self.rows[0] else len(self.rows)

    def labels(self) -> list[str]:
        return [f"{hour:02}:00" for hour, _ in self.rows]

    def missing_on(self, day: date) -> list[int]:
        """Return the rows that the clock does not show on `day`."""
        there = set(rows_of(day, self.zone))
        return [number for number, row in enumerate(self.rows) if row not in there]


def grid_of(zone: ZoneInfo, days: Sequence[date], shown: Iterable[Interval]) -> Grid:
    """Return the grid from the earliest of `shown` to the latest, on whatever day; 9 to 5 of
    nothing.
    """
    all_rows = max((rows_of(day, zone) for day in days), key=len)
    place = {row: number for number, row in enumerate(all_rows)}
    firsts, lasts = [], []
    for start, end in shown:
        for day in days:
            day_start = midnight(day, zone)
            day_end = midnight(day + timedelta(days=1), zone)
            first, last = max(start, day_start), min(end, day_end) - timedelta(microseconds=1)
            if first <= last:
                firsts.append(place[_row(first, zone)])
                lasts.append(place[_row(last, zone)])
    if not firsts:
        opens, closes = USUAL_HOURS
        return Grid(zone, tuple(row for row in all_rows if opens <= row[0] < closes))
    return Grid(zone, tuple(all_rows[min(firsts) : max(lasts) + 1]))


def rows_of(day: date, zone: ZoneInfo) -> list[Row]:
    """Return the hours that a clock shows on `day`, in the order in which it shows them."""
    moment, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    rows: dict[Row, None] = {}
    while moment < end:
        rows[_row(moment, zone)] = None
        moment += QUARTER
    return list(rows)


def side_by_side(places: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Return for each (top, bottom), sorted by top, its place and how many stand there abreast."""
    found: list[tuple[int, int]] = []
    ends: list[float] = []
    group = 0
    for number, (top, bottom) in enumerate(places):
        if ends and top >= max(ends):
            found[group:] = [(side, len(ends)) for side, _ in found[group:]]
            group, ends = number, []
        side = next((n for n, end in enumerate(ends) if end <= top), len(ends))
        ends[side : side + 1] = [max(bottom, top + SHORTEST)]
        found.append((side, 0))
    found[group:] = [(side, len(ends)) for side, _ in found[group:]]
    return found


def _row(moment: datetime, zone: ZoneInfo) -> Row:
    local = moment.astimezone(zone)
    return local.hour, local.fold
