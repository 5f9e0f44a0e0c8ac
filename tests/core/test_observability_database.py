import threading
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models.signals import pre_migrate
from django.db.utils import OperationalError

import config.settings.database as settings_of_database
from core.deadline import deadline_of
from core.errors import TimedOut
from core.models import Organization
from core.observability import database as observed
from core.observability.context import request_id_of
from tests.core.log_lines import log_lines
from tests.factories import OrganizationFactory

MANAGED = "postgres://app:secret@db.example.com:6432/holdfast?sslmode=verify-full"


def read(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


@pytest.fixture
def pooler(settings, monkeypatch):
    monkeypatch.setattr(settings_of_database, "DATABASE_POOLER", "transaction")
    settings.DATABASE_POOLER = "transaction"


@pytest.mark.django_db
def test_a_statement_may_take_ten_seconds_and_wait_three_for_a_lock():
    assert read("SHOW statement_timeout") == "10s"
    assert read("SHOW lock_timeout") == "3s"


@pytest.mark.django_db(transaction=True)
def test_a_migration_takes_the_time_it_needs_and_still_waits_for_no_lock():
    found = []

    def look(**_more):
        found.append((read("SHOW statement_timeout"), read("SHOW lock_timeout")))

    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)

    assert set(found) == {("0", "3s")}
    assert read("SHOW statement_timeout") == "10s"


@pytest.mark.django_db
def test_statements_and_their_time_are_counted_for_whoever_runs_them():
    with request_id_of("req-1") as notes:
        read("SELECT pg_sleep(0.05)")
        Organization.objects.count()

    assert notes.queries == 2
    assert 0.05 <= notes.query_seconds < 2


@pytest.mark.django_db(transaction=True)
def test_when_the_time_is_over_no_statement_is_sent():
    OrganizationFactory(name="Salon")
    with deadline_of(-0.1), pytest.raises(TimedOut):
        Organization.objects.update(name="Changed")

    assert Organization.objects.get().name == "Salon"


@pytest.mark.django_db(transaction=True)
def test_when_the_time_is_over_in_the_middle_of_a_transaction_it_is_undone_whole():
    OrganizationFactory(name="Salon")

    @transaction.atomic
    def change_twice():
        Organization.objects.update(name="Changed")
        with transaction.atomic():
            time.sleep(0.3)
            Organization.objects.update(name="Changed again")

    with deadline_of(0.2), pytest.raises(TimedOut):
        change_twice()

    assert Organization.objects.get().name == "Salon"


@pytest.mark.django_db(transaction=True)
def test_when_the_time_is_over_a_part_of_a_transaction_can_still_be_undone():
    OrganizationFactory(name="Salon")

    @transaction.atomic
    def change_slowly():
        Organization.objects.update(name="Changed")
        time.sleep(0.3)
        Organization.objects.update(name="Changed again")

    with transaction.atomic():
        with deadline_of(0.2), pytest.raises(TimedOut):
            change_slowly()
        assert Organization.objects.get().name == "Salon"


@pytest.mark.django_db(transaction=True)
def test_with_less_than_ten_seconds_left_a_statement_gets_what_is_left_and_the_next_one_ten():
    with deadline_of(2.0):
        milliseconds = int(read("SHOW statement_timeout").removesuffix("ms"))
    assert 1_500 < milliseconds < 2_000
    assert read("SHOW statement_timeout") == "10s"


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_the_shorter_limit_ends_with_it():
    with deadline_of(2.0), transaction.atomic():
        milliseconds = int(read("SHOW statement_timeout").removesuffix("ms"))
    assert 1_500 < milliseconds < 2_000
    assert read("SHOW statement_timeout") == "10s"


@pytest.mark.django_db(transaction=True)
def test_with_enough_time_left_a_statement_keeps_its_ten_seconds():
    with deadline_of(30.0):
        assert read("SHOW statement_timeout") == "10s"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("inside", [True, False])
def test_a_statement_that_outlasts_the_request_is_stopped_by_the_server(inside):
    started = time.monotonic()
    sleep = transaction.atomic(read) if inside else read
    with deadline_of(0.3), pytest.raises(TimedOut):
        sleep("SELECT pg_sleep(5)")

    assert time.monotonic() - started < 2
    assert read("SELECT 1") == 1  # the connection is good for the next request


@pytest.mark.django_db(transaction=True)
def test_without_a_request_a_cancelled_statement_stays_what_it_is():
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 50")
    with pytest.raises(OperationalError):
        read("SELECT pg_sleep(5)")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_no_session_is_changed_but_a_transaction_is(pooler):
    with deadline_of(2.0):
        assert read("SHOW statement_timeout") == "10s"
        with transaction.atomic():
            assert read("SHOW statement_timeout") != "10s"


@pytest.mark.django_db
def test_a_slow_statement_is_told_without_its_values(monkeypatch):
    monkeypatch.setattr(observed, "SLOW_SECONDS", 0.0)
    with log_lines() as lines:
        list(Organization.objects.filter(name="Salon Muster").only("name"))

    [line] = lines.of("core.observability.database")
    assert line["level"] == "warn"
    assert '"core_organization"."name" = %s' in line["context"]["sql"]
    assert "Muster" not in lines.everything


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_too_old_is_refused_in_plain_words(monkeypatch):
    monkeypatch.setattr(observed, "OLDEST_SERVER", 190_000)
    connection.close()
    with pytest.raises(ImproperlyConfigured, match=r"needs PostgreSQL 15 or newer; this .* 18\."):
        read("SELECT 1")

    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_process_closes_the_connections_of_its_other_threads():
    opened, may_end = threading.Event(), threading.Event()
    still_open = []

    def work():
        read("SELECT 1")
        opened.set()
        may_end.wait(10)
        still_open.append(not connections["default"].connection.closed)
        connections["default"].close()

    thread = threading.Thread(target=work)
    thread.start()
    opened.wait(10)
    assert observed.close_all_connections() >= 1
    may_end.set()
    thread.join()

    assert still_open == [False]
    connection.close()


def test_the_connection_is_kept_and_checked_and_has_its_limits():
    found = settings_of_database.connection_settings("postgres://app@db/holdfast")

    assert found["CONN_MAX_AGE"] == 600
    assert found["CONN_HEALTH_CHECKS"] is True
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is False
    assert found["OPTIONS"]["connect_timeout"] == 5
    assert "statement_timeout=10s" in found["OPTIONS"]["options"]
    assert "lock_timeout=3s" in found["OPTIONS"]["options"]


def test_what_the_url_says_wins_so_that_a_managed_server_gets_its_tls():
    found = settings_of_database.connection_settings(MANAGED + "&connect_timeout=2")

    assert found["HOST"] == "db.example.com"
    assert found["OPTIONS"]["sslmode"] == "verify-full"
    assert found["OPTIONS"]["connect_timeout"] == 2


def test_behind_a_pooler_nothing_is_asked_of_the_session(pooler):
    found = settings_of_database.connection_settings(MANAGED)

    assert "options" not in found["OPTIONS"]
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_a_role_without_timeouts_is_told_once(pooler, monkeypatch):
    monkeypatch.setattr(observed, "_pooler_was_checked", [])
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "")
    with log_lines() as lines:
        for _ in range(2):
            connection.close()
            read("SELECT 1")
    connection.close()

    [line] = lines.of("core.observability.database")
    assert "ALTER ROLE" in line["message"]
