"""No route shows one organization's rows to another. New routes are covered by existing."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from core.access import SCOPES
from core.api.viewsets import TenantViewSet

# What stands below /api and is no tenant's: health, the documents, and what providers call.
NOBODYS = ("health", "docs", "webhooks")


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
            yield path.removeprefix("^api/(?:v1/)?").lstrip("^"), callback


def test_every_api_view_starts_from_the_callers_organization():
    seen = set()
    for path, callback in api_routes():
        if path.startswith(NOBODYS):
            continue
        view = getattr(callback, "cls", None)
        assert view is not None, f"{path} is no view of the API"
        assert issubclass(view, TenantViewSet), path
        assert AllowAny not in view.permission_classes, path
        for method, action in list(callback.actions.items()):
            verb = "read" if method in ("get", "head") else "write"
            assert view.scopes.get(action, f"{view.scope}:{verb}") in SCOPES, (path, method)
        seen.add(view.__name__)
    assert {"BookingViewSet", "AvailabilityViewSet", "ServiceViewSet", "HoldViewSet"} <= seen


@pytest.mark.django_db
def test_every_api_route_wants_a_credential(client):
    for path, callback in api_routes():
        view = getattr(callback, "cls", None)
        if path.startswith(NOBODYS) or view is None:
            continue
        address = "/api/" + path.replace("(?P<pk>[^/]+)", "01a1f90c-32de-7306-bd10-4ca72e14c6d3")
        address = address.rstrip("$?/")
        for method, action in list(callback.actions.items()):
            if method == "head":  # a GET without its body
                continue
            response = client.generic(method.upper(), address)
            assert response.status_code == 401, (method, address, action)
            assert response.json()["error"]["errorCode"] == "UNAUTHORIZED"
