"""A member of another organization walks every call of the API with this one's ids.

The calls come from the OpenAPI document, and the document from the URL configuration: a new
call without a case here fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.access import Role
from core.models import ApiKey
from tests.cast import a_key, client_with
from tests.core.openapi_document import Document
from tests.core.people import PASSWORD, bearer, sign_in
from tests.factories import MembershipFactory, OrganizationFactory
from tests.house.test_tenant_wall import ABOUT_ME, BY_LINK, NOBODYS, api_routes
from tests.house.worlds import PERSON, World, slot

pytestmark = pytest.mark.django_db
OPEN = NOBODYS + ABOUT_ME + BY_LINK

# Whose id stands first in a path, by what the path begins with; the longest that fits.
IN_PATH = {
    "api-keys": "api-key",
    "bookings": "booking",
    "bookings/students": "customer",
    "bookings/tas": "resource",
    "bundles": "bundle",
    "bundles/courses": "course",
    "bundles/students": "customer",
    "courses": "course",
    "customers": "customer",
    "date-overrides": "date-override",
    "group-session-templates": "template",
    "group-sessions": "session",
    "group-sessions/courses": "course",
    "holds": "hold",
    "invitations": "invitation",
    "members": "member",
    "products": "product",
    "reminder-rules": "reminder-rule",
    "resource-types": "resource-type",
    "resources": "resource",
    "schedules": "schedule",
    "series": "series",
    "services": "service",
    "time-off": "time-off",
    "waitlist": "waiting",
}
# Whose id a field of a body or a query holds.
IN_FIELD = {
    "bookingId": "booking",
    "bundlePurchaseId": "bundle",
    "courseId": "course",
    "groupSessionId": "session",
    "holdId": "hold",
    "productId": "product",
    "resourceId": "resource",
    "serviceId": "service",
    "studentId": "customer",
    "subject": "booking",
    "taId": "resource",
    "userId": "user",
}
NO_ID = "01a1f90c-32de-7306-bd10-4ca72e14c6d3"
# What a query has to say.
IN_QUERY = {"from": "2026-11-24", "to": "2026-11-25", "after": "2026-11-24"}


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


@pytest.fixture
def ours(clock, salon, settings) -> World:
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000
    return World(salon)


@pytest.fixture
def theirs(ours) -> World:
    return World(OrganizationFactory(name="Elsewhere", slug="elsewhere"))


def calls(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each call that is an organization's, by its path below /api."""
    for operation in document.operations.values():
        path = operation["path"].removeprefix("/api/")
        by_link = operation.get("security") == []
        if operation["path"].startswith("/api/") and not path.startswith(OPEN) and not by_link:
            yield path, operation


def address(path: str, world: World) -> str:
    """Return the address of one of a world's rows."""
    if "{id}" in path:
        path = path.replace("{id}", world.ids[IN_PATH[path.partition("/{")[0]]])
    path = re.sub(r"{(\w+)}", lambda found: world.ids[IN_FIELD[found[1]]], path)
    return f"/api/{path}"


def ids_in_query(operation: dict[str, Any], document: Document) -> list[str]:
    found = [document.resolved(parameter) for parameter in operation.get("parameters", [])]
    return [p["name"] for p in found if p["in"] == "query" and p["schema"].get("format") == "uuid"]


def ids_in_body(operation: dict[str, Any], document: Document) -> list[str]:
    properties = body_schema(operation, document).get("properties", {})
    return [name for name, shape in properties.items() if shape.get("format") == "uuid"]


def a_query(operation: dict[str, Any], document: Document) -> dict[str, str]:
    """Return what a call cannot do without."""
    found = [document.resolved(parameter) for parameter in operation.get("parameters", [])]
    needed = [p["name"] for p in found if p["in"] == "query" and p.get("required")]
    return {name: IN_QUERY[name] for name in needed}


def body_schema(operation: dict[str, Any], document: Document) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return document.resolved(content.get("application/json", {}).get("schema", {}))


def a_body(operation: dict[str, Any], world: World) -> dict[str, Any]:
    """Return the first example of a call's body, with ids that are a world's own."""
    content = operation.get("requestBody", {}).get("content", {})
    examples = list(content.get("application/json", {}).get("examples", {}).values())
    body = dict(examples[0]["value"]) if examples else {}
    return {
        name: world.ids[IN_FIELD[name]] if name in IN_FIELD else value
        for name, value in body.items()
    }


def send(client: APIClient, operation: dict[str, Any], at: str, body: dict[str, Any]) -> Any:
    if "application/octet-stream" in operation.get("requestBody", {}).get("content", {}):
        return client.generic("PUT", at, b"x", "application/octet-stream")
    if operation["method"] == "get":
        return client.get(at, body)
    return getattr(client, operation["method"])(at, body)


def ids_told(answer: Any, world: World) -> list[str]:
    return [noun for noun, pk in world.ids.items() if pk in answer.content.decode()]


