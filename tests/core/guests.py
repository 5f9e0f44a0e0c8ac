# ruff: noqa: DJ008 (nobody looks at these models' names)
"""Tables with encrypted columns for one test each: no migration knows them."""

from collections import Counter
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from core.encryption import KeyRing, key_id_of
from core.fields import (
    EncryptedCharField,
    EncryptedEmailField,
    EncryptedJSONField,
    EncryptedTextField,
)
from core.ids import uuid7
from core.management.commands.rotate_encryption import Command

FIRST, SECOND, LOST = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
FIRST_ID, SECOND_ID, LOST_ID = (key_id_of(KeyRing([key]).header) for key in (FIRST, SECOND, LOST))


class Table(models.Model):
    objects: Any = models.Manager()

    class Meta:
        abstract = True


class Person(Table):
    name = EncryptedCharField(max_length=20)
    email = EncryptedEmailField(null=True)

    class Meta:
        abstract = True


with isolate_apps():

    class Guest(Person):
        id = models.UUIDField(primary_key=True, default=uuid7)
        phone = models.CharField(max_length=32, default="")
        notes = EncryptedTextField(max_length=30, blank=True, default="")
        answers = EncryptedJSONField(null=True)
        version = models.IntegerField(default=1)
        updated_at = models.DateTimeField(auto_now=True)

        class Meta:
            app_label = "core"
            db_table = "test_guest"

    class Regular(Guest):
        card = EncryptedJSONField()

        class Meta:
            app_label = "core"
            db_table = "test_regular"

    class Host(Person):
        class Meta:
            app_label = "core"
            db_table = "test_host"

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


ALL = [GuestAtTheDoor, GuestInAView, Guest, Regular, Host, Chair]


def make_tables() -> None:
    with connection.schema_editor() as editor:
        for model in (Guest, Regular, Host):
            editor.create_model(model)


def drop_tables() -> None:
    with connection.schema_editor() as editor:
        for model in (Regular, Guest, Host):
            editor.delete_model(model)


def stored(columns: str, table: str = "test_guest") -> list[Any]:
    """Return what the database itself holds: a list of values, or of rows, by first column."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1")
        rows = cursor.fetchall()
    return [row[0] for row in rows] if "," not in columns else rows


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def keys_of(column: str = "name", table: str = "test_guest") -> Counter[str | None]:
    """Count the values of a column by the key that wrote them; None counts what is NULL."""
    return Counter(token and key_id_of(token) for token in stored(column, table))


def run_rotation(**options: Any) -> tuple[str, str]:
    """Run `rotate_encryption`; returns what it wrote on standard output and error."""
    out, err = StringIO(), StringIO()
    call_command(Command(stdout=out, stderr=err), **options)
    return out.getvalue(), err.getvalue()
