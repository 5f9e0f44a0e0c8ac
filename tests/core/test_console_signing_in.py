"""Signing in to the console, where one is signed in, and changing one's password."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from core.models import Event, SignInSession
from core.rates import PER_MINUTE, RateClass
from tests.core.people import PASSWORD, bearer, sign_in

pytestmark = pytest.mark.django_db
NEW = "nine purple herons at dawn"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    monkeypatch.setitem(PER_MINUTE, RateClass.STANDARD, 10_000)


def enter(browser, password=PASSWORD, email="nora@salon.example", **more):
    fields = {"username": email, "password": password}
    return browser.post("/admin/login/", fields, **more)


@pytest.fixture
def browser(nora):
    browser = Client(headers={"User-Agent": FIREFOX})
    assert enter(browser).status_code == 302
    return browser


def is_in(browser):
    return browser.get("/admin/account/").status_code == 200


def test_signing_in_is_a_session_and_an_event(browser, salon, nora):
    session = SignInSession.objects.get()

    assert (session.user, session.kind, session.network) == (nora, "CONSOLE", "127.0.0.1")
    event = Event.objects.get(name="sign_in.succeeded")
    assert (event.organization_id, event.subject_id) == (salon.pk, nora.pk)
    assert event.data == {"session_id": str(session.pk), "kind": "CONSOLE"}


def test_wrong_passwords_count_for_console_and_api_together(client, nora, time_machine):
    time_machine.move_to("2026-11-20T09:00:00Z", tick=False)
    answers = [enter(client, "a guess") for _ in range(3)]
    assert all("Please enter the correct" in answer.text for answer in answers)
    assert [sign_in(client, password="a guess").status_code for _ in range(2)] == [401, 401]

    locked = enter(client)

    assert "Too many attempts. Try again in 30 s." in locked.text
    time_machine.shift(timedelta(seconds=30))
    assert enter(client).status_code == 302


def test_the_operator_lets_somebody_in_again(client, nora):
    for _ in range(5):
        enter(client, "a guess")
    assert enter(client).status_code == 200

    said = StringIO()
    call_command("unlock_sign_in", "--email", "Nora@salon.example", stdout=said)

    assert said.getvalue() == "Unlocked.\n"
    assert enter(client).status_code == 302


def test_a_session_of_the_console_is_ended_from_elsewhere(client, browser):
    token = sign_in(client, cookie=False).json()["data"]["accessToken"]
    listed = bearer(token).get("/api/auth/sessions").json()["data"]["sessions"]
    assert [one["kind"] for one in listed] == ["API", "CONSOLE"]

    bearer(token).delete(f"/api/auth/sessions/{listed[1]['id']}")

    from core import known_keys

    known_keys.forget_everywhere()  # as it is done after the commit
    answer = browser.get("/admin/account/")
    assert (answer.status_code, answer.url) == (302, "/admin/login/?next=/admin/account/")


def test_signing_out_ends_it(browser):
    browser.post("/admin/logout/")

    assert SignInSession.objects.get().end_reason == "SIGNED_OUT"
    assert not is_in(browser)


class TestTheAccountPage:
    def test_it_says_where_one_is_signed_in_and_signs_out_there(self, client, browser):
        token = sign_in(client, cookie=False).json()["data"]["accessToken"]

        page = browser.get("/admin/account/").text

        assert "Firefox on Linux" in page
        assert "you are here" in page
        other = SignInSession.objects.get(kind="API")
        assert browser.post("/admin/account/", {"session": other.pk}).status_code == 302
        assert bearer(token).get("/api/auth/me").status_code == 401
        assert is_in(browser)

    def test_of_where_nothing_is_known_nothing_stands_there(self, browser):
        SignInSession.objects.update(network="")

        assert "Console · last used" in browser.get("/admin/account/").text

    def test_everywhere_else_is_one_button(self, client, browser, nora):
        enter(Client())
        sign_in(client)

        browser.post("/admin/account/", {"session": "others"})

        assert SignInSession.objects.filter(revoked_at=None).count() == 1
        assert is_in(browser)

    def test_nobody_ends_the_session_of_somebody_else(self, browser, other_person):
        theirs = SignInSession.objects.get(user__email="olga@school.example")

        answers = [
            browser.post("/admin/account/", {"session": text}).status_code
            for text in (theirs.pk, "nothing")
        ]

        assert answers == [404, 404]
        assert other_person.get("/api/auth/me").status_code == 200


class TestChangingThePassword:
    def change(self, browser, old=PASSWORD, new=NEW):
        fields = {"old_password": old, "new_password1": new, "new_password2": new}
        return browser.post("/admin/password_change/", fields)

    def test_in_the_console_it_signs_out_everywhere_else(self, client, browser, nora):
        sign_in(client)

        assert self.change(browser).status_code == 302

        nora.refresh_from_db()
        assert nora.check_password(NEW)
        ended = SignInSession.objects.exclude(revoked_at=None)
        assert [(one.kind, one.end_reason) for one in ended] == [("API", "PASSWORD")]
        assert is_in(browser)
        assert Event.objects.filter(name="user.password_changed").count() == 1

    def test_a_wrong_one_changes_nothing_and_counts(self, browser, nora):
        answers = [self.change(browser, old="a guess") for _ in range(6)]

        assert "This is not your password." in answers[0].text
        assert "Too many attempts" in answers[5].text
        nora.refresh_from_db()
        assert nora.check_password(PASSWORD)

    def test_over_the_api_too(self, client, browser, nora):
        token = sign_in(client, cookie=False).json()["data"]["accessToken"]
        me = bearer(token)

        weak = me.post("/api/auth/password/change", {"password": PASSWORD, "newPassword": "1234"})
        wrong = me.post("/api/auth/password/change", {"password": "a guess", "newPassword": NEW})
        good = me.post("/api/auth/password/change", {"password": PASSWORD, "newPassword": NEW})

        assert [one.status_code for one in (weak, wrong, good)] == [400, 400, 200]
        assert list(weak.json()["error"]["details"]["fields"]) == ["newPassword"]
        assert wrong.json()["error"]["details"]["fields"] == {
            "password": ["This is not your password."]
        }
        assert me.get("/api/auth/me").status_code == 200
        assert not is_in(browser)
        assert sign_in(client, password=NEW).status_code == 200
