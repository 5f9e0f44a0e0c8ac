"""Opening hours as people write them, and the one place where local time becomes UTC.

A wall clock does not run evenly. When it is changed
- a time that it jumps over does not exist: nothing is offered at it, and opening hours that
  begin or end there do so at the first instant after the jump;
- a time that it shows twice happens once, the first time: hours that begin or end there do
  so then, and it is offered then.
So an opening from 01:00 to 05:00 lasts 3 real hours on the night when an hour is skipped and
5 when one is doubled; a day open from 00:00 to 00:00 lasts as long as that day really does;
and a day cut in two anywhere is open exactly as long as the uncut one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval, intersect, merge, starts, subtract

MIDNIGHT = time(0)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """One stretch of a weekday in local time; 0 is Monday. Closing at 00:00 is the day's end."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError("A weekday is 0 (Monday) to 6 (Sunday).")
        if self.closes <= self.opens and self.closes != MIDNIGHT:
            raise ValueError("Closing comes after opening.")


@dataclass(frozen=True, slots=True)
class DateHours:
    """One stretch of one date in local time, whatever the week says. Closing at 00:00 as above."""

    on: date
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """Weekly hours meant in the IANA zone `timezone`, from `valid_from` to `valid_to`.

    Both days are included, and None means without end. Stretches may touch or overlap. Breaks
    are taken out of them. On the dates `not_on` the week does not count; `dates` do, whatever
    the validity says.
    """

    timezone: str
    weekly: tuple[WeeklyHours, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    breaks: tuple[WeeklyHours, ...] = ()
    not_on: frozenset[date] = frozenset()
    dates: tuple[DateHours, ...] = ()


EVERY_DAY = tuple(WeeklyHours(weekday, MIDNIGHT, MIDNIGHT) for weekday in range(7))


class Stretch(NamedTuple):
    """One opening on one day: `during` in real time, `opens` on the wall clock as written.

    `steady` says that the clock is not changed on that day, so that steps are plain addition.
    """

    during: Interval
    opens: datetime
    zone: ZoneInfo
    steady: bool


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the clock of `zone` shows the naive time `wall`.

    If a change jumps over it: the first instant after the change.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown(moment, zone) == wall:
        return moment
    # In a gap, fold 1 reads the clock as already changed, and so lies before the change.
    ahead = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change_between(ahead.replace(microsecond=0), moment.replace(microsecond=0), zone)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock of `zone` shows at `moment`, as a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local `day` begins, even where its 00:00 is skipped."""
    return instant_of(datetime.combine(day, MIDNIGHT), zone)


def stretches(rules: OpeningRules, window: Interval) -> list[Stretch]:
    """Every opening that has some of its time in `window`, whole, ordered by day."""
    zone = ZoneInfo(rules.timezone)
    first = shown(window.start, zone).date()
    # A day more: where midnight is doubled, the new day has begun while the old is shown again.
    last = shown(window.end, zone).date() + DAY
    written = [(hours.on, hours.opens, hours.closes) for hours in rules.dates]
    found = [
        local_stretch(on, opens, closes, zone)
        for on, opens, closes in written
        if first <= on <= last
    ]
    if rules.valid_from:
        first = max(first, rules.valid_from)
    if rules.valid_to:
        last = min(last, rules.valid_to)
    week = _week_of(rules.weekly, rules.breaks)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day in rules.not_on:
            continue
        found += [local_stretch(day, opens, closes, zone) for opens, closes in week[day.weekday()]]
    return [stretch for stretch in found if stretch.during.overlaps(window)]


@lru_cache(maxsize=4096)
def _week_of(
    weekly: tuple[WeeklyHours, ...], breaks: tuple[WeeklyHours, ...]
) -> tuple[tuple[tuple[time, time], ...], ...]:
    """The hours of each weekday, breaks cut out on the wall clock, so steps begin after them."""
    week: list[tuple[tuple[time, time], ...]] = []
    for weekday in range(7):
        open_, shut = (
            [(hours.opens, hours.closes) for hours in kind if hours.weekday == weekday]
            for kind in (weekly, breaks)
        )
        week.append(tuple(_without(open_, shut) if shut else open_))
    return tuple(week)


def _without(
    hours: Iterable[tuple[time, time]], breaks: Iterable[tuple[time, time]]
) -> list[tuple[time, time]]:
    """Local hours of one day less its breaks, cut on a clock without zone."""
    day = datetime(2000, 1, 1, tzinfo=UTC)

    def on_a_day(stretch: tuple[time, time]) -> Interval:
        opens, closes = stretch
        end = DAY if closes == MIDNIGHT else _since_midnight(closes)
        return Interval(day + _since_midnight(opens), day + end)

    left = subtract(map(on_a_day, hours), map(on_a_day, breaks))
    return [(start.time(), end.time()) for start, end in left]


def local_stretch(day: date, opens: time, closes: time, zone: ZoneInfo) -> Stretch:
    """The local hours `opens` to `closes` of one day, in real time; empty if all are skipped."""
    wall = datetime.combine(day, opens)
    start, end = _day(day, zone)
    if steady := end - start == DAY:
        if closes != MIDNIGHT:
            end = start + _since_midnight(closes)
        start += _since_midnight(opens)
    else:
        start = instant_of(wall, zone)
        if closes != MIDNIGHT:
            end = instant_of(datetime.combine(day, closes), zone)
    return Stretch(Interval(start, end), wall, zone, steady)


def opening_intervals(rules: OpeningRules, window: Interval) -> list[Interval]:
    """When it is open within `window`: sorted, and stretches that touch made one."""
    return intersect((stretch.during for stretch in stretches(rules, window)), [window])


def hours_and_steps(
    opening: Iterable[OpeningRules], window: Interval, step: timedelta
) -> tuple[list[Interval], list[datetime]]:
    """The merged opening hours that touch `window`, and the step grid laid over them, sorted.

    Steps run on the wall clock, afresh from each stretch as it is written (09:00, 09:30, … of
    hours that begin at 09:00), so they never drift with a change of the clock: a skipped time
    is left out, and a doubled one is there once.
    """
    found = [stretch for rules in opening for stretch in stretches(rules, window)]
    grid = [moment for stretch in found for moment in _steps(stretch, step)]
    # Usually each ends before the next; several schedules and overlapping hours interleave.
    if any(one.during.end > other.during.start for one, other in pairwise(found)):
        grid = sorted(set(grid))
    return merge(stretch.during for stretch in found), grid


def _steps(stretch: Stretch, step: timedelta) -> list[datetime]:
    if stretch.steady:
        return starts(stretch.during, step=step)
    found = []
    wall = stretch.opens
    while (moment := instant_of(wall, stretch.zone)) < stretch.during.end:
        if shown(moment, stretch.zone) == wall:
            found.append(moment)
        wall += step
    return found


@lru_cache(maxsize=4096)
def _day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both ends of a local day. Kept, because every resource asks for the same few weeks."""
    return midnight(day, zone), midnight(day + DAY, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant with the clock of `after`, which differs from that of `before`."""
    changed = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == changed:
            after = middle
        else:
            before = middle
    return after


def _since_midnight(wall: time) -> timedelta:
    return timedelta(
        hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
    )
