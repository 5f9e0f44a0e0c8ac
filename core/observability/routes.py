"""What was asked for, without what it was asked about: a route's pattern instead of its path."""

import re
from functools import lru_cache

from django.contrib.admindocs.utils import (
    remove_non_capturing_groups,
    replace_metacharacters,
    replace_named_groups,
    replace_unnamed_groups,
)
from django.http import HttpRequest

UNMATCHED = "unmatched"
_OPTIONAL = re.compile(r"\(\?:[^()]*\)\?")  # such as the version in /api/v1/
_CONVERTER = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[a-z][a-z._-]{0,30}")
SEGMENTS = 3


def route_of(request: HttpRequest) -> str:
    """Return the pattern that `request` matched, e.g. `/api/bookings/{pk}`, or `unmatched`."""
    match = request.resolver_match
    return UNMATCHED if match is None else _readable(match.route)


def ids_of(request: HttpRequest) -> dict[str, str]:
    """Return those parts of the path that are ids of our rows. Others may be tokens."""
    match = request.resolver_match
    if match is None or not match.kwargs:
        return {}
    named = {name: str(value) for name, value in match.kwargs.items()}
    return {name: value for name, value in named.items() if _UUID.fullmatch(value)}


def hint_of(path: str) -> str:
    """Return as much of a path that nobody knows as cannot be about a person."""
    segments = path.strip("/").split("/")[:SEGMENTS]
    return "/" + "/".join(word if _PLAIN_WORD.fullmatch(word) else "…" for word in segments)


@lru_cache(maxsize=2048)
def _readable(route: str) -> str:
    route = _OPTIONAL.sub("", route)
    route = replace_named_groups(remove_non_capturing_groups(route))
    route = replace_metacharacters(replace_unnamed_groups(route)).replace("\\", "")
    return "/" + _CONVERTER.sub(r"{\1}", route).strip("/")
