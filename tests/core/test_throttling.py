from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from django_ratelimit.core import get_usage

from core import known_keys
from core.access import Caller
from core.proxies import networks
from core.services.api_key import revoke_api_key
from tests.core.asking import ask, left, make

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.doors")]

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _three_a_minute(settings, redis, time_machine):
    settings.RATE_LIMIT_MAX_REQUESTS = 3
    time_machine.move_to(NINE, tick=False)


@pytest.fixture
def till(salon):
    return make(salon)


def test_every_answer_says_what_is_left_of_the_limit_and_when_it_is_full_again(client, till):
    response = ask(client, till)

    assert response["X-RateLimit-Limit"] == "3"
    assert response["X-RateLimit-Remaining"] == "2"
    assert 1 <= int(response["X-RateLimit-Reset"]) <= 61


@pytest.mark.parametrize("path", ["/api/books", "/api/nowhere", "/api/v1/me", "/api/me/"])
def test_errors_and_every_spelling_of_a_path_are_counted(client, path):
    response = ask(client, path=path)

    assert (left(response), response["API-Version"]) == (2, "1")


def test_the_fourth_request_is_refused_until_the_time_it_is_told(client, till, time_machine):
    assert [ask(client, till).status_code for _ in range(3)] == [200, 200, 200]

    refused = ask(client, till)

    assert refused.status_code == 429
    assert refused.json()["error"]["errorCode"] == "RATE_LIMITED"
    assert refused["X-RateLimit-Remaining"] == "0"
    assert refused["Retry-After"] == refused["X-RateLimit-Reset"]
    assert refused["API-Version"] == "1"
    wait = int(refused["Retry-After"])
    time_machine.move_to(NINE + timedelta(seconds=wait - 1), tick=False)
    assert ask(client, till).status_code == 429
    time_machine.move_to(NINE + timedelta(seconds=wait), tick=False)
    assert ask(client, till).status_code == 200


def test_a_good_key_counts_against_itself_and_not_against_its_address(client, salon):
    keys = [make(salon, name) for name in ("till", "website", "phone")]

    for _ in range(3):
        assert [ask(client, key).status_code for key in keys] == [200, 200, 200]
        known_keys.forget()  # as ten seconds and other processes do

    assert ask(client).status_code == 200
    assert [ask(client, key).status_code for key in keys] == [429, 429, 429]


def test_a_key_with_a_limit_of_its_own_is_held_to_that_one(client, salon):
    generous, strict = make(salon, requests_per_minute=5), make(salon, requests_per_minute=1)

    assert [ask(client, generous).status_code for _ in range(6)] == [200] * 5 + [429]
    assert [ask(client, strict).status_code for _ in range(2)] == [200, 429]
    assert ask(client, strict)["X-RateLimit-Limit"] == "1"
    assert left(ask(client)) == 2  # their address got back what it was counted


def test_wrong_keys_count_against_the_address_before_the_database_is_asked(
    client, django_assert_num_queries
):
    wrong = [(None, f"sk_{number:064}") for number in range(4)]

    assert [ask(client, key).status_code for key in wrong[:3]] == [401, 401, 401]
    with django_assert_num_queries(0):
        assert ask(client, wrong[3]).status_code == 429


def test_a_key_that_nobody_knows_yet_waits_when_its_address_asked_too_much(client, till):
    for _ in range(3):
        ask(client)

    assert ask(client, till).status_code == 429


def test_a_known_key_is_let_in_from_an_address_that_asked_too_much(client, till):
    ask(client, till)
    for _ in range(4):
        ask(client)

    assert ask(client, till).status_code == 200


def test_addresses_are_counted_apart(client):
    assert [ask(client).status_code for _ in range(4)][-1] == 429

    assert ask(client, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_the_addresses_of_one_ipv6_network_are_one_client(client):
    for host in range(3):
        ask(client, REMOTE_ADDR=f"2001:db8:1:2::{host}")

    assert ask(client, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert ask(client, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_only_a_trusted_proxy_says_who_the_client_is(client, settings):
    def ask_as(address):
        return client.get("/api/me", headers={"X-Forwarded-For": address})

    assert [ask_as(f"198.51.100.{n}").status_code for n in range(4)] == [200, 200, 200, 429]
    settings.TRUSTED_PROXIES = networks(["127.0.0.1"])
    assert [ask_as(f"198.51.100.{n}").status_code for n in range(4)] == [200, 200, 200, 200]


def test_the_counters_are_those_of_django_ratelimit(client, till):
    for _ in range(2):
        ask(client, till)

    usage = get_usage(
        RequestFactory().get("/"),
        group="default",
        key=lambda *_: f"key:{till[0].pk}",
        rate=(3, 60),
    )

    assert (usage["count"], usage["limit"], usage["should_limit"]) == (2, 3, False)


def test_counting_takes_one_round_trip_that_also_asks_for_revoked_keys(client, till, redis):
    ask(client, till)
    before = redis.info("commandstats")["cmdstat_evalsha"]["calls"]

    ask(client, till)

    stats = redis.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] - before == 1
    assert redis.ttl(next(redis.scan_iter("holdfast:*rl:*"))) > 0


def test_a_revoked_key_is_refused_by_every_process_at_its_next_request(
    client, salon, till, django_capture_on_commit_callbacks
):
    assert ask(client, till).status_code == 200
    remembered = known_keys.recall(known_keys.digest_of(till[1]))
    with django_capture_on_commit_callbacks(execute=True):
        revoke_api_key(key=till[0], caller=Caller.command(salon.pk))
    assert remembered
    known_keys._known[known_keys.digest_of(till[1])] = remembered  # another process does

    assert ask(client, till).status_code == 401


def test_whoever_watches_is_never_refused(client):
    answers = [client.get("/api/health") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert "X-RateLimit-Limit" not in answers[0]


def test_pages_are_not_counted(client):
    assert [client.get("/page").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("path", "limit"), [("/api/export", 3), ("/api/password", 10), ("/api/list", 60)]
)
def test_dearer_calls_have_a_limit_of_their_own_beside_the_other(
    client, settings, till, path, limit
):
    settings.RATE_LIMIT_MAX_REQUESTS = 100

    answers = [ask(client, till, path) for _ in range(limit + 1)]

    assert [answer.status_code for answer in answers] == [200] * limit + [429]
    assert answers[0]["X-RateLimit-Limit"] == str(limit)
    assert left(answers[0]) == limit - 1
    assert left(ask(client, till)) == 100 - limit - 2