def an_owner(world: World) -> APIClient:
    user = MembershipFactory(organization=world.organization, role=Role.OWNER).user
    user.set_password(PASSWORD)
    user.save()
    answer = sign_in(Client(), email=user.email, cookie=False)
    return bearer(answer.json()["data"]["accessToken"])


def a_secret_key(world: World) -> APIClient:
    return client_with(a_key(world.organization, kind=ApiKey.Kind.SECRET))


WHO = pytest.mark.parametrize("who", [a_secret_key, an_owner])


def test_every_call_has_its_case(document):
    known = {(path, operation["method"]) for path, operation in calls(document)}
    for path, callback in api_routes():
        if path.startswith(OPEN):
            continue
        told = path.rstrip("$").replace("(?P<pk>[^/]+)", "{id}")
        told = re.sub(r"\(\?P<(\w+)>\[\^/\]\+\)", r"{\1}", told)
        for method in set(callback.actions) - {"head"}:
            assert (told, method) in known, f"{method} {path} is in no document"
    for path, operation in calls(document):
        if "{" in path:
            assert path.partition("/{")[0] in IN_PATH, f"{path}: whose id is this?"
        for name in ids_in_query(operation, document) + ids_in_body(operation, document):
            assert name in IN_FIELD, f"{path}: whose id is {name}?"


@WHO
def test_no_call_opens_or_changes_another_organizations_row(
    who: Callable[[World], APIClient], document, ours, theirs
):
    stranger, before, tried = who(theirs), ours.everything(), 0

    for path, operation in calls(document):
        if "{" not in path:
            continue
        answer = send(stranger, operation, address(path, ours), a_body(operation, theirs))
        assert answer.status_code == 404, (operation["method"], path, answer.content)
        assert answer.json()["error"]["errorCode"] == "NOT_FOUND"
        assert ids_told(answer, ours) == []
        tried += 1

    assert tried > 60
    assert ours.everything() == before


@WHO
def test_no_list_holds_another_organizations_rows(
    who: Callable[[World], APIClient], document, ours, theirs
):
    stranger = who(theirs)

    for path, operation in calls(document):
        if operation["method"] == "get":
            answer = stranger.get(address(path, theirs), a_query(operation, document))
            assert ids_told(answer, ours) == [], path


def test_no_other_organizations_id_is_taken_in_a_body_or_a_query(document, ours, theirs):
    """Each id alone, beside others that are the caller's own: it is the one that is refused."""
    before, tried, taken = (ours.everything(), theirs.everything()), 0, []

    for path, operation in calls(document):
        at = address(path, theirs)
        body = a_query(operation, document) or a_body(operation, theirs)
        for name in ids_in_query(operation, document) + ids_in_body(operation, document):
            if name == "holdId":
                continue  # it goes with its token: the test below
            sent = {**body, name: ours.ids[IN_FIELD[name]]}
            answer = send(theirs.desk, operation, at, sent)
            if path == "events":  # an event outlives its subject, so its id need not be there
                assert answer.json()["data"] == []
                continue
            refused = answer.status_code == 404 and answer.json()["error"]["details"]["fields"]
            if not refused or list(refused) != [name]:
                taken.append(f"{operation['operationId']} {name}: {answer.content.decode()}")
            tried += 1

    assert taken == []
    assert tried > 40
    assert (ours.everything(), theirs.everything()) == before


def test_another_organizations_hold_is_as_absent_as_none(ours, theirs):
    """Its token is the right one."""
    body = {**PERSON, "timeSlot": slot("25")}
    before, told = (ours.everything(), theirs.everything()), []

    for pk in (ours.ids["hold"], NO_ID):
        sent = {**body, "holdId": pk, "holdToken": ours.hold_token}
        answer = theirs.desk.post("/api/bookings", sent)
        error = answer.json()["error"]
        told.append((answer.status_code, error["errorCode"], error["message"], error["details"]))

    assert told[0] == told[1]
    assert told[0][0] in (404, 409)
    assert (ours.everything(), theirs.everything()) == before


def test_no_other_organizations_id_is_taken_further_down_in_a_body(ours, theirs):
    foreign = {"resources": [{"id": ours.ids["resource"]}]}
    before = (ours.everything(), theirs.everything())

    for answer in (
        theirs.desk.post("/api/services", {"name": "Cut", **foreign}),
        theirs.desk.patch(f"/api/services/{theirs.ids['service']}", foreign),
    ):
        assert answer.status_code == 404
        assert ids_told(answer, ours) == []

    assert (ours.everything(), theirs.everything()) == before


def test_the_same_calls_open_for_their_own_organization(document, ours):
    """Without this the tests above would pass with every call broken."""
    for path, operation in calls(document):
        if operation["method"] == "get":
            answer = ours.desk.get(address(path, ours), a_query(operation, document))
            assert answer.status_code == 200, (path, answer.content)
            if path.count("/") == 1 and path.endswith("{id}"):
                assert ids_told(answer, ours), path
