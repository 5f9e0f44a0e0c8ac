from typing import Any, assert_type

import pytest
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.db import DataError, NotSupportedError, transaction
from django.db.models import F
from django.test.utils import isolate_apps

from core.encryption import DecryptionFailed, KeyRing, key_id_of
from core.fields import EncryptedTextField
from tests.core.guests import FIRST, FIRST_ID, SECOND, SECOND_ID, Guest, Table, stored


def test_the_database_never_sees_the_text_and_we_always_do(guests):
    mia = guests.create(name="Mia Berg", email="mia@example.com", answers={"allergies": "nuts"})

    for column in ("name", "email", "notes", "answers"):
        (token,) = stored(column)
        assert type(token) is bytes
        assert token[:5] == KeyRing([FIRST]).header
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

    assert KeyRing([FIRST]).decrypt(token, b"test_guest.name") == b"Mia Berg"


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

    with pytest.raises(DataError) as refusal, transaction.atomic():
        guest.save()
    assert str(refusal.value) == sentence
    assert refusal.value.__cause__ is None
    with pytest.raises(DataError), transaction.atomic():
        guests.update(**{field: value})
    assert guests.values_list("name", "notes").get() == ("Mia", "window seat")


def test_a_form_is_told_before_the_database_is(guests):
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


def test_rows_of_an_older_key_are_read_beside_new_ones(guests, ring):
    guests.create(name="Mia")
    ring(SECOND, FIRST)
    guests.create(name="Ben")

    assert list(guests.order_by("pk").values_list("name", flat=True)) == ["Mia", "Ben"]
    assert sorted(key_id_of(token) for token in stored("name")) == sorted([FIRST_ID, SECOND_ID])
    ring(SECOND)
    with pytest.raises(DecryptionFailed, match=f"with key {FIRST_ID}: ENCRYPTION_KEY has no such"):
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


def test_the_type_checker_knows_what_a_column_reads_as() -> None:
    guest = Guest(name="Mia")

    assert_type(guest.name, str)
    assert_type(guest.notes, str)
    assert_type(guest.email, str | None)
    assert_type(guest.answers, Any | None)
