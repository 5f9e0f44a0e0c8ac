"""Who else keeps what a customer told us: each app above says what it has, and lets it go.

An app registers its keeper when it is loaded: an export is whole, and an erasure too, while
this app knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bookings.models import Customer


@dataclass(frozen=True)
class Keeper:
    """What an app has of a customer.

    tell:   returns it, each row as plain values with names of the wire; part `name` of an export.
    forget: takes what is personal out of it, in the open transaction; returns of how many rows.
    unsaid: counts what was promised to them and has not left yet.
    """

    name: str
    tell: Callable[[Customer], list[dict[str, Any]]]
    forget: Callable[[Customer], int]
    unsaid: Callable[[Customer], int]


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    _keepers[keeper.name] = keeper


def keepers() -> Iterable[Keeper]:
    return _keepers.values()
