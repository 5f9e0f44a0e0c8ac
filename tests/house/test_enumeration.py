"""Nobody learns by asking who has an account, books here, or has a link.

Each case is asked twice, about somebody who is there and about nobody: the status, the words
and the headers are the same, and so is the work, in statements and in passwords hashed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.selectors.manage import PURPOSE as MANAGE
from bookings.selectors.own_view import OPENS
from bookings.selectors.waitlist import PURPOSE as WAITLIST
from bookings.services.customer_link import send_link
from core.access import Caller, Role
from core.ids import uuid7
from core.invitations import PURPOSE as INVITATION
from core.links import make_link_token
from core.models import ApiKey, PasswordReset
from core.password_links import PURPOSE as RESET
from core.rates import PER_MINUTE, RateClass
from core.services.invitation import invite
from tests.cast import a_key
from tests.core.people import PASSWORD, somebody
from tests.factories import MembershipFactory, OrganizationFactory, ResourceFactory, UserFactory
from tests.house.hashing import CountingHasher

pytestmark = pytest.mark.django_db
JSON = "application/json"
NOBODY = "nobody@example.com"
# Different in any two answers.
UNIQUE = [
    r'"(requestId|timestamp|id|expiresAt)": ?"[^"]*"',
    r'name="csrfmiddlewaretoken" value="\w+"',
]
# The text is compared without what was asked about; a clock runs, and who asks is counted.
UNIQUE_HEADERS = {
    "Content-Length",
    "Expires",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
}
networks = count(1)


@dataclass(frozen=True)
class Told:
    """What whoever asks can see and measure."""

    status: int
    text: str
    headers: dict[str, str]
    cookies: list[str]
    statements: list[str]
    hashed: int


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings, monkeypatch):
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.CountingHasher"]
    for rate_class in (RateClass.STANDARD, RateClass.LENIENT):
        monkeypatch.setitem(PER_MINUTE, rate_class, 10_000)


@pytest.fixture
def people(salon, clock):
    """One of each kind of account that could be told from none, by what it is."""
    staff = somebody(salon, "staff@salon.example", "Stella", Role.STAFF)
    gone = somebody(salon, "gone@salon.example", "Gerd")
    gone.is_active = False
    gone.save()
    guarded = somebody(salon, "guarded@salon.example", "Gudrun")
    guarded.otp_secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    guarded.otp_confirmed_at = timezone.now()
    guarded.save()
    flooded = somebody(salon, "flooded@salon.example", "Flora")
    for _ in range(3):
        PasswordReset.objects.create(organization=salon, user=flooded, expires_at=timezone.now())
    nowhere = UserFactory(email="nowhere@salon.example")
    root = UserFactory(email="root@salon.example", is_superuser=True)
    two = somebody(salon, "two@salon.example", "Theo")
    MembershipFactory(organization=OrganizationFactory(slug="school"), user=two)
    for user in (nowhere, root):
        user.set_password(PASSWORD)
        user.save()
    unusable = MembershipFactory(
        organization=salon, user=UserFactory(email="unusable@salon.example")
    ).user
    unusable.set_unusable_password()
    unusable.save()
    return [one.email for one in (staff, gone, guarded, flooded, nowhere, root, two, unusable)]


def told(ask: Callable[[Client], Any], *hidden: str) -> Told:
    """Ask from a network of one's own; `hidden` is what was asked about, which may be repeated."""
    client = Client(REMOTE_ADDR=f"198.51.100.{next(networks)}")
    before = CountingHasher.hashed
    with CaptureQueriesContext(connection) as captured:
        answer = ask(client)
    text = answer.content.decode()
    for secret in hidden:
        text = text.replace(secret, "…")
    for pattern in UNIQUE:
        text = re.sub(pattern, "…", text)
    return Told(
        status=answer.status_code,
        text=text,
        headers={k: v for k, v in answer.headers.items() if k not in UNIQUE_HEADERS},
        cookies=sorted(answer.cookies),
        statements=[_kind(one["sql"]) for one in captured.captured_queries],
        hashed=CountingHasher.hashed - before,
    )


def _kind(sql: str) -> str:
    """Return what a statement does: inserts one or several rows, ends a savepoint either way."""
    verb = sql.split(maxsplit=1)[0]
    return {"RELEASE": "END", "ROLLBACK": "END", "WITH": "INSERT"}.get(verb, verb)


def post(path: str, *, as_form: bool = False, **body: str) -> Callable[[Client], Any]:
    if as_form:
        return lambda client: client.post(path, body)
    return lambda client: client.post(path, body, JSON)


# What is asked with an address: the case, and how often a password is hashed in it.
BY_ADDRESS: dict[str, tuple[Callable[[str], Callable[[Client], Any]], int]] = {
    "signing in": (
        lambda email: post("/api/auth/login", email=email, password="a guess"),
        1,
    ),
    "signing in with a code": (
        lambda email: post("/api/auth/login", email=email, password="a guess", otp="123456"),
        1,
    ),
    "signing in to the console": (
        lambda email: post("/admin/login/", as_form=True, username=email, password="a guess"),
        1,
    ),
    "a forgotten password": (lambda email: post("/api/auth/password/reset", email=email), 0),
    "a forgotten password, on its page": (
        lambda email: post("/password/forgotten", as_form=True, email=email),
        0,
    ),
}


