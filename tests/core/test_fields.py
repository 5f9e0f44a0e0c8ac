# ruff: noqa: DJ008 (nobody looks at these models' names)
from contextlib import contextmanager
from typing import Any, assert_type

import pytest
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.db import DataError, NotSupportedError, connection, models, transaction
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Lower
from django.test.utils import isolate_apps

from core.encryption import DecryptionFailed, KeyRing
from core.fields import (
    EncryptedCharField,
    EncryptedEmailField,
    EncryptedJSONField,
    EncryptedTextField,
)

NEW, OLD = bytes(range(32)), bytes(range(32, 64))


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
        phone = models.CharField(max_length=32, default="")
        notes = EncryptedTextField(max_length=30, blank=True, default="")
        answers = EncryptedJSONField(null=True)

        class Meta:
            app_label = "core"
            db_table = "test_guest"

    class Host(Person):
        class Meta:
            app_label = "core"
            db_table = "test_host"


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.ENCRYPTION_KEY = NEW.hex()


@pytest.fixture
def guests(db):
    """The manager of a table that is gone after the test, as the transaction is."""
    with connection.schema_editor() as editor:
        editor.create_model(Guest)
        editor.create_model(Host)
    return Guest.objects


def stored(column, table="test_guest"):
    """Return what the database holds, ordered by key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def execute(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@contextmanager
def refused(error, sentence=None):
    """Expect `error`, and be able to look at the database afterwards."""
    with pytest.raises(error, match=sentence) as refusal, transaction.atomic():
        yield refusal


def test_the_database_never_sees_the_text_and_we_always_do(guests):
    mia = guests.create(name="Mia Berg", email="mia@example.com", answers={"allergies": "nuts"})

    for column in ("name", "email", "notes", "answers"):
        (token,) = stored(column)
        assert type(token) is bytes
        assert token[:5] == KeyRing([NEW]).header
    (row,) = stored("test_guest::text")
    for secret in ("Mia", "mia", "nuts"):
        assert secret not in row
        assert secret.encode().hex() not in row

    guest = guests.get(pk=mia.pk)
    assert (guest.name, guest.email, guest.notes) == ("Mia Berg", "mia@example.com", "")
    assert guest.answers == {"allergies": "nuts"}
    assert guests.values("name", "answers").get() == {
        "name": "Mia Berg",
        "answers": {"allergies": "nuts"},
    }
    assert list(guests.values_list("email", flat=True)) == ["mia@example.com"]
    assert guests.raw("SELECT * FROM test_guest")[0].name == "Mia Berg"
    assert guests.annotate(alias=F("name")).get().alias == "Mia Berg"


def test_a_value_is_sealed_for_its_table_and_column(guests):
    guests.create(name="Mia Berg")

    (token,) = stored("name")

    assert KeyRing([NEW]).decrypt(token, b"test_guest.name") == b"Mia Berg"


def test_nothing_is_null_and_an_empty_text_is_a_text(guests):
    guest = guests.create(name="", email=None, answers=None)

    assert stored("email") == stored("answers") == [None]
    assert len(stored("name")[0]) == 33
    guest.refresh_from_db()
    assert (guest.name, guest.email, guest.answers) == ("", None, None)
    assert guests.filter(email__isnull=True, name__isnull=False).get() == guest


@pytest.mark.parametrize("name", ["Zoë 🦊", "عبد الله", "李明", "\u200fשרה", "O'Brien; --", " x "])
def test_any_writing_comes_back_as_it_was(guests, name):
    guests.create(name=name)

    assert guests.get().name == name


def test_bulk_create_and_bulk_update_encrypt_every_value(guests):
    guests.bulk_create(
        Guest(name=f"Guest {i}", email=f"{i}@example.com", answers=[i]) for i in range(3)
    )
    changed = list(guests.order_by("pk"))
    changed[0].name, changed[1].email, changed[2].answers = "Mia", None, {"n": [1, None]}

    assert guests.bulk_update(changed, ["name", "email", "answers"]) == 3

    assert list(guests.order_by("pk").values_list("name", "email", "answers")) == [
        ("Mia", "0@example.com", [0]),
        ("Guest 1", None, [1]),
        ("Guest 2", "2@example.com", {"n": [1, None]}),
    ]
    assert {token[:5] for token in stored("name")} == {KeyRing([NEW]).header}


def test_update_takes_values_none_and_the_column_itself(guests):
    guests.create(name="Mia", email="mia@example.com", notes="window seat")

    guests.update(name="Ben", email=None, notes=F("notes"))
    guests.update(notes=Case(When(phone="", then=F("notes")), default=Value(None)))

    assert guests.values_list("name", "email", "notes").get() == ("Ben", None, "window seat")


@pytest.mark.parametrize(
    "expression",
    [
        F("phone"),
        F("notes"),
        Lower("name"),
        Value("Ben"),
        Coalesce(F("name"), F("notes")),
        Case(When(phone="1", then=F("phone")), default=F("name")),
        Case(When(phone="1", then=Value("Ben")), default=F("name")),
        Case(When(phone="1", then=F("name")), default=F("notes")),
        Cast(F("name"), models.BinaryField()),
        Cast(F("phone"), models.BinaryField()),
        RawSQL("'Ben'", ()),
        Subquery(Guest.objects.filter(pk=OuterRef("pk")).values("notes")),
    ],
    ids=str,
)
def test_an_expression_would_destroy_the_column_and_is_refused(guests, expression):
    guest = guests.create(name="Mia", phone="1", notes="window seat")
    before = stored("test_guest::text")

    with refused(FieldError, r"^test_guest\.name is encrypted: it takes a value"):
        guests.update(name=expression)
    guest.name = expression
    with refused(FieldError, r"^test_guest\.name is encrypted: it takes a value"):
        guest.save()
    with refused(FieldError, r"^test_guest\.name is encrypted: it takes a value"):
        guests.bulk_update([guest], ["name"])

    assert stored("test_guest::text") == before


def test_a_new_row_takes_no_expression_either(guests):
    with refused(FieldError, r"^test_guest\.name is encrypted: it takes a value"):
        guests.create(name=Lower(Value("MIA")))

    assert guests.count() == 0


@pytest.mark.parametrize(
    "condition",
    [
        {"name": "Mia"},
        {"name__iexact": "mia"},
        {"name__in": ["Mia"]},
        {"email__contains": "@"},
        {"notes__gt": ""},
        {"answers": {"a": 1}},
        {"answers__a": 1},
        {"answers__has_key": "a"},
        {"answers__contains": {"a": 1}},
    ],
    ids=str,
)
def test_searching_an_encrypted_column_points_to_its_index(condition):
    with pytest.raises(FieldError, match=r"is encrypted and cannot be searched by .*blind"):
        Guest.objects.filter(**condition)


@pytest.mark.parametrize("path", ["answers__a", "answers__a__b"])
def test_there_is_no_way_into_encrypted_json(path):
    with pytest.raises(FieldError):
        Guest.objects.filter(**{path: 1})
    with pytest.raises(FieldError):
        str(Guest.objects.values(path).query)
    with pytest.raises(FieldError):
        str(Guest.objects.order_by(path).query)


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
    assert Person._meta.get_field("name").fernet

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
    assert KeyRing([NEW]).decrypt(token, b"test_guest.extra") == b""


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "x" * 21, "test_guest.name holds at most 20 characters."),
        ("notes", "x" * 31, "test_guest.notes holds at most 30 characters."),
        ("name", "Mia\0", "test_guest.name cannot hold a NUL character."),
        ("notes", "\0", "test_guest.notes cannot hold a NUL character."),
        ("name", "Mia\ud83e", "test_guest.name cannot hold half a surrogate pair."),
    ],
)
def test_what_a_plain_column_refuses_is_refused_without_quoting_it(guests, field, value, sentence):
    guest = guests.create(name="Mia", notes="window seat")
    setattr(guest, field, value)

    with refused(DataError) as refusal:
        guest.save()
    assert str(refusal.value) == sentence
    assert refusal.value.__cause__ is None
    with refused(DataError):
        guests.update(**{field: value})
    assert guests.values_list("name", "notes").get() == ("Mia", "window seat")


def test_a_form_is_told_before_the_database_is():
    guest = Guest(name="x" * 21, email="mia", notes="\0" + "x" * 31)

    with pytest.raises(ValidationError) as refusal:
        guest.full_clean()

    codes = {name: [e.code for e in errors] for name, errors in refusal.value.error_dict.items()}
    assert codes["name"] == ["max_length"]
    assert codes["email"] == ["invalid"]
    assert codes["notes"] == ["null_characters_not_allowed", "max_length"]


def test_twenty_emoji_are_twenty_characters(guests):
    guests.create(name="🦊" * 20)

    assert guests.get().name == "🦊" * 20


@pytest.mark.parametrize(
    "value", [{}, [], "", 0, False, "\0", {"ü": [1.5, None, {"deep": "\ud83e"}]}, 2**70], ids=repr
)
def test_json_comes_back_as_it_was(guests, value):
    guests.create(name="Mia", answers=value)

    answer = guests.get().answers
    assert answer == value
    assert type(answer) is type(value)


def test_json_that_is_none_is_refused(guests):
    with pytest.raises(ValueError, match="not JSON compliant"):
        guests.create(name="Mia", answers=float("nan"))


def test_rows_of_an_older_key_are_read_beside_new_ones(guests, settings):
    settings.ENCRYPTION_KEY = OLD.hex()
    guests.create(name="Mia")
    settings.ENCRYPTION_KEY = f"{NEW.hex()},{OLD.hex()}"
    guests.create(name="Ben")

    assert list(guests.order_by("pk").values_list("name", flat=True)) == ["Mia", "Ben"]
    assert [token[:5] for token in stored("name")] == [
        KeyRing([OLD]).header,
        KeyRing([NEW]).header,
    ]
    settings.ENCRYPTION_KEY = NEW.hex()
    with pytest.raises(DecryptionFailed, match=f"with key {KeyRing([OLD]).header[1:].hex()}"):
        list(guests.all())


@pytest.mark.parametrize("option", [{"unique": True}, {"db_index": True}, {"db_default": "x"}])
def test_options_that_cannot_hold_are_refused(option):
    with pytest.raises(ImproperlyConfigured, match="EncryptedTextField does not support"):
        EncryptedTextField(**option)


def test_an_array_of_encrypted_texts_would_be_readable_and_is_refused(guests):
    with isolate_apps():

        class Album(Table):
            names = ArrayField(EncryptedTextField())

            class Meta:
                app_label = "core"
                db_table = "test_album"

    with pytest.raises((NotSupportedError, FieldError), match=r"for its own column|only be saved"):
        Album.objects.create(names=["Mia"])


def test_the_type_checker_knows_what_a_column_reads_as():
    guest = Guest(name="Mia")

    assert_type(guest.name, str)
    assert_type(guest.notes, str)
    assert_type(guest.email, str | None)
    assert_type(guest.answers, Any | None)
