"""Times as people read them, on the active clock: `Tue 24 Nov, 14:00-14:30`."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def local(moment: datetime, zone: ZoneInfo | None = None) -> datetime:
    return moment.astimezone(zone or timezone.get_current_timezone())


def today() -> date:
    return local(timezone.now()).date()


def short_day(day: date) -> str:
    """Return `Tue 24 Nov`, with the year when it is not this one."""
    if day.year == today().year:
        return format_date(day, pgettext("date: Tue 24 Nov", "D j M"))
    return format_date(day, pgettext("date: Tue 24 Nov 2026", "D j M Y"))


def long_day(day: date) -> str:
    return format_date(day, pgettext("date: Tuesday, 24 November 2026", "l, j F Y"))


def clock(moment: datetime) -> str:
    return f"{local(moment):%H:%M}"


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """Return `14:00-14:30`; an end on another day says which."""
    until = clock(ends_at)
    if local(ends_at).date() != local(starts_at).date():
        until = f"{short_day(local(ends_at).date())}, {until}"
    return f"{clock(starts_at)}–{until}"


def span(starts_at: datetime, ends_at: datetime) -> str:
    """Return `Tue 24 Nov, 14:00-14:30`."""
    return f"{short_day(local(starts_at).date())}, {hours(starts_at, ends_at)}"


def stretch(starts_at: datetime, ends_at: datetime) -> str:
    """Return from when to when, in days where they are whole: `Mon 23 Nov – Fri 27 Nov`."""
    first, last = local(starts_at), local(ends_at)
    if first.time() == last.time() == time() and first < last:
        days = [short_day(first.date()), short_day(day_before(last.date()))]
        return " – ".join(dict.fromkeys(days))
    if first.date() == last.date():
        return span(starts_at, ends_at)
    return f"{moment(starts_at)} – {moment(ends_at)}"


def moment(at: datetime) -> str:
    """Return `Tue 24 Nov, 14:00`."""
    return f"{short_day(local(at).date())}, {clock(at)}"


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def end_of(day: date) -> datetime:
    """Return the first moment after `day` on the active clock."""
    return datetime.combine(day_after(day), time(), timezone.get_current_timezone())


def distance(day: date) -> str:
    """Return how far a day is in words, where that helps: today, tomorrow, in 3 days."""
    days = (day - today()).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    return _("in %(days)d days") % {"days": days} if days > 0 else ""


def listed(words: list[str]) -> str:
    """Return `14:30, 15:00 and 16:15`."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def zone_label(moment: datetime, zone: str, *, until: datetime | None = None) -> str:
    """Return e.g. `Europe/Berlin (UTC+01:00)`, the offset as it is at `moment`.

    With `until`, an end on the other side of a clock change, it says both offsets.
    """
    offset = _offset(moment, zone)
    if until is not None and (later := _offset(until, zone)) != offset:
        offset = _("%(before)s, then %(after)s") % {"before": offset, "after": later}
    return zone if zone == "UTC" else f"{zone.replace('_', ' ')} ({offset})"


def zone_label_of_day(day: date, zone: str) -> str:
    """Return the label of a whole local day: with both offsets where clocks are changed on it."""
    start, end = (datetime.combine(one, time(), zone_of(zone)) for one in (day, day_after(day)))
    return zone_label(start, zone, until=end)


def _offset(moment: datetime, zone: str) -> str:
    offset = f"{moment.astimezone(zone_of(zone)):%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone; UTC for one that this machine has never heard of."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zone_choices() -> list[tuple[str, str]]:
    """Return every IANA zone, for a form."""
    return [(zone, zone) for zone in sorted(available_timezones())]
