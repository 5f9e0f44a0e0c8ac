"""Recurrence as people choose it and read it: never, every week, until when."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from bookings.availability.recurrence import parse_rule
from bookings.models import WeeklyHours
from core import times
from core.errors import Invalid

NEVER, KEPT = "", "kept"
CHOICES = {
    NEVER: gettext_lazy("does not repeat"),
    "FREQ=WEEKLY": pgettext_lazy("choice", "every week"),
    "FREQ=WEEKLY;INTERVAL=2": gettext_lazy("every two weeks"),
    "FREQ=MONTHLY": pgettext_lazy("choice", "every month"),
    "FREQ=YEARLY": pgettext_lazy("choice", "every year"),
}
NEEDS_AN_END = "Say until when it repeats."


class Repeats(NamedTuple):
    """What a form shows of a rule: one of CHOICES, or KEPT for one that is none of them."""

    every: str
    until: str


def rule_of(every: str, until: date | None, *, kept: str) -> str:
    """Return the rule that somebody chose. Raises Invalid without an end."""
    if every == KEPT:
        return kept
    if every not in CHOICES or every == NEVER:
        return ""
    if until is None:
        raise Invalid.at("recurrence", NEEDS_AN_END)
    return f"{every};UNTIL={until:%Y%m%d}"


def shown_in_a_form(rule: str) -> Repeats:
    if not rule:
        return Repeats(NEVER, "")
    every, _separator, until = rule.partition(";UNTIL=")
    if every in CHOICES and len(until) == 8:
        return Repeats(every, f"{until[:4]}-{until[4:6]}-{until[6:]}")
    return Repeats(KEPT, "")


def in_words(rule: str) -> str:
    """Return `every 2 weeks on Monday and Friday, until Thu 24 Dec`."""
    parts = dict(part.split("=") for part in rule.split(";"))
    checked = parse_rule(rule)
    words = _every(checked.frequency, checked.interval)
    if days := _days(parts.get("BYDAY", "")):
        words = _("%(every)s on %(days)s") % {"every": words, "days": times.listed(days)}
    elif set(parts) - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}:
        words = _("%(every)s on certain days") % {"every": words}
    if checked.until is not None:
        until = times.short_day(checked.until.date())
        return _("%(every)s, until %(day)s") % {"every": words, "day": until}
    count = checked.count or 0
    ends = ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
    return f"{words}, {ends}"


def _every(frequency: str, interval: int) -> str:
    n = {"count": interval}
    if frequency == "DAILY":
        return ngettext("every day", "every %(count)d days", interval) % n
    if frequency == "WEEKLY":
        return ngettext("every week", "every %(count)d weeks", interval) % n
    if frequency == "MONTHLY":
        return ngettext("every month", "every %(count)d months", interval) % n
    return ngettext("every year", "every %(count)d years", interval) % n


def _days(by_day: str) -> list[str]:
    """Return the names of plain weekdays; none when some are counted (the second Monday)."""
    codes = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    named = by_day.split(",")
    if not all(code in codes for code in named):
        return []
    return [str(WeeklyHours.Weekday(codes.index(code)).label) for code in named]
