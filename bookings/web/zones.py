"""Time zones as a visitor chooses them."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from zoneinfo import available_timezones

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def zone_options() -> SafeString:
    """Return the options of a select: places by continent, in few bytes."""
    placed = (name for name in sorted(known_zones()) if _continent(name) in CONTINENTS)
    groups = [
        format_html(
            '<optgroup label="{}">{}</optgroup>',
            continent,
            format_html_join("", "<option value={}>{}", ((name, _place(name)) for name in names)),
        )
        for continent, names in groupby(placed, key=_continent)
    ]
    return format_html_join("", "{}", ((group,) for group in groups))


def _continent(name: str) -> str:
    return name.split("/")[0]


def _place(name: str) -> str:
    return name.split("/", 1)[-1].replace("_", " ").replace("/", ", ")
