"""What may be asked of an encrypted column, and what would destroy it."""

from contextlib import contextmanager

import pytest
from django.core.exceptions import FieldError
from django.db import models, transaction
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Lower

from core.encryption import KeyRing
from tests.core.guests import FIRST, Guest, stored


@contextmanager
def refused():
    """Expect that the expression is, and be able to look at the database afterwards."""
    sentence = r"^test_guest\.name is encrypted: it takes a value, not an expression"
    with pytest.raises(FieldError, match=sentence), transaction.atomic():
        yield


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
    assert {token[:5] for token in stored("name")} == {KeyRing([FIRST]).header}


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
    ids=lambda expression: type(expression).__name__,
)
def test_an_expression_would_destroy_the_column_and_is_refused(guests, expression):
    guest = guests.create(name="Mia", phone="1", notes="window seat")
    before = stored("test_guest::text")

    with refused():
        guests.update(name=expression)
    guest.name = expression
    with refused():
        guest.save()
    with refused():
        guests.bulk_update([guest], ["name"])

    assert stored("test_guest::text") == before


def test_a_new_row_takes_no_expression_either(guests):
    with refused():
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
