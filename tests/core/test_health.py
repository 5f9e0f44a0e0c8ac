import logging
import re
import socket
import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.urls import include, re_path
from django.utils import timezone

from core import __version__
from core.access import Caller
from core.health import checks as health_checks
from core.health import draining, urls, views
from core.health.checks import Checks, Failing, checks
from core.health.database import NoAnswer, ask, select_one
from core.models import ApiKey, Event, Outbox
from core.services.api_key import create_api_key
from tests.core.log_lines import log_lines

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [*urls.urlpatterns, re_path(r"^api/(?:v1/)?", include(urls.api_urlpatterns))]

TOKEN = "a-token-of-at-least-32-characters"


@pytest.fixture(autouse=True)
def _nothing_is_known_of_the_database():
    views._remembered.forget()


@pytest.fixture
def draining_process():
    draining.begin()
    yield
    draining._state["draining"] = False


@pytest.fixture
def own_connection(transactional_db):
    """This test may lose its connection to the database; the others get theirs back."""
    before = connections["default"]
    yield before
    if connections["default"] is not before:
        connections["default"].close()
        connections["default"] = before


@pytest.fixture
def silent_database(own_connection, monkeypatch):
    """A server that takes connections and never says a word, as one behind a dead network."""
    own_connection.close()
    with socket.create_server(("127.0.0.1", 0)) as server, monkeypatch.context() as patch:
        patch.setitem(own_connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(own_connection.settings_dict, "PORT", server.getsockname()[1])
        patch.setattr(views, "DATABASE_SECONDS", 0.3)
        yield
    for thread in threading.enumerate():
        if thread.name == "health":
            thread.join()


@pytest.fixture
def key(salon):
    """Make a secret key with the scopes that are named."""

    def make(*scopes):
        _, text = create_api_key(
            organization=salon,
            kind=ApiKey.Kind.SECRET,
            name="monitor",
            caller=Caller.command(salon.pk),
            scopes=scopes or None,
        )
        return {"X-API-Key": text}

    return make


def test_a_load_balancer_is_told_that_all_is_well(client):
    response = client.get("/health/lb")

    body = response.json()
    assert (response.status_code, body["status"]) == (200, "healthy")
    assert set(body) == {"status", "timestamp", "uptime"}
    assert datetime.fromisoformat(body["timestamp"]).tzinfo
    assert isinstance(body["uptime"], int)
    assert response["Cache-Control"] == "no-store"


def test_a_process_that_was_told_to_stop_sends_load_balancers_away_and_works_on(
    client, draining_process, django_assert_num_queries
):
    with django_assert_num_queries(0):
        response = client.get("/health/lb")

    assert response.status_code == 503
    assert (response.json()["status"], response.json()["reason"]) == ("unhealthy", "shutting_down")
    assert client.get("/health").status_code == 200


def test_a_load_balancer_is_told_within_its_time_that_the_database_is_silent(
    client, silent_database
):
    started = time.monotonic()
    response = client.get("/health/lb")

    assert time.monotonic() - started < 1
    assert response.status_code == 503
    assert response.json()["reason"] == "database_unavailable"


def test_a_connection_that_gave_no_answer_is_left_and_closed_and_the_next_query_gets_another(
    own_connection,
):
    def hang(cursor):
        cursor.execute("SELECT pg_sleep(1)")

    started = time.monotonic()
    with pytest.raises(NoAnswer):
        ask(hang, seconds=0.2)
    assert time.monotonic() - started < 0.9
    assert ask(select_one, seconds=2) == (1,)

    [asker] = [thread for thread in threading.enumerate() if thread.name == "health"]
    asker.join()
    assert own_connection.connection is None


def test_a_load_balancer_may_call_us_by_our_address_and_without_tls(client, settings):
    settings.ALLOWED_HOSTS = ["bookings.example.com"]
    settings.SECURE_SSL_REDIRECT = settings.HTTPS_ONLY = True
    settings.RATE_LIMIT_MAX_REQUESTS = 1

    answers = [client.get("/health/lb", headers={"Host": "10.0.0.7:8000"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/api/health", "/api/v1/health", "/health", "/api/health/"])
def test_health_is_four_facts_without_an_envelope_and_asks_nothing(
    client, path, django_assert_num_queries
):
    with django_assert_num_queries(0):
        body = client.get(path).json()

    assert set(body) == {"status", "timestamp", "uptime", "version"}
    assert body["status"] == "healthy"
    assert body["version"] == __version__ == "0.1.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])


def test_the_database_s_health_counts_the_connections_to_it(client):
    body = client.get("/api/health/db").json()

    assert set(body) == {"status", "responseTime", "connections"}
    assert body["status"] == "healthy"
    assert isinstance(body["responseTime"], int)
    counted = body["connections"]
    assert counted["active"] >= 1  # this one
    assert counted["active"] + counted["idle"] == counted["total"]


def test_the_database_s_health_is_asked_for_once_in_thirty_seconds_even_without_redis(
    client, redis_is_gone, django_assert_num_queries, monkeypatch
):
    first = client.get("/api/health/db").json()
    with django_assert_num_queries(0):
        assert client.get("/api/health/db").json() == first

    now = time.monotonic()
    monkeypatch.setattr(views, "monotonic", lambda: now + 29)
    with django_assert_num_queries(0):
        client.get("/api/health/db")
    monkeypatch.setattr(views, "monotonic", lambda: now + 31)
    with django_assert_num_queries(1):
        client.get("/api/health/db")


def test_a_database_that_is_away_is_a_503_that_says_so(client, silent_database):
    response = client.get("/api/health/db")

    assert response.status_code == 503
    assert response.json() == {"status": "unhealthy", "reason": "database_unavailable"}


@pytest.mark.parametrize("path", ["/health/lb", "/api/health", "/api/health/db", "/metrics"])
def test_health_can_only_be_read(client, path):
    response = client.post(path)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["error"]["errorCode"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("path", ["/api/health/detailed", "/metrics"])
def test_what_goes_on_inside_is_told_to_keys_with_the_scope_alone(client, key, path):
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"X-API-Key": "sk_unknown"}).status_code == 401
    assert client.get(path, headers=key("bookings:read")).status_code == 403
    assert client.get(path, headers=key("system:status")).status_code in (200, 503)


def test_the_detailed_health_names_every_part(client, key):
    body = client.get("/api/health/detailed", headers=key()).json()

    assert set(body) == {"overall", "timestamp", "services"}
    assert set(body["services"]) >= {"database", "redis", "worker", "outbox", "mail"}
    for name in ("database", "redis", "outbox", "mail"):
        assert body["services"][name]["status"] == "healthy", name
    assert body["services"]["database"]["connections"]["total"] >= 1


def test_one_part_that_fails_is_a_503_that_says_which(client, key, redis_is_gone):
    response = client.get("/api/health/detailed", headers=key())

    body = response.json()
    assert (response.status_code, body["overall"]) == (503, "unhealthy")
    assert body["services"]["redis"]["status"] == "unhealthy"
    assert body["services"]["redis"]["reason"] == "redis_unavailable"
    assert body["services"]["database"]["status"] == "healthy"


def test_without_a_worker_that_answers_the_worker_s_part_fails(redis, monkeypatch, settings):
    monkeypatch.setattr(health_checks, "WORKER_SECONDS", 0.1)
    with pytest.raises(Failing, match="no_worker_answers"):
        health_checks.worker()


def test_a_mail_server_that_refuses_is_told(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    with pytest.raises(Failing, match="mail_server_unavailable"):
        health_checks.mail()


def test_events_that_wait_for_more_than_a_minute_mean_that_nobody_fetches_them(salon):
    assert health_checks.outbox()["waiting"] == 0
    event = Event.objects.create(
        organization=salon, name="a.b", subject_type="a", subject_id=salon.pk, actor_kind="command"
    )
    waiting, _ = Outbox.objects.get_or_create(event=event)
    assert health_checks.outbox()["waiting"] == 1

    Outbox.objects.filter(pk=waiting.pk).update(not_before=timezone.now() - timedelta(seconds=90))
    with pytest.raises(Failing, match="events_are_waiting") as failing:
        health_checks.outbox()
    assert int(str(failing.value.facts["oldestSeconds"])) >= 90


def test_an_app_adds_its_own_part_and_a_part_that_breaks_breaks_no_other():
    mine = Checks()
    mine.register("good", lambda: {"fact": 1})
    mine.register("bad", lambda: {"fact": 1 / 0})
    is_well, found = mine.run()

    assert not is_well
    assert (found["good"]["status"], found["good"]["fact"]) == ("healthy", 1)
    assert (found["bad"]["status"], found["bad"]["reason"]) == ("unhealthy", "ZeroDivisionError")
    assert "good" not in checks.known


def test_health_that_is_asked_for_all_day_leaves_a_line_only_when_it_is_bad(client, settings):
    with log_lines(logging.INFO) as lines:
        client.get("/health/lb")
        assert lines.of("core.request") == []
        draining.begin()
        client.get("/health/lb")
    draining._state["draining"] = False

    [line] = lines.of("core.request")
    assert (line["level"], line["message"]) == ("warn", "GET /health/lb 503")
