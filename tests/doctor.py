"""The doctor, and patients: rows as they must never be, written behind the triggers' back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from bookings.models import Booking, Customer, GroupSession
from bookings.services.customer import details_of
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.place import PlaceRequest, join_session
from core.audit.sealing import seal_events
from core.invariants import invariants
from core.services.checkup import find
from tests.factories import CustomerFactory

Told = dict[str, list[tuple[str, object, str]]]


WALLS = "walls_of_bookings_stand"


def findings(*, but: str = "", sealed: bool = True, **options: Any) -> Told:
    """Return what the doctor finds, by check: the subject, id and sentence of each.

    `but` is a check that is not asked. The clock has been round to seal, however far a test
    has let time pass, unless it says otherwise.
    """
    if sealed:
        seal_events()
    told: Told = {}
    checks = [check for name, check in invariants.known.items() if name != but]
    for one in find(checks, **options):
        told.setdefault(one.check, []).append((one.subject, one.id, one.says))
    return told


def break_rows(statement: str, *parameters: Any) -> None:
    """Run a statement that no trigger of its table hears of."""
    found = re.match(r"(?:UPDATE|INSERT INTO) (\w+)", statement)
    assert found
    with changing_tables() as cursor:
        cursor.execute(f"ALTER TABLE {found[1]} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0, "nothing was broken"
    with changing_tables() as cursor:
        cursor.execute(f"ALTER TABLE {found[1]} ENABLE TRIGGER USER")


def lift(table: str, constraint: str) -> None:
    """Take a constraint, or a unique index, away for the rest of this test."""
    with changing_tables() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")
        cursor.execute(f"DROP INDEX IF EXISTS {constraint}")


@contextmanager
def changing_tables() -> Iterator[CursorWrapper]:
    """What waits for the end of the transaction forbids to change its table, so it is done now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield cursor


@pytest.fixture
def in_order(transactional_db: None) -> Iterator[None]:
    """After the test, and before its rows are gone, the doctor finds nothing."""
    yield
    assert findings() == {}


@pytest.fixture
def lesson(clock, bundle, algebra, anna, lea, staff, ten_o_clock) -> Callable[..., Booking]:
    """Lea's hour of algebra with Anna on Monday at ten, paid by her bundle, or as told."""

    def lesson(at: datetime = ten_o_clock, **changes: Any) -> Booking:
        usual = IndividualRequest(
            course=algebra, student=lea, starts_at=at, minutes=60, ta=anna, bundle=bundle
        )
        return book_individual(replace(usual, **changes), caller=staff)

    return lesson


@pytest.fixture
def place(clock, tutorial, salon, staff) -> Callable[..., Booking]:
    """A place in Wednesday's tutorial for somebody new, unless told otherwise."""

    def place(
        customer: Customer | None = None, session: GroupSession = tutorial, **changes: Any
    ) -> Booking:
        who = details_of(customer or CustomerFactory(organization=salon))
        request = PlaceRequest(session=session, customer=who, **changes)
        return join_session(request, caller=staff)

    return place
