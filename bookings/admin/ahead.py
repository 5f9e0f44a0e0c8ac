"""The days ahead that are not as usual, one line each, for the page that shows and changes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from bookings.admin.recurring import in_words
from bookings.availability.closures import TimeOffSpec, wall_starts
from bookings.models import Resource, TimeOff
from bookings.selectors.days_off import DaysOff, SpecialDate
from core import times

ICONS = {
    TimeOff.Kind.VACATION: ("blue", "beach_access"),
    TimeOff.Kind.SICK: ("amber", "sick"),
    TimeOff.Kind.TRAINING: ("slate", "school"),
    TimeOff.Kind.OTHER: ("grey", "person_off"),
}


@dataclass(frozen=True)
class Entry:
    """One line: a word with a color and a shape, when, and what else is known of it.

    `change` is the query of the address at which it can be changed, `remove` the button's value;
    what is somebody else's to change has neither.
    """

    day: date
    color: str
    icon: str
    word: str
    when: str
    note: str
    repeats: str = ""
    is_everybodys: bool = False
    change: str = ""
    remove: str = ""


def entries_of(ahead: DaysOff, resource: Resource | None, *, today: date) -> list[Entry]:
    """Return a line for everything that is ahead, by the day on which it is next."""
    entries = [_of_date(special, resource) for special in ahead.dates]
    entries += [_of_time_off(row, resource, today) for row in ahead.time_off]
    return sorted(entries, key=lambda entry: entry.day)


def _of_date(special: SpecialDate, resource: Resource | None) -> Entry:
    row, is_closed = special.row, not special.stretches
    is_ours = row.resource_id == (resource.pk if resource else None)
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in special.stretches)
    return Entry(
        day=row.on,
        color="red" if is_closed else "slate",
        icon="event_busy" if is_closed else "schedule",
        word=_("Closed") if is_closed else _("Other hours"),
        when=times.short_day(row.on) + (f", {hours}" if hours else ""),
        note=row.note,
        is_everybodys=row.resource_id is None,
        change=f"date={row.on.isoformat()}" if is_ours else "",
        remove=f"date:{row.pk}" if is_ours else "",
    )


def _of_time_off(row: TimeOff, resource: Resource | None, today: date) -> Entry:
    color, icon = ICONS[TimeOff.Kind(row.kind)]
    is_ours = row.resource_id == (resource.pk if resource else None)
    start, end = _next(row, today)
    return Entry(
        day=start.date(),
        color=color,
        icon=icon,
        word=str(TimeOff.Kind(row.kind).label),
        when=_span(start, end),
        repeats=in_words(row.recurrence) if row.recurrence else "",
        note=row.reason,
        is_everybodys=row.resource_id is None,
        change=f"change={row.pk}" if is_ours else "",
        remove=f"off:{row.pk}" if is_ours else "",
    )


def _next(row: TimeOff, today: date) -> tuple[datetime, datetime]:
    """Return both ends of the next time that it happens, or of the one that goes on."""
    spec = spec_of(row)
    first, until = spec.first
    length = until - first
    midnight = datetime.combine(today, time())
    starts = wall_starts(spec)
    start = next((wall for wall in starts if wall + length > midnight), starts[-1])
    return start, start + length


def spec_of(row: TimeOff) -> TimeOffSpec:
    return TimeOffSpec(
        row.starts_on, row.starts_at_time, row.ends_on, row.ends_at_time, row.recurrence
    )


def _span(start: datetime, end: datetime) -> str:
    """Return `Tue 24 Nov`, `Tue 24 Nov, 14:00-18:00` or both ends with their days."""
    last = (end - datetime.resolution).date()
    starts_at = "" if start.time() == time() else f"{start:%H:%M}"
    ends_at = "" if end.time() == time() else f"{end:%H:%M}"
    first_day, last_day = times.short_day(start.date()), times.short_day(last)
    if start.date() != last:
        return " – ".join(
            ", ".join(filter(None, (day, clock)))
            for day, clock in ((first_day, starts_at), (last_day, ends_at))
        )
    if not starts_at and not ends_at:
        return first_day
    return f"{first_day}, {starts_at or '00:00'}–{ends_at or '24:00'}"
