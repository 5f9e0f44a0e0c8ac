"""Every address of the console, from the URL configuration, and whose row each one names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from bookings.models import Booking
from core.models import Invitation, Organization
from tests.house.worlds import World

# Addresses whose id is of another kind of row than the page that they hang on.
ABOUT = {
    "core_membership_invite_again": Invitation,
    "core_membership_uninvite": Invitation,
    "installation_close": Organization,
    "installation_reopen": Organization,
    "notifications_delivery_preview": Booking,
}
ROW = ("<path:object_id>", "<uuid:pk>")
# What else stands in an address, and what is tried in its place.
OTHERS = {
    "<slug:message>": "booking_cancelled",
    "^(?P<app_label>core|bookings|notifications)/$": "bookings/",
}
# Django's answer to an address that is none, and its way to "change/", which reads no row.
NO_PAGE = ("(?P<url>.*)$", "<path:object_id>/")


@dataclass(frozen=True)
class Address:
    """`about` is the kind of row that stands in `route`; None where there is none."""

    name: str
    route: str
    about: type[Model] | None

    def in_world(self, world: World) -> list[str]:
        """Return it with each row of that kind that a world has, or as it stands."""
        if self.about is None:
            return [f"/admin/{self.route}"]
        return [f"/admin/{self.route}".replace("{pk}", pk) for pk in world.pks_of(self.about)]


def addresses() -> Iterator[Address]:
    """Return them all. What cannot be read stops the walk: nothing is passed over in silence."""
    models = {
        f"{model._meta.app_label}/{model._meta.model_name}/": model
        for model in admin.site._registry
    }
    for route, pattern in _walk(_console(), ""):
        name = pattern.name or ""
        if not name and route.endswith(NO_PAGE):
            continue
        plain = re.sub("|".join(map(re.escape, ROW)), "{pk}", route)
        for written, tried in OTHERS.items():
            plain = plain.replace(written, tried)
        assert not re.search(r"[<(?^$]", plain), f"{route}: what is this?"
        about = None
        if "{pk}" in plain:
            listed = next((model for at, model in models.items() if plain.startswith(at)), None)
            about = ABOUT.get(name, listed)
            assert about is not None, f"{route}: whose id is this?"
        yield Address(name, plain, about)


def _console() -> list[URLPattern | URLResolver]:
    found = [one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"]
    (console,) = found
    assert isinstance(console, URLResolver)
    return list(console.url_patterns)


def _walk(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(list(pattern.url_patterns), here)
        else:
            yield here, pattern
