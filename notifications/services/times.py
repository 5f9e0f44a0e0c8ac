"""Times as one reader reads them: in their zone and language, with the zone's name and offset."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import get_language, gettext

from core import times
from core.times import zone_label, zone_of


@dataclass(frozen=True)
class When:
    """One appointment's time. `short` stands in a subject, the others in the mail itself."""

    short: str  # Tue 24 Nov, 14:00
    day: str  # Tuesday, 24 November 2026
    hours: str  # 14:00–14:30
    span: str  # Tue 24 Nov, 14:00–14:30
    zone: str  # Europe/Berlin (UTC+01:00)


def when(starts_at: datetime, ends_at: datetime, zone: str) -> When:
    """Say when, in `zone` and the active language. The short form has the year when it differs."""
    with timezone.override(zone_of(zone)):
        return _when(starts_at, ends_at, zone, get_language(), times.today().year)


@lru_cache(maxsize=1024)  # one booking's time is said in several mails
def _when(starts_at: datetime, ends_at: datetime, zone: str, language: str, this_year: int) -> When:
    return When(
        short=times.moment(starts_at),
        day=times.long_day(times.local(starts_at).date()),
        hours=times.hours(starts_at, ends_at),
        span=times.span(starts_at, ends_at),
        zone=zone_label(starts_at, zone, until=ends_at),
    )


def read_differently(moment: datetime, one: str, other: str) -> bool:
    """Say whether clocks in the two zones show different times at `moment`."""
    there = (moment.astimezone(zone_of(zone)).utcoffset() for zone in (one, other))
    return next(there) != next(there)


def elsewhere(moment: datetime, zone: str) -> str:
    """Return the same moment for readers of another zone, with the day, which may differ."""
    with timezone.override(zone_of(zone)):
        said = times.moment(moment)
    return gettext("%(time)s in %(zone)s") % {"time": said, "zone": zone_label(moment, zone)}
