"""Pages of the console that show no single model: an app hangs its own here.

They are loaded with the app's admin, and stand behind the same sign-in as all others.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


class ConsolePage(NamedTuple):
    route: str
    view: View
    name: str


_pages: list[ConsolePage] = []


def console_page(route: str, *, name: str) -> Callable[[View], View]:
    """Show the decorated view at `route` below the console's address, named `admin:<name>`."""

    def hang(view: View) -> View:
        _pages.append(ConsolePage(route, view, name))
        return view

    return hang


def console_pages() -> list[ConsolePage]:
    return list(_pages)
