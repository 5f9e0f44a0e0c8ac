"""What stands over a usual week: time off, the hours of one date, public holidays.

All of it is meant on a wall clock; `rules` says what that is in real time. So time off from or
to a skipped time begins or ends at the first instant after the jump, and from or to a doubled
one the first time that the clock shows it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from holidays.registry import COUNTRIES

from bookings.availability.intervals import Interval, merge
from bookings.availability.recurrence import occurrences, parse_rule
from bookings.availability.rules import DAY, MIDNIGHT, instant_of, local_stretch, shown

LONGEST_REGION = 3  # characters
_CAPITAL = re.compile("(?<=[a-z])(?=[A-Z])")

_rule = lru_cache(maxsize=256)(parse_rule)


@dataclass(frozen=True, slots=True)
class TimeOffSpec:
    """Time off in local time, as its row has it.

    From `starts_on` at `starts_at_time` (None: midnight) to `ends_on` at `ends_at_time` (None:
    the end of that day). By `recurrence`, where there is one, all of it happens again.
    """

    starts_on: date
    starts_at_time: time | None
    ends_on: date
    ends_at_time: time | None
    recurrence: str = ""

    @property
    def first(self) -> tuple[datetime, datetime]:
        """Both ends of the first time that it happens, as naive wall times."""
        start = datetime.combine(self.starts_on, self.starts_at_time or MIDNIGHT)
        if self.ends_at_time is None:
            return start, datetime.combine(self.ends_on + DAY, MIDNIGHT)
        return start, datetime.combine(self.ends_on, self.ends_at_time)


def time_off_intervals(spec: TimeOffSpec, window: Interval, zone: str) -> list[Interval]:
    """Return when it is within `window`, each stretch whole: sorted and merged, in UTC.

    Raises ValueError for a recurrence that is none (a row's was checked when it was saved).
    """
    clock = ZoneInfo(zone)
    length = spec.first[1] - spec.first[0]
    # Two days on either side are more than any clock is changed by.
    first, last = shown(window.start, clock) - 2 * DAY, shown(window.end, clock) + 2 * DAY
    found = []
    for start in wall_starts(spec, until=last):
        if start + length > first:
            during = Interval(instant_of(start, clock), instant_of(start + length, clock))
            if during.overlaps(window):
                found.append(during)
    return merge(found)


def wall_starts(spec: TimeOffSpec, until: datetime | None = None) -> list[datetime]:
    """Return the naive wall times at which it begins, those before `until` if that is given.

    Raises ValueError as parse_rule and occurrences do.
    """
    start = spec.first[0]
    if not spec.recurrence:
        return [start] if until is None or start < until else []
    return occurrences(_rule(spec.recurrence), start, until)


def last_day_of(spec: TimeOffSpec) -> date:
    """Return the last local day that any of it touches. Raises ValueError for a bad recurrence."""
    start, end = spec.first
    last_end = wall_starts(spec)[-1] + (end - start)
    return (last_end - timedelta.resolution).date()


def override_stretches(
    day: date, stretches: Iterable[tuple[time, time]], zone: str
) -> list[Interval]:
    """Return when it is open on a local `day` that has hours of its own: (opens, closes).

    Closing at 00:00 is the end of the day. Sorted and merged, in UTC; none means closed.
    """
    clock = ZoneInfo(zone)
    return merge(local_stretch(day, opens, closes, clock).during for opens, closes in stretches)


def holidays_in(
    country: str, region: str, first_day: date, last_day: date, *, language: str = "en_US"
) -> dict[date, str]:
    """Return the public holidays from `first_day` to `last_day`, both included, in order.

    `country` is two letters (ISO 3166-1), `region` the part after the hyphen of ISO 3166-2 or
    empty. Names are in `language` where it is known for that country, else in its own.
    Raises ValueError for a country or a region that is not known.
    """
    check_holidays(country, region)
    found: dict[date, str] = {}
    for year in range(first_day.year, last_day.year + 1):
        of_year = _of_year(country, region, year, language)
        found |= {day: name for day, name in of_year if first_day <= day <= last_day}
    return found


def holiday_regions() -> dict[str, list[str]]:
    """Return every country whose public holidays are known, each with its regions."""
    return {country: list(regions) for country, regions in _countries().items()}


def country_names() -> dict[str, str]:
    """Return the English name of every country whose public holidays are known, by name."""
    names = {}
    for class_name, code, *_ in COUNTRIES.values():
        if code in _countries():
            names[code] = _CAPITAL.sub(" ", class_name)
    return dict(sorted(names.items(), key=lambda named: named[1]))


def region_names(country: str) -> dict[str, str]:
    """Return the regions of a country by code, each as it is called there, as far as known."""
    if country not in _countries():
        return {}
    aliases = holidays.country_holidays(country).subdivisions_aliases
    names = {code: code for code in _countries()[country]}
    for name, code in aliases.items():
        if names.get(code) == code:
            names[code] = name
    return names


def check_holidays(country: str, region: str) -> None:
    """Raise ValueError for a country or a region whose public holidays are not known."""
    if country not in _countries():
        raise ValueError("The public holidays of this country are not known here.")
    if region and region not in _countries()[country]:
        raise ValueError("This country has no region with this code.")


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    """Every country and its regions, without the cities that are no region of ISO 3166-2."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {
        country: [region for region in regions if len(region) <= LONGEST_REGION]
        for country, regions in known.items()
    }


@lru_cache(maxsize=512)
def _of_year(country: str, region: str, year: int, language: str) -> tuple[tuple[date, str], ...]:
    of_year = holidays.country_holidays(
        country, subdiv=region or None, years=year, expand=False, language=language
    )
    return tuple(sorted(of_year.items()))
