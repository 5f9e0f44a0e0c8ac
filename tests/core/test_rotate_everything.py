"""After a rotation nothing in any table is under the old key: also what only grows."""

import pytest
from django.apps import apps
from django.db import connection

from bookings.models import CreditEntry
from bookings.services.credit import adjust_credits
from bookings.services.status import cancel_booking
from core import events
from core.encryption import key_id_of
from core.fields import Encrypted
from core.services.encryption import encrypted_tables
from tests.core.guests import FIRST, FIRST_ID, SECOND, SECOND_ID, run_rotation

pytestmark = pytest.mark.django_db(transaction=True)


def columns() -> set[tuple[str, str]]:
    """Return every encrypted column of every table, from the models themselves."""
    return {
        (model._meta.db_table, str(field.column))
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, Encrypted)
    }


def keys_by_column() -> dict[tuple[str, str], set[str]]:
    found = {}
    for table, column in columns():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT DISTINCT substring("{column}" FOR 5) FROM "{table}"')
            found[table, column] = {key_id_of(header) for (header,) in cursor if header}
    return {place: keys for place, keys in found.items() if keys}


def test_the_rotation_knows_every_encrypted_column():
    known = {
        (table.name, str(field.column))
        for table in encrypted_tables(apps.get_models())
        for field in table.fields
    }

    assert known == columns()
    assert len(known) > 20


def test_nothing_stays_under_the_old_key(ring, desk, wish, bundle, staff, book):
    ring(FIRST)
    booking = book(notes="Notes")
    cancel_booking(booking, caller=staff, reason="The flu")
    adjust_credits(bundle, amount=1, reason="Given by mistake", caller=staff)
    off = {"startsOn": "2026-12-01", "endsOn": "2026-12-02", "reason": "Away"}
    assert desk.post("/api/time-off", off, headers={"Idempotency-Key": "off"}).status_code == 201
    while events.relay():
        pass
    before = list(CreditEntry.objects.order_by("number").values())
    keys = keys_by_column()
    assert ("bookings_creditentry", "reason") in keys
    assert set().union(*keys.values()) >= {FIRST_ID}

    ring(SECOND, FIRST)
    out, _err = run_rotation()

    assert "rewritten" in out
    assert {place: ids for place, ids in keys_by_column().items() if ids != {SECOND_ID}} == {}
    assert keys_by_column().keys() == keys.keys()
    ring(SECOND)
    assert list(CreditEntry.objects.order_by("number").values()) == before
    assert before[-1]["reason"] == "Given by mistake"
