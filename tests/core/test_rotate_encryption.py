# ruff: noqa: DJ008 (nobody looks at these models' names)
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from threading import Event
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from core.encryption import KeyRing, key_id_of
from core.fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField
from core.ids import uuid7
from core.management.commands.rotate_encryption import Command
from core.services.encryption import encrypted_tables, rotate_table

NEW, OLD, LOST = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
NEW_ID, OLD_ID, LOST_ID = (key_id_of(KeyRing([key]).header) for key in (NEW, OLD, LOST))

with isolate_apps():

    class Guest(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)
        name = EncryptedCharField(max_length=20)
        notes = EncryptedTextField(null=True)
        version = models.IntegerField(default=1)
        updated_at = models.DateTimeField(auto_now=True)
        objects: Any = models.Manager()

        class Meta:
            app_label = "core"
            db_table = "test_guest"

    class Regular(Guest):
        card = EncryptedJSONField()
        plain = models.TextField(default="")

        class Meta:
            app_label = "core"
            db_table = "test_regular"

    class GuestAtTheDoor(Guest):
        class Meta:
            app_label = "core"
            proxy = True

    class GuestInAView(models.Model):
        name = EncryptedTextField()

        class Meta:
            app_label = "core"
            managed = False

    class Chair(models.Model):
        name = models.TextField()

        class Meta:
            app_label = "core"


ALL = [GuestAtTheDoor, GuestInAView, Guest, Regular, Chair]


@pytest.fixture
def ring(settings):
    """Set the ring to these keys, from now on."""

    def ring(*keys):
        settings.ENCRYPTION_KEY = ",".join(key.hex() for key in keys)

    ring(OLD)
    return ring


@contextmanager
def tables():
    with connection.schema_editor() as editor:
        editor.create_model(Guest)
        editor.create_model(Regular)
    for model in ALL:
        apps.register_model("core", model)
    yield Guest.objects
    for model in ALL:
        del apps.all_models["core"][model._meta.model_name]
    apps.clear_cache()


@pytest.fixture
def guests(db, ring):
    with tables() as guests:
        yield guests


@pytest.fixture
def shared_guests(transactional_db, ring):
    """The same, seen by other connections too."""
    with tables() as guests:
        yield guests
    with connection.schema_editor() as editor:
        editor.delete_model(Regular)
        editor.delete_model(Guest)


@pytest.fixture
def elsewhere():
    """Run a function in another thread, and so on another connection."""

    def run(work, *args, **kwargs):
        def closing():
            try:
                return work(*args, **kwargs)
            finally:
                connection.close()

        return pool.submit(closing)

    with ThreadPoolExecutor(2) as pool:
        yield run


def rotate(batch_size=500, note=lambda _: None):
    (table,) = encrypted_tables([Guest])
    return rotate_table(table=table, batch_size=batch_size, note=note)


def run_command(**options):
    out, err = StringIO(), StringIO()
    call_command(Command(stdout=out, stderr=err), **options)
    return out.getvalue(), err.getvalue()


def stored(columns="name", table="test_guest"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1")
        return cursor.fetchall()


def keys_of(column="name", table="test_guest"):
    return Counter(token and key_id_of(token) for (token,) in stored(column, table))


def test_after_a_rotation_every_value_is_under_the_first_key_and_reads_the_same(guests, ring):
    Regular.objects.create(name="Mia", notes=None, card={"number": 7})
    guests.create(name="Ben", notes="")
    ring(NEW, OLD)

    out, err = run_command()

    assert out == "3 rows rewritten.\n"
    assert "test_guest: 2 rows rewritten, done.\n" in err
    assert "test_regular: 1 rows rewritten, done.\n" in err
    assert keys_of() == {NEW_ID: 2}
    assert keys_of("notes") == {None: 1, NEW_ID: 1}
    assert keys_of("card", "test_regular") == {NEW_ID: 1}
    ring(NEW)
    assert list(guests.order_by("pk").values_list("name", "notes")) == [("Mia", None), ("Ben", "")]
    assert Regular.objects.get().card == {"number": 7}


def test_nothing_but_the_tokens_changes(guests, ring):
    guests.create(name="Mia", notes="window seat")
    before = stored("id, version, updated_at")
    ring(NEW, OLD)

    assert rotate().rewritten == 1

    assert stored("id, version, updated_at") == before


def test_what_is_under_the_first_key_is_left_as_it_is(guests, ring):
    guests.create(name="Mia")
    half_done = guests.create(name="Zoe")
    ring(NEW, OLD)
    guests.create(name="Ben", notes="x")
    guests.filter(pk=half_done.pk).update(notes="written today")
    mia, zoe, ben = stored("id, name, notes")

    assert rotate().rewritten == 2

    new_mia, new_zoe, new_ben = stored("id, name, notes")
    assert new_mia[1] != mia[1]
    assert new_zoe[1] != zoe[1]
    assert new_zoe[2] == zoe[2]
    assert new_ben == ben
    assert rotate().rewritten == 0
    assert stored("id, name, notes") == [new_mia, new_zoe, new_ben]


def test_old_fernet_tokens_become_ours(guests, ring, settings):
    guests.create(name="Mia")
    key = Fernet.generate_key()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_guest SET name = %s", [Fernet(key).encrypt(b"Mia Berg")])
    settings.FERNET_KEYS = [key]

    assert rotate().rewritten == 1

    assert keys_of() == {OLD_ID: 1}
    assert guests.get().name == "Mia Berg"


def test_a_run_that_was_stopped_is_continued_by_the_next(guests, ring):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(5))
    ring(NEW, OLD)

    def stop(rotation):
        if rotation.rewritten == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(batch_size=2, note=stop)
    assert keys_of() == {NEW_ID: 4, OLD_ID: 1}
    done = [token for (token,) in stored() if key_id_of(token) == NEW_ID]

    assert rotate(batch_size=2).rewritten == 1

    assert keys_of() == {NEW_ID: 5}
    assert set(done) < {token for (token,) in stored()}


