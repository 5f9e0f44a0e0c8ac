"""What one app shows on another app's pages, where the other must not know it.

A page names a place ("booking.messages") and renders whatever was hung there; an app above
hangs a function there when its admin is loaded.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

Panel = Callable[..., Any]

_panels: defaultdict[str, list[Panel]] = defaultdict(list)


def panel(place: str) -> Callable[[Panel], Panel]:
    """Hang the decorated function at `place`. It gets the request and the page's own values."""

    def hang(function: Panel) -> Panel:
        _panels[place].append(function)
        return function

    return hang


def panels_at(place: str, request: HttpRequest, **values: Any) -> list[Any]:
    """Return what hangs at `place`, in the order of the apps; what says None is left out."""
    found = (function(request, **values) for function in _panels[place])
    return [one for one in found if one is not None]
