"""`manage.py migrate`: any number of hosts at once, one at a time."""

import io
import threading
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_migrate

from core.management.commands.migrate import LOCK

pytestmark = pytest.mark.django_db(transaction=True)


def locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return int(cursor.fetchone()[0])


@pytest.fixture
def meanwhile() -> Any:
    """How many locks there are in the middle of a migration."""
    seen: set[int] = set()

    def look(**_: Any) -> None:
        seen.add(locks())

    pre_migrate.connect(look)
    yield seen
    pre_migrate.disconnect(look)


def test_who_migrates_is_alone_until_it_is_done(meanwhile):
    call_command("migrate", verbosity=0)

    assert meanwhile == {1}
    assert locks() == 0


def test_a_failed_migration_does_not_keep_the_others_out():
    def fail(**_: Any) -> None:
        raise RuntimeError("a migration failed")

    pre_migrate.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(fail)
    assert locks() == 0


def test_who_migrates_while_another_does_waits_and_says_so():
    said = io.StringIO()
    done = threading.Event()

    def migrate() -> None:
        call_command("migrate", verbosity=1, stdout=said, stderr=said)
        connection.close()
        done.set()

    where = connection.settings_dict
    with psycopg.connect(host=where["HOST"], user=where["USER"], dbname=where["NAME"]) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        second = threading.Thread(target=migrate)
        second.start()
        assert not done.wait(1.5)
        assert said.getvalue() == "Somebody else is migrating: waiting.\n"
    assert done.wait(10)
    second.join()
    assert "No migrations to apply." in said.getvalue()


def test_behind_a_pooler_no_lock_is_left_on_a_connection_of_others(meanwhile, settings):
    settings.DATABASE_POOLER = "transaction"
    call_command("migrate", verbosity=0)

    assert meanwhile == {0}
