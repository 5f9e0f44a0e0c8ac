"""RFC 5545 recurrence rules, as far as they are taken here, on the wall clock.

A rule repeats by day, week, month or year and says where it ends. It is checked before
dateutil expands it, because dateutil looks for an occurrence that never comes until the year
9999, and takes some spellings that the standard does not know.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

MOST_OCCURRENCES = 366
LONGEST_YEARS = 10
LONGEST_RULE = 300

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
SUB_DAILY = ("HOURLY", "MINUTELY", "SECONDLY")
# The parts that are taken, and the frequencies with which each may stand.
PARTS = {
    "FREQ": FREQUENCIES,
    "INTERVAL": FREQUENCIES,
    "COUNT": FREQUENCIES,
    "UNTIL": FREQUENCIES,
    "WKST": FREQUENCIES,
    "BYDAY": FREQUENCIES,
    "BYMONTH": FREQUENCIES,
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
    "BYSETPOS": ("MONTHLY", "YEARLY"),
}
# What leaves days out and adds none.
ONLY_LEAVES_OUT = {
    "DAILY": ("BYMONTH", "BYMONTHDAY", "BYDAY"),
    "WEEKLY": ("BYMONTH",),
    "MONTHLY": ("BYMONTH",),
    "YEARLY": (),
}
_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_NUMBER = "[+-]?[0-9]{1,3}"
_SPELLINGS = {
    "INTERVAL": re.compile("[1-9][0-9]{0,2}"),
    "COUNT": re.compile("[1-9][0-9]{0,8}"),
    "WKST": re.compile(_DAY),
    "BYDAY": re.compile(f"([+-]?[1-9][0-9]?)?{_DAY}(,([+-]?[1-9][0-9]?)?{_DAY})*"),
    "BYMONTH": re.compile("[0-9]{1,2}(,[0-9]{1,2})*"),
    "BYMONTHDAY": re.compile(f"{_NUMBER}(,{_NUMBER})*"),
    "BYSETPOS": re.compile(f"{_NUMBER}(,{_NUMBER})*"),
}
_LARGEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYSETPOS": 366}
_UNTIL = re.compile(r"(?P<day>[0-9]{8})(T(?P<time>[0-9]{6})(?P<utc>Z)?)?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was checked. `text` is how it is kept and told: parts in capitals, no zone.

    It ends after `count` occurrences or with those that begin by `until` (a naive wall time).
    """

    text: str
    frequency: str
    interval: int
    count: int | None
    until: datetime | None


