"""What wrong passwords cost, and that nobody learns from it who has an account."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Event, SignInGuard, SignInSession
from core.rates import PER_MINUTE, RateClass
from core.services import guarding
from tests.core.people import PASSWORD, sign_in
from tests.rivals import rivals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    """The rate limit of sign-ins has tests of its own."""
    monkeypatch.setitem(PER_MINUTE, RateClass.STANDARD, 10_000)


@pytest.fixture
def nine(time_machine):
    time_machine.move_to("2026-11-20T09:00:00Z", tick=False)
    return time_machine


def wrong(client, email="nora@salon.example", network="192.0.2.1"):
    body = {"email": email, "password": "a guess"}
    return client.post("/api/auth/login", body, "application/json", REMOTE_ADDR=network)


def test_after_five_wrong_passwords_each_further_one_costs_twice_the_wait(client, nora, nine):
    assert [wrong(client, network=f"192.0.2.{n}").status_code for n in range(5)] == [401] * 5

    waits = []
    for n in range(8):
        locked = wrong(client, network=f"198.51.100.{n}")
        assert locked.status_code == 429
        waits.append(int(locked["Retry-After"]))
        nine.shift(timedelta(seconds=waits[-1]))
        assert wrong(client, network=f"198.51.100.{n}").status_code == 401

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert Event.objects.filter(name="sign_in.failed").count() == 4
    assert Event.objects.filter(name="sign_in.locked").count() == 9
    assert SignInSession.objects.count() == 0


def test_while_a_wait_lasts_the_right_password_does_not_help_and_then_it_does(client, nora, nine):
    for _ in range(5):
        wrong(client)

    assert sign_in(client).status_code == 429
    nine.shift(timedelta(seconds=30))
    assert sign_in(client).status_code == 200
    assert [wrong(client).status_code for _ in range(4)] == [401] * 4
    assert sign_in(client).status_code == 200


def test_a_network_has_twenty_whatever_it_guesses_and_knows_one_of(client, nora, nine):
    for n in range(19):
        assert wrong(client, email=f"somebody{n}@salon.example").status_code == 401
    assert sign_in(client, REMOTE_ADDR="192.0.2.1").status_code == 200

    assert wrong(client, email="somebody20@salon.example").status_code == 401

    assert wrong(client, email="somebody21@salon.example").status_code == 429
    assert wrong(client, email="a@salon.example", network="192.0.2.2").status_code == 401


def test_the_answers_are_the_same_whether_or_not_there_is_such_an_account(client, nora, nine):
    def told(email, network):
        answers = [wrong(client, email, network) for _ in range(7)]
        return [(one.status_code, one.json()["error"]["message"]) for one in answers]

    known = told("NORA@salon.example ", "192.0.2.1")
    unknown = told("nobody@salon.example", "192.0.2.2")

    assert known == unknown
    assert known[0] == (401, "This e-mail address and this password do not go together.")
    assert known[5] == (429, "Too many attempts. Try again in 30 s.")
    assert set(Event.objects.values_list("subject_id", flat=True)) == {nora.pk}


def test_the_same_is_read_and_written_for_both(client, nora, nine):
    """Beside the password, which is hashed for both, that is what the time goes into."""

    def done(email, network):
        with CaptureQueriesContext(connection) as captured:
            assert wrong(client, email, network).status_code == 401
        verbs = [one["sql"].split()[0] for one in captured.captured_queries]
        return [verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE")]

    known = done("nora@salon.example", "192.0.2.1")

    assert known == ["INSERT", "SELECT", "UPDATE", "SELECT", "SELECT", "SELECT", "INSERT"]
    assert done("nobody@salon.example", "192.0.2.2") == known


def test_a_day_without_a_failure_forgets_them(client, nora, nine):
    for _ in range(4):
        wrong(client)
    nine.shift(timedelta(days=1, seconds=1))

    assert [wrong(client).status_code for _ in range(4)] == [401] * 4
    nine.shift(timedelta(days=1, seconds=1))
    guarding.forget_old_guards()
    assert SignInGuard.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_no_better_than_one_after_the_other(client, nora):
    with rivals(8) as at_once:
        answers = at_once(
            *[lambda n=n: wrong(client, network=f"192.0.2.{n}").status_code for n in range(8)]
        )

    assert sorted(answers) == [401] * 5 + [429] * 3


def test_no_address_is_written_where_failures_are_counted(client, nora):
    wrong(client)

    assert len(SignInGuard.objects.all()) == 2
    for row in SignInGuard.objects.all():
        assert len(bytes(row.index)) == 32
    assert PASSWORD not in str(list(Event.objects.values()))
    assert "nora@" not in str(list(Event.objects.values()))
