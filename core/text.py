"""Spelling."""

from functools import cache


@cache
def camel_case(name: str) -> str:
    """Return `starts_at` as `startsAt`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