def parse_rule(text: str, *, zone: str | None = None) -> Rule:
    """Return the rule that `text` spells, e.g. `FREQ=WEEKLY;BYDAY=MO,FR;COUNT=8`.

    UNTIL is a date (which belongs to it), a local time, or, where `zone` says on whose clock
    the rule runs, a time in UTC. Raises ValueError with a sentence for whatever cannot be read,
    for a rule without an end, with more than 366 occurrences or below a day.
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in SUB_DAILY:
        raise ValueError("Nothing recurs more often than daily here.")
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ is one of {', '.join(FREQUENCIES)}.")
    for name, value in parts.items():
        _check_part(name, value, frequency)
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("Give COUNT or UNTIL, not both.")
    if "COUNT" not in parts and "UNTIL" not in parts:
        raise ValueError("A recurrence has to end: give COUNT or UNTIL.")
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    if count is not None and count > MOST_OCCURRENCES:
        raise ValueError(_TOO_MANY)
    until = None
    if "UNTIL" in parts:
        until, parts["UNTIL"] = _read_until(parts["UNTIL"], zone)
    written = ";".join(f"{name}={value}" for name, value in parts.items())
    return Rule(written, frequency, int(parts.get("INTERVAL", "1")), count, until)


def occurrences(rule: Rule, first_wall: datetime, until: datetime | None = None) -> list[datetime]:
    """Return when it happens, as naive wall times in order; `first_wall` is the first, always.

    As in RFC 5545 the first counts although the rule may not name it. With `until` only those
    before that wall time. Raises ValueError when there are more than 366, when some lie more
    than ten years ahead (or never come), and when it ends before it begins.
    """
    found = _expanded(rule, first_wall)
    if until is None:
        return list(found)
    return list(takewhile(lambda wall: wall < until, found))


_TOO_MANY = f"A recurrence has at most {MOST_OCCURRENCES} occurrences."
_TOO_FAR = f"A recurrence has to end within {LONGEST_YEARS} years."


@lru_cache(maxsize=1024)
def _expanded(rule: Rule, first: datetime) -> tuple[datetime, ...]:
    last = first.replace(year=first.year + LONGEST_YEARS, day=min(first.day, 28))
    if rule.until is not None:
        if rule.until < first:
            raise ValueError("A recurrence ends after it begins.")
        if rule.until > last:
            raise ValueError(_TOO_FAR)
        last = rule.until
    found = [first]
    for wall in _after(rule, first, last):
        if len(found) == rule.count:
            break
        if len(found) == MOST_OCCURRENCES:
            raise ValueError(_TOO_MANY)
        found.append(wall)
    if rule.count is not None and len(found) < rule.count:
        raise ValueError(_TOO_FAR)
    return tuple(found)


def _after(rule: Rule, first: datetime, last: datetime) -> Iterator[datetime]:
    """What the rule names after `first` and by `last`.

    What only leaves days out is left out here rather than by dateutil, which would search on
    for the next one beyond every bound.
    """
    parts = dict(part.split("=") for part in rule.text.split(";"))
    for bound in ("COUNT", "UNTIL"):
        parts.pop(bound, None)
    only: dict[str, set[int]] = {}
    for name in ONLY_LEAVES_OUT[rule.frequency]:
        if name in parts:
            only[name] = _numbers(parts.pop(name))
    expanded = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    for wall in expanded:
        if wall > last:
            return
        if wall > first and _is_named(wall, only):
            yield wall


def _is_named(wall: datetime, only: dict[str, set[int]]) -> bool:
    if "BYMONTH" in only and wall.month not in only["BYMONTH"]:
        return False
    if "BYDAY" in only and wall.weekday() not in only["BYDAY"]:
        return False
    if "BYMONTHDAY" in only:
        days_left = ((wall.replace(day=28) + timedelta(days=4)).replace(day=1) - wall).days
        return bool({wall.day, -days_left} & only["BYMONTHDAY"])
    return True


_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _numbers(values: str) -> set[int]:
    return {
        _WEEKDAYS.index(value) if value in _WEEKDAYS else int(value) for value in values.split(",")
    }


def _parts(text: str) -> dict[str, str]:
    if len(text) > LONGEST_RULE:
        raise ValueError(f"A recurrence has at most {LONGEST_RULE} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not (equals and value):
            raise ValueError("Write a recurrence like FREQ=WEEKLY;BYDAY=MO;COUNT=8.")
        if name in parts:
            raise ValueError(f"{name} is given twice.")
        if name not in PARTS:
            raise ValueError(f"A recurrence takes {', '.join(PARTS)} and nothing else.")
        parts[name] = value
    return parts


def _check_part(name: str, value: str, frequency: str) -> None:
    if frequency not in PARTS[name]:
        raise ValueError(f"{name} does not go with FREQ={frequency}.")
    spelling = _SPELLINGS.get(name)
    if spelling is not None and not spelling.fullmatch(value):
        raise ValueError(f"{name} cannot be read.")
    if name in _LARGEST:
        numbers = [abs(int(number)) for number in value.split(",")]
        if not all(1 <= number <= _LARGEST[name] for number in numbers):
            raise ValueError(f"{name} is a number from 1 to {_LARGEST[name]}.")
    if name == "BYDAY" and any(character.isdigit() for character in value):
        largest = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
        numbers = [int(number) for number in re.findall("[0-9]+", value)]
        if max(numbers) > largest:
            raise ValueError("BYDAY counts days of a month or of a year that are there.")


def _read_until(value: str, zone: str | None) -> tuple[datetime, str]:
    """Return the last wall time that counts, and how it is written without a zone."""
    written = _UNTIL.fullmatch(value)
    if written is None:
        raise ValueError("Write UNTIL as a date, 20261224, or as a time, 20261224T180000.")
    try:
        if written["time"] is None:
            day = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
            return datetime.combine(day, time.max), value
        moment = datetime(*_numbers_of(written["day"], written["time"]))  # noqa: DTZ001  (a wall time)
    except ValueError as error:
        raise ValueError("UNTIL is no day of the calendar.") from error
    if written["utc"]:
        if zone is None:
            raise ValueError("Write UNTIL as a date or as a local time, without Z.")
        moment = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return moment, f"{moment:%Y%m%dT%H%M%S}"


def _numbers_of(day: str, clock: str) -> tuple[int, int, int, int, int, int]:
    return (
        int(day[:4]), int(day[4:6]), int(day[6:]),
        int(clock[:2]), int(clock[2:4]), int(clock[4:]),
    )  # fmt: skip
