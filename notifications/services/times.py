"""Times as a person reads them: in their zone and language, with the zone's name and offset."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext, pgettext

TO = "\N{EN DASH}"
zone_of = cache(ZoneInfo)


@dataclass(frozen=True)
class When:
    """One appointment's time. `short` stands in a subject, the others in the mail itself."""

    short: str  # Tue 24 Nov, 14:00
    day: str  # Tuesday, 24 November 2026
    hours: str  # 14:00-14:30, with an en dash
    span: str  # Tue 24 Nov, 14:00-14:30
    zone: str  # Europe/Berlin (UTC+01:00)


def when(starts_at: datetime, ends_at: datetime, zone: str, *, now: datetime) -> When:
    """Say when, in `zone` and the active language. The short form has the year when it differs."""
    this_year = _local(now, zone).year
    return _when(starts_at, ends_at, zone, this_year, get_language())


@lru_cache(maxsize=1024)  # a booking's time is said in several mails
def _when(starts_at: datetime, ends_at: datetime, zone: str, this_year: int, language: str) -> When:
    starts, ends = _local(starts_at, zone), _local(ends_at, zone)
    if starts.year == this_year:
        short_day = format_date(starts, pgettext("date: Tue 24 Nov", "D j M"))
    else:
        short_day = format_date(starts, pgettext("date: Tue 24 Nov 2026", "D j M Y"))
    if starts.date() == ends.date():
        until = f"{ends:%H:%M}"
    else:
        until = f"{format_date(ends, pgettext('date: Tue 24 Nov', 'D j M'))}, {ends:%H:%M}"
    hours = f"{starts:%H:%M}{TO}{until}"
    return When(
        short=f"{short_day}, {starts:%H:%M}",
        day=format_date(starts, pgettext("date: Tuesday, 24 November 2026", "l, j F Y")),
        hours=hours,
        span=f"{short_day}, {hours}",
        zone=zone_label(starts, zone),
    )


def zone_label(local: datetime, zone: str) -> str:
    """Return e.g. `Europe/Berlin (UTC+01:00)`, the offset as it is at `local`."""
    offset = f"{local:%z}"
    if offset == "+0000" and zone == "UTC":
        return "UTC"
    return f"{zone.replace('_', ' ')} (UTC{offset[:3]}:{offset[3:5]})"


def read_differently(moment: datetime, one: str, other: str) -> bool:
    """Say whether clocks in the two zones show different times at `moment`."""
    return _local(moment, one).utcoffset() != _local(moment, other).utcoffset()


def elsewhere(moment: datetime, zone: str) -> str:
    """Return the same moment for readers of another zone, with the day where it may differ."""
    local = _local(moment, zone)
    return gettext("%(time)s in %(zone)s") % {
        "time": f"{format_date(local, pgettext('date: Tue 24 Nov', 'D j M'))}, {local:%H:%M}",
        "zone": zone_label(local, zone),
    }


def _local(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(zone_of(zone))
    except (ZoneInfoNotFoundError, ValueError):  # a zone that this machine has never heard of
        return moment.astimezone(zone_of("UTC"))
