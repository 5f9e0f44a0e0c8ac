"""What one app shows on another app's pages, where the other must not know it.

A page names a place ("booking.messages") and renders whatever was hung there; an app above
hangs a function there when its admin is loaded. What belongs to a row and is changed with it is
hung on the row's form.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Model
from django.http import HttpRequest

Panel = Callable[..., Any]

Inline = TypeVar("Inline", bound=type[InlineModelAdmin])

_panels: defaultdict[str, list[Panel]] = defaultdict(list)
_inlines: defaultdict[type[Model], list[type[InlineModelAdmin]]] = defaultdict(list)


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


def inline_on(model: type[Model]) -> Callable[[Inline], Inline]:
    """Show the decorated inline on the form of every row of `model`."""

    def hang(inline: Inline) -> Inline:
        _inlines[model].append(inline)
        return inline

    return hang


def inlines_on(model: type[Model]) -> list[type[InlineModelAdmin]]:
    return _inlines[model]
