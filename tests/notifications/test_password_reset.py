"""Somebody who forgot their password gets a link by mail and sets a new one, once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Event, PasswordReset, SignInGuard, SignInSession
from core.password_links import password_reset_url
from core.rates import PER_MINUTE, RateClass
from notifications.models import Delivery
from tests.core.people import PASSWORD, sign_in, somebody
from tests.factories import OrganizationFactory, UserFactory
from tests.notifications.test_messages import text_of

pytestmark = pytest.mark.django_db(transaction=True)

NORA = "nora@salon.example"
NEW = "nine purple herons at dawn"
AT = "/api/auth/password/reset"


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    monkeypatch.setitem(PER_MINUTE, RateClass.STANDARD, 10_000)


@pytest.fixture
def nora(salon, clock):
    return somebody(salon, NORA, "Nora")


def ask(client, email=NORA):
    return client.post(AT, {"email": email}, "application/json")


def use(client, token, password=NEW):
    return client.post(AT, {"token": token, "password": password}, "application/json")


@pytest.fixture
def token(client, nora):
    ask(client)
    return password_reset_url(PasswordReset.objects.get()).rsplit("/", 1)[1]


def test_the_mail_leads_to_a_page_that_sets_a_new_password(nora, client, deliver, mail_server):
    browser = Client()
    sent = browser.post("/password/forgotten", {"email": " NORA@salon.example"})
    assert "If somebody signs in with this address" in sent.text
    deliver()

    assert mail_server.subjects_to(NORA) == ["New password for Salon Soleil"]
    text = " ".join(text_of(mail_server.to(NORA)[0]).split())
    assert "This link works once, until Tue 3 Nov, 09:00." in text
    link = re.search(r"(/password/reset/\S+)", text)[1]
    assert browser.get(link).status_code == 200
    weak = browser.post(link, {"password": "1234"})
    assert weak.status_code == 400
    done = browser.post(link, {"password": NEW})
    assert "Your password is changed." in done.text
    assert browser.get(link).status_code == 410
    assert sign_in(client, password=NEW).status_code == 200


def test_it_ends_all_sessions_every_link_and_a_wait_for_wrong_ones(client, nora, token):
    sign_in(client)
    for _ in range(5):
        sign_in(client, password="a guess")
    ask(client)
    newer = password_reset_url(PasswordReset.objects.order_by("-id")[0]).rsplit("/", 1)[1]

    assert use(client, newer).status_code == 200

    assert SignInSession.objects.get().end_reason == "PASSWORD"
    assert SignInGuard.objects.count() == 1  # the network's
    assert use(client, token).status_code == 404
    assert sign_in(client, password=PASSWORD).status_code == 401
    assert sign_in(client, password=NEW).status_code == 200
    assert Event.objects.filter(name="user.password_reset").count() == 1


def test_the_answer_is_the_same_if_nobody_has_the_address(client, nora, deliver, mail_server):
    known, unknown = ask(client), ask(client, "nobody@salon.example")

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.json() == unknown.json()
    deliver()
    assert [mail_server.subjects_to(NORA), len(mail_server.mails)] == [
        ["New password for Salon Soleil"],
        1,
    ]
    assert PasswordReset.objects.get().user == nora
    assert Event.objects.filter(name="password_reset.requested").count() == 1


def test_who_administers_the_installation_and_works_nowhere_is_sent_one_too(
    client, salon, deliver, mail_server
):
    OrganizationFactory(name="Younger", created_at=timezone.now() + timedelta(days=1))
    root = UserFactory(email="root@example.com", is_superuser=True)
    UserFactory(email="nowhere@example.com")

    assert ask(client, "root@example.com").status_code == 200
    assert ask(client, "nowhere@example.com").status_code == 200
    deliver()

    assert mail_server.subjects_to("root@example.com") == ["New password for Salon Soleil"]
    assert len(mail_server.mails) == 1
    token = password_reset_url(PasswordReset.objects.get()).rsplit("/", 1)[1]
    assert use(client, token).status_code == 200
    assert sign_in(client, "root@example.com", NEW).status_code == 200
    root.refresh_from_db()
    assert root.check_password(NEW)


def test_a_mailbox_is_not_flooded(client, nora):
    for _ in range(5):
        assert ask(client).status_code == 200

    assert PasswordReset.objects.count() == 3


def test_a_link_is_over_after_an_hour_and_another_one_is_none(client, nora, token, clock):
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert [use(client, text).status_code for text in (other, "nothing")] == [404, 404]
    assert use(client, token, "1234").status_code == 400
    clock.shift(timedelta(hours=1, seconds=1))

    over = use(client, token)

    assert over.status_code == 404
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)


def test_a_mail_that_comes_too_late_is_not_sent(client, token, relay, deliver, mail_server):
    relay()
    use(client, token)
    deliver()

    assert mail_server.mails == []
    assert Delivery.objects.get().drop_reason == "LINK_OVER"


@pytest.mark.parametrize(
    "body", [{}, {"token": "x"}, {"email": NORA, "token": "x", "password": NEW}]
)
def test_one_says_the_address_or_the_token_and_the_password(client, nora, body):
    assert client.post(AT, body, "application/json").status_code == 400
    assert PasswordReset.objects.count() == 0
