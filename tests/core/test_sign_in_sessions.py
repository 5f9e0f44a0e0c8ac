"""A session over the API: its refresh tokens, and how it ends."""

from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from core.models import Event, RefreshToken, SignInSession
from core.tasks import forget_old_sign_ins
from tests.core.people import bearer, refresh, sign_in
from tests.rivals import rivals

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(client, nora):
    return sign_in(client, cookie=False).json()["data"]


def status_of(token, path="/api/auth/me"):
    return bearer(token).get(path).status_code


class TestRenewing:
    def test_a_refresh_token_is_good_once_for_the_next_pair(self, client, tokens):
        first = refresh(client, tokens["refreshToken"])

        assert first.status_code == 200
        renewed = first.json()["data"]
        assert sorted(renewed) == ["accessToken", "expiresIn", "refreshToken"]
        assert status_of(renewed["accessToken"]) == 200
        assert refresh(client, renewed["refreshToken"]).status_code == 200
        assert SignInSession.objects.count() == 1

    def test_a_spent_one_ends_the_session_for_whoever_has_the_others(self, client, nora, tokens):
        renewed = refresh(client, tokens["refreshToken"]).json()["data"]

        reused = refresh(client, tokens["refreshToken"])

        assert reused.status_code == 401
        assert reused.json()["error"]["message"] == (
            "This refresh token is not good. Sign in again."
        )
        assert reused["WWW-Authenticate"] == 'Bearer realm="Holdfast"'
        session = SignInSession.objects.get()
        assert session.end_reason == "REUSED"
        assert status_of(renewed["accessToken"]) == 401
        assert refresh(client, renewed["refreshToken"]).status_code == 401
        event = Event.objects.get(name="sign_in.reused")
        assert (event.subject_id, event.actor_id) == (nora.pk, None)
        assert event.data == {"session_id": str(session.pk)}

    def test_a_sign_in_that_is_not_used_for_a_week_is_over(self, client, nora, time_machine):
        start = timezone.now()
        time_machine.move_to(start)
        refresh_token = sign_in(client, cookie=False).json()["data"]["refreshToken"]
        time_machine.move_to(start + timedelta(days=7, seconds=1))

        assert refresh(client, refresh_token).status_code == 401
        assert SignInSession.objects.get().end_reason == ""
        forget_old_sign_ins()
        assert RefreshToken.objects.count() == 0
        assert SignInSession.objects.count() == 1

    @pytest.mark.parametrize("token", ["", "nothing", "ü" * 43, "x" * 201])
    def test_what_is_no_refresh_token_opens_nothing(self, client, tokens, token):
        assert refresh(client, token).status_code in (400, 401)
        assert RefreshToken.objects.get().spent_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_one_token_at_once_neither_stays_signed_in(client, nora):
    for _ in range(3):
        token = sign_in(client, cookie=False).json()["data"]["refreshToken"]
        with rivals(2) as at_once:
            answers = at_once(*[lambda token=token: refresh(client, token)] * 2)

        assert sorted(answer.status_code for answer in answers) == [200, 401]
        (renewed,) = [answer.json()["data"] for answer in answers if answer.status_code == 200]
        assert status_of(renewed["accessToken"]) == 401
    assert set(SignInSession.objects.values_list("end_reason", flat=True)) == {"REUSED"}


class TestTheCookie:
    OURS = {"Origin": "http://localhost:5173"}

    def test_it_is_out_of_reach_of_scripts_and_of_other_websites(self, client, nora):
        answer = sign_in(client, headers=self.OURS)

        assert "refreshToken" not in answer.json()["data"]
        cookie = answer.cookies["holdfast_refresh"]
        assert (cookie["path"], cookie["max-age"]) == ("/api/auth", 604_800)
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")

    def test_it_is_taken_from_an_allowed_origin_only(self, client, nora):
        sign_in(client, headers=self.OURS)

        assert refresh(client).status_code == 403
        assert refresh(client, headers={"Origin": "https://evil.example"}).status_code == 403
        answer = refresh(client, headers=self.OURS)
        assert answer.status_code == 200
        assert sorted(answer.json()["data"]) == ["accessToken", "expiresIn"]
        assert refresh(client, headers=self.OURS).status_code == 200

    def test_another_website_is_given_none(self, client, nora):
        assert sign_in(client, headers={"Origin": "https://evil.example"}).status_code == 403
        assert SignInSession.objects.count() == 0

    def test_signing_out_takes_it_away_and_ends_the_session(self, client, nora):
        token = sign_in(client, headers=self.OURS).json()["data"]["accessToken"]

        answer = client.post("/api/auth/logout", {}, "application/json", headers=self.OURS)

        assert answer.status_code == 200
        assert answer.cookies["holdfast_refresh"].value == ""
        assert SignInSession.objects.get().end_reason == "SIGNED_OUT"
        assert status_of(token) == 401


