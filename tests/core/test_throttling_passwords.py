"""How often a password may be guessed, and what happens when nobody can count."""

import pytest
import structlog
from django.contrib.auth.hashers import make_password

from core.redis import watch
from tests.core.asking import ask, left, make
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.doors")]


@pytest.fixture(autouse=True)
def _three_a_minute(settings, servers, time_machine):
    settings.RATE_LIMIT_MAX_REQUESTS = 3
    time_machine.move_to("2026-11-20T09:00:00Z", tick=False)


@pytest.fixture
def till(salon):
    return make(salon)


class TestSigningInToTheConsole:
    def sign_in(self, client, account, address="192.0.2.1"):
        fields = {"username": account, "password": "wrong"}
        return client.post("/admin/login/", fields, REMOTE_ADDR=address).status_code

    def test_an_address_has_ten_attempts_a_minute(self, client):
        attempts = [self.sign_in(client, f"{n}@salon.example") for n in range(11)]

        assert attempts == [200] * 10 + [429]
        assert self.sign_in(client, "0@salon.example", "192.0.2.2") == 200

    def test_an_account_has_ten_attempts_a_minute_from_wherever_they_come(self, client):
        spellings = ["Anna@salon.example", " anna@SALON.example "]
        attempts = [
            self.sign_in(client, spellings[n % 2], address=f"192.0.2.{n}") for n in range(11)
        ]

        assert attempts == [200] * 10 + [429]
        assert self.sign_in(client, "ben@salon.example", "192.0.2.99") == 200

    def test_changing_a_password_asks_for_the_old_one_as_seldom(self, client):
        client.force_login(UserFactory(is_superuser=True))
        fields = {"old_password": "a guess"}

        attempts = [
            client.post("/admin/password_change/", fields, REMOTE_ADDR=f"192.0.2.{n}").status_code
            for n in range(11)
        ]

        assert attempts == [200] * 10 + [429]

    def test_looking_at_the_page_is_no_attempt(self, client):
        assert {client.get("/admin/login/").status_code for _ in range(12)} == {200}


class TestWithoutRedis:
    @pytest.fixture(autouse=True)
    def _gone(self, redis_is_gone):
        pass

    def test_the_api_goes_on_and_its_answers_still_name_the_limit(self, client, till):
        answers = [ask(client, till) for _ in range(5)]

        assert [answer.status_code for answer in answers] == [200] * 5
        assert {answer["X-RateLimit-Remaining"] for answer in answers} == {"3"}
        assert 1 <= int(answers[0]["X-RateLimit-Reset"]) <= 61

    def test_one_line_says_so_and_not_one_per_request(self, client, till):
        with structlog.testing.capture_logs() as lines:
            for _ in range(5):
                ask(client, till)

        assert [line["log_level"] for line in lines if "Redis is away" in line["event"]] == [
            "warning"
        ]

    @pytest.mark.parametrize("path", ["/api/password", "/api/export"])
    def test_what_guards_a_password_or_a_heavy_load_is_refused(self, client, till, path):
        refused = ask(client, till, path)

        assert (refused.status_code, refused["Retry-After"]) == (503, "5")
        assert refused.json()["error"]["errorCode"] == "DATABASE_ERROR"

    def test_nobody_signs_in_to_the_console(self, client):
        UserFactory(email="anna@salon.example", password=make_password("a password"))
        fields = {"username": "anna@salon.example", "password": "a password"}

        refused = client.post("/admin/login/", fields)

        assert (refused.status_code, refused["Retry-After"]) == (503, "5")

    def test_the_lenient_class_lets_through(self, client, till):
        assert ask(client, till, "/api/list").status_code == 200


def test_once_redis_is_back_it_counts_again_and_a_line_says_so(client, till, servers):
    servers.redis.stop()
    ask(client, till)
    servers.use_redis()
    watch._silent_until = 0.0  # two seconds later

    with structlog.testing.capture_logs() as lines:
        assert left(ask(client, till)) == 2

    assert "Redis answers again" in [line["event"] for line in lines]