@pytest.mark.parametrize("case", BY_ADDRESS)
def test_nobody_learns_who_has_an_account(case, people, salon):
    ask, hashed = BY_ADDRESS[case]
    nobody = told(ask(NOBODY), NOBODY)

    assert nobody.hashed == hashed
    assert len(nobody.statements) > 5
    for email in people:
        assert told(ask(email), email) == nobody, email


def test_the_right_password_of_who_may_not_come_in_is_a_wrong_one(people, salon):
    ask = BY_ADDRESS["signing in"][0]

    def right(email: str) -> Callable[[Client], Any]:
        return post("/api/auth/login", email=email, password=PASSWORD)

    assert told(right("gone@salon.example")) == told(ask(NOBODY))


def test_whoever_invites_does_not_learn_who_has_an_account_elsewhere(salon, people):
    headers = {"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET)}
    there = MembershipFactory(organization=OrganizationFactory()).user.email

    def ask(email: str) -> Callable[[Client], Any]:
        body = {"email": email, "role": "STAFF"}
        return lambda client: client.post("/api/invitations", body, JSON, headers=headers)

    told(ask("first@example.com"))  # from here on the key is known
    nobody = told(ask(NOBODY), NOBODY)

    assert nobody.status == 201
    assert told(ask(there), there) == nobody


def test_nobody_learns_who_books_here(salon, lea, clock):
    def ask(email: str) -> Callable[[Client], Any]:
        return post("/my/salon", as_form=True, email=email)

    nobody = told(ask(NOBODY))

    assert nobody.status == 302
    assert told(ask(lea.email)) == nobody


LINKS = {
    "a booking": (MANAGE, ["/api/manage/{}", "/api/manage/{}/availability", "/manage/{}"]),
    "a place in the line": (WAITLIST, ["/api/waitlist/offers/{}", "/waitlist/{}"]),
    "everything of one's own": (OPENS, ["/my/open/{}"]),
    "a calendar": ("feed.resource", ["/feeds/{}.ics"]),
    "an invitation": (INVITATION, ["/invitation/{}"]),
    "a new password": (RESET, ["/password/reset/{}"]),
}


@pytest.mark.parametrize("what", LINKS)
def test_nobody_learns_whether_a_link_was_nearly_right(what, salon, book, wait, lea, staff):
    """Guessed: the id of a row that is there, of one that is not, and a link that was replaced."""
    rows = {
        "a booking": book,
        "a place in the line": lambda: wait("Lea"),
        "everything of one's own": lambda: send_link(lea, caller=staff),
        "a calendar": lambda: ResourceFactory(organization=salon, feed_generation=1),
        "an invitation": lambda: invite(
            organization=salon,
            email="d@salon.example",
            role=Role.STAFF,
            caller=Caller.command(salon.pk),
        ),
        "a new password": lambda: PasswordReset.objects.create(
            organization=salon, user=UserFactory(), expires_at=timezone.now()
        ),
    }
    if what == "a place in the line":
        book()
    row = rows[what]()
    purpose, paths = LINKS[what]
    absent = make_link_token(purpose, uuid7(), 1)
    wrong = [make_link_token(purpose, row.pk, 99), make_link_token("other", row.pk, 1)]

    for path in paths:
        nothing = told(_get(path.format(absent)), absent)
        assert nothing.status == 404
        assert nothing.statements == ["SELECT"] * (2 if what == "a calendar" else 1)
        for token in wrong:
            assert told(_get(path.format(token)), token) == nothing, path
        real = 0 if what == "a place in the line" else 1
        opened = told(_get(path.format(make_link_token(purpose, row.pk, real))))
        assert opened.status != 404, path


@pytest.mark.parametrize("what", ["an invitation", "a new password"])
def test_who_sends_a_link_that_was_nearly_right_learns_no_more(what, salon, clock):
    """And no password is hashed for it."""
    caller = Caller.command(salon.pk)
    email = "d@salon.example"
    if what == "an invitation":
        row = invite(organization=salon, email=email, role=Role.STAFF, caller=caller)
    else:
        ends_at = timezone.now() + timedelta(hours=1)
        user = UserFactory(email=email)
        row = PasswordReset.objects.create(organization=salon, user=user, expires_at=ends_at)
    purpose = LINKS[what][0]

    def ask(token: str) -> Callable[[Client], Any]:
        if what == "an invitation":
            return post(f"/api/invitations/{token}/accept", name="D", password=PASSWORD)
        return post("/api/auth/password/reset", token=token, password=PASSWORD)

    nothing = told(ask(make_link_token(purpose, uuid7(), 1)))
    assert (nothing.status, nothing.statements, nothing.hashed) == (404, ["SELECT"], 0)
    for token in (make_link_token(purpose, row.pk, 99), make_link_token("other", row.pk, 1)):
        assert told(ask(token)) == nothing
    good = told(ask(make_link_token(purpose, row.pk, 1)))
    assert (good.status in (200, 201), good.hashed) == (True, 1)


def _get(path: str) -> Callable[[Client], Any]:
    return lambda client: client.get(path)
