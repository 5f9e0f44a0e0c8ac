"""Staff who are limited to their own resources walk every call of the API with a colleague's ids.

The calls are those of the tenant walk. Each of the two worlds belongs to one resource of the same
organization.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.models import Membership
from tests.core.openapi_document import Document
from tests.core.people import PASSWORD, bearer, sign_in
from tests.factories import OrganizationFactory
from tests.house.colleagues import a_colleague, limited_to
from tests.house.test_tenant_walk import (
    IN_FIELD,
    a_body,
    a_query,
    address,
    calls,
    ids_in_body,
    ids_in_query,
    send,
)
from tests.house.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


@pytest.fixture
def theirs(clock, settings) -> World:
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000
    return a_colleague("Quendel", OrganizationFactory(name="Hill", slug="hill"))


@pytest.fixture
def mine(theirs) -> World:
    return a_colleague("Basil", theirs.organization)


@pytest.fixture
def me(mine) -> APIClient:
    return signed_in(limited_to(mine))


def signed_in(member: Membership) -> APIClient:
    member.user.set_password(PASSWORD)
    member.user.save()
    answer = sign_in(Client(), email=member.user.email, cookie=False)
    return bearer(answer.json()["data"]["accessToken"])


def told_of(answer: Any, theirs: World) -> set[str]:
    """Return what an answer tells of a colleague."""
    return theirs.told_in(answer.content.decode())


def test_no_call_opens_or_changes_what_is_a_colleagues(document, me, theirs, mine):
    before, absent = theirs.everything(), 0

    for path, operation in calls(document):
        if "{" not in path:
            continue
        answer = send(me, operation, address(path, theirs), a_body(operation, mine))
        assert answer.status_code in (403, 404), (operation["method"], path, answer.content)
        assert told_of(answer, theirs) == set(), path
        absent += answer.status_code == 404

    assert absent > 30
    assert theirs.everything() == before


def test_no_list_holds_what_is_a_colleagues(document, me, theirs, mine):
    read = 0
    for path, operation in calls(document):
        if operation["method"] == "get":
            answer = me.get(address(path, mine), a_query(operation, document))
            assert told_of(answer, theirs) == set(), path
            read += answer.status_code == 200

    assert read > 25


def test_no_colleagues_id_is_taken_in_a_body_or_a_query(document, me, theirs, mine):
    """Each id alone, beside others that are one's own: it is the one that is refused."""
    before, tried, taken = theirs.everything(), 0, []

    for path, operation in calls(document):
        body = a_query(operation, document) or a_body(operation, mine)
        for name in ids_in_query(operation, document) + ids_in_body(operation, document):
            if name in ("holdId", "subject"):
                continue  # it goes with its token; and an event outlives its subject
            sent = {**body, name: theirs.ids[IN_FIELD[name]]}
            answer = send(me, operation, address(path, mine), sent)
            if answer.status_code == 403:
                continue  # more than staff may do, whoever is meant
            refused = answer.status_code == 404 and answer.json()["error"]["details"]["fields"]
            if not refused or list(refused) != [name]:
                taken.append(f"{operation['operationId']} {name}: {answer.content.decode()}")
            tried += 1

    assert taken == []
    assert tried > 20
    assert theirs.everything() == before


def test_the_same_calls_open_what_is_ones_own(document, me, mine):
    """Without this the tests above would pass with every call broken."""
    opened = {
        path
        for path, operation in calls(document)
        if operation["method"] == "get"
        and me.get(address(path, mine), a_query(operation, document)).status_code == 200
    }

    assert {
        "bookings/{id}",
        "bookings/students/{id}",
        "bookings/tas/{id}",
        "bundles/{id}",
        "bundles/{id}/statement",
        "courses/{id}",
        "customers/{id}",
        "date-overrides/{id}",
        "events",
        "group-sessions/{id}",
        "group-sessions/{id}/attendees",
        "products/{id}",
        "reminder-rules/{id}",
        "resource-types/{id}",
        "resources/{id}",
        "schedules/{id}",
        "services/{id}",
        "time-off/{id}",
        "waitlist/{id}",
    } <= opened
