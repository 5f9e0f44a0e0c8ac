"""Who may call what: every route of the API, asked by everybody, against permissions.txt.

The table says which status each gets who sends an empty body and ids of nothing: 401 and 403
are refusals, anything else is let in (400: the body is empty; 404: there is no such row).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from core.access import PUBLISHABLE_SCOPES, SCOPES_OF_ROLE, Caller, CallerKind, Role
from core.api.viewsets import TenantViewSet
from core.models import ApiKey, SignInSession
from core.tokens import make_access_token
from tests.cast import a_key
from tests.factories import MembershipFactory
from tests.house.test_tenant_wall import api_routes

TABLE = Path(__file__).parent / "permissions.txt"
LIMITED = ["bookings:read"]
WHO = [*(role.value for role in Role), "secret", "limited", "publishable", "anonymous"]
SOME_ID = "01a1f90c-32de-7306-bd10-4ca72e14c6d3"
Row = tuple[str, str]  # the method and the path, with {} for what is named in it


def routes() -> Iterator[tuple[Row, object]]:
    """Return each call of the API, in the order of the table, with what answers it."""
    found: dict[Row, object] = {}
    for pattern, callback in api_routes():
        path = re.sub(r"\(\?P<\w+>.*?\+\)|<\w+:\w+>", "{}", pattern).replace("\\.", ".")
        path = path.rstrip("$?/") or "/"
        if "format" in pattern:
            continue
        actions = getattr(callback, "actions", None)
        methods = actions or (["post"] if path.startswith("webhooks") else ["get"])
        for method in methods:
            if method != "head":
                found[method.upper(), path] = callback
    yield from sorted(found.items(), key=lambda one: (one[0][1], one[0][0]))


def table() -> dict[Row, dict[str, str]]:
    """Return the statuses of each line, by who asks."""
    lines = TABLE.read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    head, *rest = rows
    assert head[2:] == WHO
    return {(row[0], row[1]): dict(zip(WHO, row[2:], strict=True)) for row in rest}


def scope_wanted(row: Row, callback: object) -> str | None:
    """Return the scope that the view names; None where it is not scopes that count."""
    view = getattr(callback, "cls", None)
    is_tenants = view is not None and issubclass(view, TenantViewSet)
    if not is_tenants or view.is_opened_by_link:
        return None
    verb = "read" if row[0] == "GET" else "write"
    action = callback.actions[row[0].lower()]  # type: ignore[attr-defined]
    return str(view.scopes.get(action, f"{getattr(view, 'scope', '')}:{verb}"))


@pytest.fixture
def client_of(salon) -> Callable[[str], APIClient]:
    """Make a client for somebody of the table; a person's has just signed in."""
    people = {role.value: MembershipFactory(organization=salon, role=role).user for role in Role}
    keys = {
        "secret": a_key(salon, kind=ApiKey.Kind.SECRET),
        "limited": a_key(salon, kind=ApiKey.Kind.SECRET, scopes=LIMITED),
        "publishable": a_key(salon, kind=ApiKey.Kind.PUBLISHABLE),
    }

    def client_of(who: str) -> APIClient:
        if who in keys:
            return APIClient(headers={"X-API-Key": keys[who]})
        if who not in people:
            return APIClient()
        now = timezone.now()
        session = SignInSession.objects.create(
            user=people[who],
            kind=SignInSession.Kind.API,
            last_used_at=now,
            ends_at=now + timedelta(days=1),
        )
        token = make_access_token(user_id=people[who].pk, session_id=session.pk)
        return APIClient(headers={"Authorization": f"Bearer {token}"})

    return client_of


def test_every_route_has_its_line_and_every_line_its_route():
    assert [row for row, _ in routes()] == list(table())


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_what_the_table_says(who, client_of, redis):
    found = {}
    client = client_of(who)
    for (method, path), _callback in routes():
        redis.flushall()  # nobody is told to come back later
        if path.startswith("auth/"):  # may end the session that asks
            client = client_of(who)
        address = f"/api/{path.format(*[SOME_ID] * path.count('{}'))}".rstrip("/")
        body = {} if method == "GET" else {"data": {}, "format": "json"}
        answer = getattr(client, method.lower())(address, **body)
        found[method, path] = str(answer.status_code)

    expected = {row: statuses[who] for row, statuses in table().items()}
    assert found == expected


def test_the_table_lets_in_whoever_has_the_scope_and_nobody_else():
    """The statuses above could be copied from a mistake; these follow from the roles."""
    scopes = {
        **{role.value: SCOPES_OF_ROLE[role] for role in Role},
        "secret": frozenset({"*"}),
        "limited": frozenset(LIMITED),
        "publishable": PUBLISHABLE_SCOPES,
    }
    callers = {
        who: Caller(CallerKind.KEY, UUID(SOME_ID), scopes=held) for who, held in scopes.items()
    }
    lines = table()
    checked = 0
    for row, callback in routes():
        if (scope := scope_wanted(row, callback)) is None:
            continue
        for who, caller in callers.items():
            refused = lines[row][who] in ("401", "403")
            assert refused != caller.may(scope), (row, who, scope)
        assert lines[row]["anonymous"] == "401", row
        checked += 1
    assert checked > 80
