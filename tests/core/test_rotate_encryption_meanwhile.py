"""A new encryption key comes in while others read, write and lock the same rows."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.management import CommandError
from django.db import connection, transaction

from core.services.encryption import encrypted_tables, rotate_table
from tests.core.guests import FIRST, FIRST_ID, SECOND, SECOND_ID, Guest, keys_of, run_rotation


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


def rotate():
    (table,) = encrypted_tables([Guest])
    return rotate_table(table=table, batch_size=500, note=lambda _: None)


def test_a_change_made_meanwhile_is_never_overwritten(shared_guests, ring, elsewhere):
    mia = shared_guests.create(name="Mia", notes="before")
    shared_guests.create(name="Ben")
    ring(SECOND, FIRST)
    changed: list[int] = []

    def just_before_the_write(execute, statement, parameters, many, context):
        if statement.startswith("UPDATE") and not changed:
            row = shared_guests.filter(pk=mia.pk)
            changed.append(elsewhere(row.update, notes="changed meanwhile").result(timeout=10))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(just_before_the_write):
        rotation = rotate()

    assert changed == [1]
    assert shared_guests.get(pk=mia.pk).notes == "changed meanwhile"
    assert keys_of() == {SECOND_ID: 2}  # in the second pass, which read Mia's row again
    assert (rotation.rewritten, rotation.busy) == (2, 0)


def test_a_row_that_somebody_holds_is_passed_over_and_not_waited_for(
    shared_guests, ring, elsewhere, installed
):
    mia = shared_guests.create(name="Mia")
    shared_guests.create(name="Ben")
    ring(SECOND, FIRST)
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
    assert keys_of() == {SECOND_ID: 1, FIRST_ID: 1}
    with pytest.raises(CommandError, match=r"^test_guest: 1 rows were busy\. Run this again\.$"):
        run_rotation()
    may_go.set()
    holding.result(timeout=10)
    assert run_rotation()[0] == "1 rows rewritten.\n"
    assert keys_of() == {SECOND_ID: 2}
