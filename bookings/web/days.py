"""A month of days to choose from, as templates/public/month.html shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import ngettext, pgettext

from bookings.web.month import Month, MonthDay, by_part_of_day
from core import times

# Where a month (its first day), or one day, is shown.
Address = Callable[[date | None, date | None], str]


@dataclass(frozen=True)
class Cell:
    """One day in the month's table; without an address nothing can be booked on it."""

    number: int
    label: str = ""
    address: str = ""
    is_chosen: bool = False


def month_shown(month: Month, chosen: date | None, address: Address) -> dict[str, Any]:
    """Return the table, where the buttons beside it lead, and what to say when it is empty."""
    next_day = month.next_day
    return {
        "weekdays": [
            (format_date(day, "l"), format_date(day, pgettext("weekday: Mon", "D")))
            for day in month.weekdays
        ],
        "weeks": [[_cell(one, chosen, address) for one in week] for week in month.weeks],
        "month": format_date(month.first, pgettext("date: November 2026", "F Y")),
        "earlier_address": address(month.earlier, None) if month.has_earlier else "",
        "later_address": address(month.later, None) if month.has_later else "",
        "is_empty": not month.free_days,
        "next_day": times.long_day(next_day) if next_day else "",
        "next_day_address": address(None, next_day) if next_day else "",
    }


def parts_shown(starts: list[datetime]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the times of a day by its parts, each as it is sent and as it is read."""
    return [
        (name, [(start.isoformat(), times.clock(start)) for start in part])
        for name, part in by_part_of_day(starts)
    ]


def _cell(day: MonthDay | None, chosen: date | None, address: Address) -> Cell | None:
    if day is None:
        return None
    if not day.starts:
        return Cell(day.date.day)
    number = len(day.starts)
    free = ngettext("%(number)d free time", "%(number)d free times", number) % {"number": number}
    return Cell(
        number=day.date.day,
        label=f"{times.long_day(day.date)}, {free}",
        address=f"{address(None, day.date)}#times",
        is_chosen=day.date == chosen,
    )
