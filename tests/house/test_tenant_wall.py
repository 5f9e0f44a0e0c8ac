"""No route shows one organization's rows to another. New routes are covered by existing."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from bookings.models import Booking
from core.access import SCOPES
from core.api.people import AboutMeViewSet
from core.api.permissions import IsPerson
from core.api.viewsets import TenantViewSet
from core.links import make_link_token

# What stands below /api and is no tenant's: health, the documents, and what providers call.
NOBODYS = ("health", "docs", "webhooks")
# What is about the person who is signed in, whichever organization they work in; of these, what
# takes no token because it answers one, or ends one.
ABOUT_ME = ("auth/",)
SIGNING_IN = ("auth/login", "auth/refresh", "auth/logout", "auth/password/reset")
# What a link opens: its token is the credential, and what it does not open is not there.
BY_LINK = ("manage", "waitlist/offers", "invitations/(?P<token>")


def api_routes() -> Iterator[tuple[str, object]]:
    def walk(patterns, path):
        for pattern in patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif isinstance(pattern, URLPattern):
                yield here, pattern.callback

    for path, callback in walk(get_resolver().url_patterns, ""):
        if path.startswith("^api/"):
            yield re.sub(r"(?<!\[)\^", "", path.removeprefix("^api/(?:v1/)?")), callback


def test_every_api_view_starts_from_the_callers_organization():
    seen = set()
    for path, callback in api_routes():
        if path.startswith(NOBODYS):
            continue
        view = getattr(callback, "cls", None)
        assert view is not None, f"{path} is no view of the API"
        if path.startswith(ABOUT_ME):
            is_open = path.startswith(SIGNING_IN)
            assert issubclass(view, AboutMeViewSet), path
            assert list(view.permission_classes) == ([] if is_open else [IsPerson]), path
            continue
        assert issubclass(view, TenantViewSet), path
        assert AllowAny not in view.permission_classes, path
        assert view.is_opened_by_link == path.startswith(BY_LINK), path
        seen.add(view.__name__)
        if view.is_opened_by_link:
            continue
        for method, action in list(callback.actions.items()):
            verb = "read" if method in ("get", "head") else "write"
            assert view.scopes.get(action, f"{view.scope}:{verb}") in SCOPES, (path, method)
    assert {"BookingViewSet", "AvailabilityViewSet", "ServiceViewSet", "HoldViewSet"} <= seen
    assert {"ResourceViewSet", "ResourceTypeViewSet", "GroupSessionViewSet"} <= seen
    assert "GroupSessionTemplateViewSet" in seen
    assert {"CourseViewSet", "ProductViewSet", "BundleViewSet"} <= seen


@pytest.mark.django_db
def test_every_api_route_wants_a_credential(client, settings):
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000  # all of them are asked from one address
    for path, callback in api_routes():
        view = getattr(callback, "cls", None)
        if path.startswith(NOBODYS + BY_LINK + SIGNING_IN) or view is None:
            continue
        some_id = "01a1f90c-32de-7306-bd10-4ca72e14c6d3"
        address = "/api/" + re.sub(r"\(\?P<\w+>\[\^/\]\+\)", some_id, path)
        address = address.rstrip("$?/")
        for method, action in list(callback.actions.items()):
            if method == "head":  # a GET without its body
                continue
            response = client.generic(method.upper(), address)
            assert response.status_code == 401, (method, address, action)
            assert response.json()["error"]["errorCode"] == "UNAUTHORIZED"


@pytest.mark.django_db
def test_every_route_of_a_link_answers_to_no_other_token(client, desk, book):
    """A token of nothing, of the right booking for another purpose, and a key in its stead."""
    booking = book()
    tried = 0
    for path, callback in api_routes():
        if not path.startswith(BY_LINK):
            continue
        for token in ("nothing", str(booking.pk), make_link_token("other", booking.pk, 1)):
            address = "/api/" + path.replace("(?P<token>[^/]+)", token).rstrip("$?/")
            for method in list(callback.actions):
                for who in (client, desk):
                    response = who.generic(method.upper(), address)
                    assert response.status_code == 404, (method, address)
                    tried += 1
    assert tried >= 18
    assert Booking.objects.get().version == 1
