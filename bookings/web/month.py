"""The free times of a month, by day: what the second step shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import Service
from bookings.selectors.slots import free_slots
from core import times

LOOKS_AHEAD = timedelta(days=92)
NOON, EVENING = time(12), time(17)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What has been chosen so far, and on whose clock.

    `besides` are allocations that are the visitor's own, `without` the booking that is moved.
    """

    service: Service
    minutes: int
    resource_id: UUID | None
    zone: ZoneInfo
    besides: Collection[UUID] = ()
    without: UUID | None = None


@dataclass(frozen=True)
class MonthDay:
    """One day of the month. `starts` are what can be booked on it."""

    date: date
    starts: list[datetime]


@dataclass(frozen=True)
class Month:
    """All days of the month that begins on `first`. Where none of them has a free time, `next_day`
    is the first day after it that has some, if it is not too far ahead.
    """

    first: date
    days: list[MonthDay]
    has_earlier: bool
    has_later: bool
    next_day: date | None = None

    @property
    def weeks(self) -> list[list[MonthDay | None]]:
        """Return the days by week, as the reader's language begins it; None before and after."""
        before = (self.first.isoweekday() - _first_weekday()) % 7
        days = [None] * before + self.days
        days += [None] * (-len(days) % 7)
        return [days[at : at + 7] for at in range(0, len(days), 7)]

    @property
    def weekdays(self) -> list[date]:
        """Return seven days from which the columns take their names."""
        a_sunday = date(2026, 11, 1)
        return [a_sunday + (_first_weekday() + n) * DAY for n in range(7)]

    @property
    def free_days(self) -> list[MonthDay]:
        return [day for day in self.days if day.starts]

    @property
    def earlier(self) -> date:
        return first_of_month(self.first - DAY)

    @property
    def later(self) -> date:
        return month_after(self.first)

    def starts_on(self, day: date | None) -> list[datetime]:
        return next((one.starts for one in self.days if one.date == day), [])


def read_month(wish: Wish, asked: date | None) -> Month:
    """Return the month in which `asked` lies, else the first that has free times.

    One reading of the calendar; a second where the month is empty, a third where nobody asked
    for that month and a later one has free times.
    """
    today = timezone.now().astimezone(wish.zone).date()
    first = max(first_of_month(asked or today), first_of_month(today))
    month = _read(wish, first, today)
    if month.free_days:
        return month
    ahead = max(month.later, today)
    found = _free(wish, ahead, ahead + LOOKS_AHEAD)
    next_day = min(found, default=None)
    if asked is None and next_day is not None:
        return _read(wish, first_of_month(next_day), today)
    return replace(month, next_day=next_day)


def by_part_of_day(starts: list[datetime]) -> list[tuple[str, list[datetime]]]:
    """Group the times of one day, on the active clock."""
    return [(name, list(part)) for name, part in groupby(starts, _part_of_day)]


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def month_after(first: date) -> date:
    return first_of_month(first + 31 * DAY)


def _read(wish: Wish, first: date, today: date) -> Month:
    after = month_after(first)
    free = _free(wish, max(first, today), after)
    dates = [first + n * DAY for n in range((after - first).days)]
    # A day more: where the business is it may be tomorrow already.
    furthest = today + timedelta(days=wish.service.horizon_days) + DAY
    return Month(
        first=first,
        days=[MonthDay(day, free.get(day, [])) for day in dates],
        has_earlier=first > first_of_month(today),
        has_later=after <= furthest,
    )


def _free(wish: Wish, first: date, after: date) -> dict[date, list[datetime]]:
    window = Interval(midnight(first, wish.zone), midnight(after, wish.zone))
    slots = free_slots(
        wish.service,
        window,
        minutes=wish.minutes,
        resource_id=wish.resource_id,
        besides=wish.besides,
        without=wish.without,
    )
    starts = (slot.start.astimezone(wish.zone) for slot in slots)
    return {day: list(some) for day, some in groupby(starts, lambda start: start.date())}


def _first_weekday() -> int:
    """Return where the reader's week begins; 0 is Sunday."""
    return int(get_format("FIRST_DAY_OF_WEEK"))


def _part_of_day(start: datetime) -> str:
    wall = times.local(start).time()
    if wall < NOON:
        return _("Morning")
    return _("Afternoon") if wall < EVENING else _("Evening")
