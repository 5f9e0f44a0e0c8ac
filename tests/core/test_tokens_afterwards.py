"""A good access token, after what it rests on is gone; and credentials where they do not belong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from bookings.models import Customer
from core import known_keys
from core.models import Event, Organization, RefreshToken, SignInSession, User
from tests.core.people import bearer, refresh, sign_in
from tests.factories import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

SOMEBODY = {"name": "Lea Lang", "email": "lea@example.com"}


@pytest.fixture
def tokens(client, nora):
    """Nora's, who has used them: her access token is remembered."""
    data = sign_in(client, cookie=False).json()["data"]
    assert bearer(data["accessToken"]).get("/api/bookings").status_code == 200
    return data


def nothing(nora: User) -> None:
    pass


def removed(nora: User) -> None:
    nora.delete()


def deactivated(nora: User) -> None:
    User.objects.filter(pk=nora.pk).update(is_active=False)


def no_member_any_more(nora: User) -> None:
    nora.memberships.all().delete()


def organization_closed(nora: User) -> None:
    Organization.objects.update(is_active=False)


def session_ended(nora: User) -> None:
    session = SignInSession.objects.get()
    session.revoked_at, session.end_reason = session.created_at, "REVOKED"
    session.save()


def session_over(nora: User) -> None:
    SignInSession.objects.update(ends_at=SignInSession.objects.get().created_at)
    RefreshToken.objects.update(expires_at=SignInSession.objects.get().created_at)


def wanted_second_factor(nora: User) -> None:
    Organization.objects.update(requires_second_factor=True)


# What happened -> the status of a read, of a write, of who one is, and of the next token.
AFTERWARDS: dict[Callable[[User], None], tuple[int, int, int, int]] = {
    nothing: (200, 201, 200, 200),
    removed: (401, 401, 401, 401),
    deactivated: (401, 401, 401, 401),
    session_ended: (401, 401, 401, 401),
    session_over: (401, 401, 401, 401),
    no_member_any_more: (403, 403, 200, 200),
    organization_closed: (403, 403, 200, 200),
    wanted_second_factor: (403, 403, 200, 200),
}


@pytest.mark.parametrize("what", AFTERWARDS, ids=lambda what: what.__name__)
def test_a_token_is_worth_what_it_rests_on(client, nora, tokens, what):
    what(nora)
    known_keys.forget_everywhere()  # as the services do after their commit
    me, happened = bearer(tokens["accessToken"]), Event.objects.count()

    found = (
        me.get("/api/bookings").status_code,
        me.post("/api/customers", SOMEBODY, format="json").status_code,
        me.get("/api/auth/me").status_code,
        refresh(client, tokens["refreshToken"]).status_code,
    )

    assert found == AFTERWARDS[what]
    is_let_in = found[1] == 201
    assert Customer.objects.count() == int(is_let_in)
    assert is_let_in or Event.objects.count() == happened


@pytest.mark.parametrize("slug", ["school", "nowhere", "salon "])
def test_a_token_opens_no_other_organization_by_naming_it(tokens, salon, slug):
    MembershipFactory(organization=OrganizationFactory(slug="school"))
    me = bearer(tokens["accessToken"])
    named = {"X-Organization": slug}

    read = me.get("/api/bookings", headers=named)
    wrote = me.post("/api/customers", SOMEBODY, format="json", headers=named)

    if slug.strip() == "salon":
        assert (read.status_code, wrote.status_code) == (200, 201)
        return
    for refused in (read, wrote):
        assert refused.status_code == 403
        assert refused.json()["error"]["message"] == "You do not work in this organization."
    assert Customer.objects.count() == 0


def test_who_is_in_the_console_is_nobody_over_the_api(nora):
    browser = Client()
    browser.force_login(nora)
    assert browser.get("/admin/").status_code == 200

    for path in ("/api/bookings", "/api/auth/me"):
        assert browser.get(path).status_code == 401
    assert browser.post("/api/customers", SOMEBODY, "application/json").status_code == 401
    assert Customer.objects.count() == 0


def test_a_spent_refresh_token_is_refused_each_time_it_is_shown(client, tokens):
    refresh(client, tokens["refreshToken"])

    replayed = [refresh(client, tokens["refreshToken"]) for _ in range(3)]

    assert [answer.status_code for answer in replayed] == [401] * 3
    assert len({answer.json()["error"]["message"] for answer in replayed}) == 1
    assert Event.objects.filter(name="sign_in.reused").count() == 1
    assert SignInSession.objects.get().end_reason == "REUSED"
