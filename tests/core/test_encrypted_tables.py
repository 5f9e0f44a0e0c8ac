"""A value belongs to its table and column, through inheritance, migrations and renames."""

import pytest
from django.db import connection
from django.db.migrations.state import ModelState, ProjectState
from django.test.utils import isolate_apps

from core.encryption import DecryptionFailed, KeyRing
from core.fields import EncryptedCharField, EncryptedTextField
from tests.core.guests import FIRST, Guest, Host, Person, Table, execute, stored


def test_values_swapped_between_columns_or_tables_do_not_open(guests):
    guests.create(name="Mia", email="mia@example.com")
    Host.objects.create(name="Ben", email="ben@example.com")

    execute("UPDATE test_guest SET notes = name")
    with pytest.raises(DecryptionFailed, match=r"^test_guest\.notes does not open"):
        guests.get()
    execute("UPDATE test_guest SET name = (SELECT name FROM test_host)")
    with pytest.raises(DecryptionFailed, match=r"^test_guest\.name does not open"):
        guests.get()
    assert Host.objects.get().name == "Ben"


def test_each_table_of_an_abstract_model_has_contexts_of_its_own():
    assert Guest._meta.get_field("name").fernet.context == "test_guest.name"
    assert Host._meta.get_field("name").fernet.context == "test_host.name"

    with isolate_apps():

        class Visitor(Guest):
            class Meta:
                app_label = "core"
                proxy = True

    assert Visitor._meta.get_field("name").fernet.context == "test_guest.name"


def test_what_an_abstract_model_has_cached_is_not_inherited():
    assert Person._meta.get_field("name").fernet.context

    with isolate_apps():

        class Stranger(Person):
            class Meta:
                app_label = "core"

    assert Stranger._meta.get_field("name").fernet.context == "core_stranger.name"


def test_a_data_migration_reads_and_writes_the_same_values(guests):
    guests.create(name="Mia", answers={"a": 1})
    state = ProjectState()
    state.add_model(ModelState.from_model(Guest))
    historical = state.apps.get_model("core", "guest")

    old = historical.objects.get()
    assert (old.name, old.answers) == ("Mia", {"a": 1})
    historical.objects.update(name="Ben")

    assert guests.get().name == "Ben"


def test_after_a_rename_the_old_context_is_pinned(guests):
    guests.create(name="Mia")
    with connection.schema_editor() as editor:
        editor.alter_db_table(Guest, "test_guest", "test_visitor")
    with isolate_apps():

        class Visitor(Table):
            name = EncryptedCharField(max_length=20, context="test_guest.name")

            class Meta:
                app_label = "core"
                db_table = "test_visitor"

        class Forgetful(Table):
            name = EncryptedCharField(max_length=20)

            class Meta:
                app_label = "core"
                db_table = "test_visitor"

    assert Visitor.objects.get().name == "Mia"
    assert Visitor._meta.get_field("name").clone().context == "test_guest.name"
    with pytest.raises(DecryptionFailed, match=r"^test_visitor\.name"):
        Forgetful.objects.get()


def test_a_migration_names_the_field_and_nothing_that_is_derived():
    _, path, args, kwargs = Guest._meta.get_field("notes").deconstruct()

    assert (path, args) == ("core.fields.EncryptedTextField", [])
    assert kwargs == {"max_length": 30, "blank": True, "default": ""}


def test_a_column_may_be_added_to_a_table_with_rows(guests):
    guests.create(name="Mia")
    with isolate_apps():

        class Later(Table):
            extra = EncryptedTextField(blank=True)

            class Meta:
                app_label = "core"
                db_table = "test_guest"

    with connection.schema_editor() as editor:
        editor.add_field(Guest, Later._meta.get_field("extra"))

    (token,) = stored("extra")
    assert KeyRing([FIRST]).decrypt(token, b"test_guest.extra") == b""