def test_rows_are_rewritten_in_batches(guests, ring, django_assert_num_queries):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(5))
    ring(NEW, OLD)
    progress = []

    rotate(batch_size=2, note=lambda rotation: progress.append(rotation.rewritten))

    assert progress == [2, 4, 5]
    assert sorted(guests.values_list("name", flat=True)) == [f"Guest {i}" for i in range(5)]
    with django_assert_num_queries(1):  # a finished table costs one statement
        rotate()


def test_a_dry_run_counts_and_changes_nothing(guests, ring, settings):
    Regular.objects.create(name="Mia", card=[])
    guests.create(name="Ben", notes="")
    ring(LOST)
    guests.create(name="Zoe")
    ring(NEW, OLD)
    guests.create(name="Tom")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_guest SET notes = 'gAAAAABn' WHERE notes IS NULL")
    before = stored("id, name, notes")

    out, err = run_command(dry_run=True)

    assert sorted(line for line in out.splitlines() if line.startswith("test_")) == sorted(
        [
            f"test_guest.name\t{NEW_ID} (writes)\t1",
            f"test_guest.name\t{OLD_ID} (reads)\t2",
            f"test_guest.name\t{LOST_ID} (not in the ring)\t1",
            f"test_guest.notes\t{OLD_ID} (reads)\t1",
            "test_guest.notes\tfernet (FERNET_KEYS)\t3",
            f"test_regular.card\t{OLD_ID} (reads)\t1",
        ]
    )
    assert err == ""
    assert stored("id, name, notes") == before


def test_what_does_not_open_is_reported_and_does_not_stop_the_rest(guests, ring):
    ring(LOST)
    guests.create(name="Zoe", notes="secret")
    ring(OLD)
    guests.create(name="Mia")
    ring(NEW, OLD)

    with pytest.raises(CommandError) as refusal:
        run_command(batch_size=1)

    assert str(refusal.value).splitlines() == [
        f"test_guest.name: 1 values of key {LOST_ID} do not open.",
        f"test_guest.notes: 1 values of key {LOST_ID} do not open.",
    ]
    assert keys_of() == {NEW_ID: 1, LOST_ID: 1}


def test_a_value_that_does_not_open_does_not_keep_its_row_from_being_renewed(guests, ring):
    ring(LOST)
    guests.create(name="Zoe")
    ring(OLD)
    guests.update(notes="late")
    ring(NEW, OLD)

    rotation = rotate()

    assert (rotation.rewritten, rotation.unreadable) == (1, {("name", LOST_ID): 1})
    assert keys_of("notes") == {NEW_ID: 1}


def test_a_change_made_meanwhile_is_never_overwritten(shared_guests, ring, elsewhere):
    mia = shared_guests.create(name="Mia", notes="before")
    shared_guests.create(name="Ben")
    ring(NEW, OLD)
    changed = []

    def just_before_the_write(execute, statement, parameters, many, context):
        if statement.startswith("UPDATE") and not changed:
            row = shared_guests.filter(pk=mia.pk)
            changed.append(elsewhere(row.update, notes="changed meanwhile").result(timeout=10))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(just_before_the_write):
        rotation = rotate()

    assert changed == [1]
    assert shared_guests.get(pk=mia.pk).notes == "changed meanwhile"
    assert keys_of() == {NEW_ID: 2}  # in the second pass, which read Mia's row again
    assert (rotation.rewritten, rotation.busy) == (2, 0)


def test_a_row_that_somebody_holds_is_passed_over_and_not_waited_for(
    shared_guests, ring, elsewhere
):
    mia = shared_guests.create(name="Mia")
    shared_guests.create(name="Ben")
    ring(NEW, OLD)
    held, may_go = Event(), Event()

    def hold():
        with transaction.atomic():
            shared_guests.select_for_update().get(pk=mia.pk)
            held.set()
            may_go.wait(10)

    holding = elsewhere(hold)
    assert held.wait(10)
    rotation = rotate()

    assert not holding.done()
    assert (rotation.rewritten, rotation.busy) == (1, 1)
    assert keys_of() == {NEW_ID: 1, OLD_ID: 1}
    with pytest.raises(CommandError, match=r"^test_guest: 1 rows were busy. Run this again."):
        run_command()
    may_go.set()
    holding.result(timeout=10)
    assert run_command()[0] == "1 rows rewritten.\n"
    assert keys_of() == {NEW_ID: 2}


def test_progress_is_told_on_standard_error(guests, ring, monkeypatch):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(3))
    ring(NEW, OLD)
    monkeypatch.setattr("core.management.commands.rotate_encryption.SECONDS_BETWEEN_NOTES", 0)

    out, err = run_command(batch_size=2)

    assert [line for line in err.splitlines() if line.startswith("test_guest")] == [
        "test_guest: 2 rows rewritten …",
        "test_guest: 3 rows rewritten …",
        "test_guest: 3 rows rewritten, done.",
    ]
    assert out == "3 rows rewritten.\n"


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_at_least_one_row(batch_size):
    with pytest.raises(CommandError, match=r"^--batch-size must be at least 1"):
        run_command(batch_size=batch_size)


def test_each_encrypted_column_is_found_once():
    found = {
        table.name: [field.column for field in table.fields] for table in encrypted_tables(ALL)
    }

    assert found == {"test_guest": ["name", "notes"], "test_regular": ["card"]}