class TestEnding:
    def test_signing_out_ends_the_access_token_at_once_and_twice_is_a_401(
        self, tokens, django_capture_on_commit_callbacks
    ):
        me = bearer(tokens["accessToken"])
        assert me.get("/api/auth/me").status_code == 200  # and is remembered

        with django_capture_on_commit_callbacks(execute=True):
            assert me.post("/api/auth/logout").status_code == 200

        assert me.post("/api/auth/logout").status_code == 401
        assert Event.objects.get(name="sign_in.ended").data["reason"] == "SIGNED_OUT"

    def test_ones_sessions_are_listed_and_ended_from_elsewhere(self, client, nora, tokens):
        elsewhere = sign_in(client, cookie=False, headers={"User-Agent": "Telephone\x7f"})
        other = elsewhere.json()["data"]["accessToken"]
        me = bearer(tokens["accessToken"])

        listed = me.get("/api/auth/sessions").json()["data"]["sessions"]

        assert [(one["device"], one["current"]) for one in listed] == [
            ("Telephone", False),
            ("", True),
        ]
        assert me.delete(f"/api/auth/sessions/{listed[0]['id']}").status_code == 200
        assert [status_of(other), status_of(tokens["accessToken"])] == [401, 200]

    def test_all_others_are_ended_at_once(self, client, tokens):
        others = [sign_in(client, cookie=False).json()["data"]["accessToken"] for _ in range(2)]

        answer = bearer(tokens["accessToken"]).delete("/api/auth/sessions")

        assert answer.json()["data"] == {"ended": 2}
        assert [status_of(other) for other in others] == [401, 401]
        assert status_of(tokens["accessToken"]) == 200

    def test_nobody_ends_the_session_of_somebody_else(self, tokens, other_person):
        session = SignInSession.objects.get(user__email="nora@salon.example")

        assert other_person.delete(f"/api/auth/sessions/{session.pk}").status_code == 404
        assert status_of(tokens["accessToken"]) == 200

    def test_who_may_no_longer_come_in_is_out_when_the_memory_is(self, client, nora, tokens):
        nora.is_active = False
        nora.save()

        assert refresh(client, tokens["refreshToken"]).status_code == 401
        assert sign_in(client).status_code == 401


def forged(tokens, *, secret=None, algorithm="HS256", **changes):
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    key = None if algorithm == "none" else secret or settings.JWT_ACCESS_SECRET
    return jwt.encode(claims, key, algorithm=algorithm)


class TestBadTokens:
    def test_what_was_tampered_with_is_no_token(self, tokens, other_person):
        theirs = str(SignInSession.objects.get(user__email="olga@school.example").pk)
        head, body, mac = tokens["accessToken"].split(".")
        bad = {
            "another key": forged(tokens, secret="x" * 32),
            "another algorithm": forged(tokens, algorithm="HS512"),
            "no algorithm": forged(tokens, algorithm="none"),
            "over": forged(tokens, exp=int(timezone.now().timestamp()) - 1),
            "never over": forged(tokens, exp=None),
            "not yet": forged(tokens, nbf=int(timezone.now().timestamp()) + 60),
            "no session": forged(tokens, sid=None),
            "a session of somebody else": forged(tokens, sid=theirs),
            "no id": forged(tokens, sub="nora"),
            "cut": f"{head}.{body}.{mac[:-2]}",
            "empty": f"{head}..",
            "garbage": "eyJ.eyJ.eyJ",
        }

        answers = {what: status_of(token) for what, token in bad.items()}

        assert answers == dict.fromkeys(bad, 401)
        assert status_of(tokens["accessToken"]) == 200

    def test_a_token_in_the_address_is_none(self, client, tokens):
        address = f"/api/auth/me?access_token={tokens['accessToken']}"

        assert client.get(address).status_code == 401

    def test_a_refresh_token_is_no_access_token(self, tokens):
        assert status_of(tokens["refreshToken"]) == 401

    def test_a_person_counts_as_one_client_in_all_their_sessions(self, client, settings, tokens):
        settings.RATE_LIMIT_MAX_REQUESTS = 5
        other = sign_in(client, cookie=False).json()["data"]["accessToken"]

        used = [
            bearer(token).get("/api/auth/me")["X-RateLimit-Remaining"]
            for token in (tokens["accessToken"], other, other)
        ]

        assert used == ["4", "3", "2"]
