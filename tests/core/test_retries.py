"""What heals by itself is repeated, and somebody who watches the numbers sees it."""

from collections.abc import Iterator

import pytest
from django.db import connection

from core import db
from core.db import in_one_transaction, rows
from core.models import Organization
from core.observability.metrics import database_retries_total
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)

SERIALIZATION_FAILURE, ADMIN_SHUTDOWN = "40001", "57P01"
KINDS = ("conflict", "connection")


def counted() -> dict[str, float]:
    samples = (sample for metric in database_retries_total.collect() for sample in metric.samples)
    found = {s.labels["kind"]: s.value for s in samples if s.name.endswith("_total")}
    return {kind: found.get(kind, 0) for kind in KINDS}


@in_one_transaction
def rename(organization: Organization, trouble: Iterator[str]) -> None:
    Organization.objects.filter(pk=organization.pk).update(name="Salon Lune")
    for sqlstate in trouble:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")


def test_a_call_that_is_repeated_is_counted_by_what_went_wrong(monkeypatch):
    monkeypatch.setattr(db, "LOST_CONNECTION_FIRST_WAIT_SECONDS", 0.02)
    organization, before = OrganizationFactory(), counted()

    rename(organization, iter([]))
    assert counted() == before
    rename(organization, iter([SERIALIZATION_FAILURE]))
    rename(organization, iter([ADMIN_SHUTDOWN, SERIALIZATION_FAILURE]))

    organization.refresh_from_db()
    assert organization.name == "Salon Lune"
    assert counted() == {
        "conflict": before["conflict"] + 2,
        "connection": before["connection"] + 1,
    }


def test_a_connection_that_went_stale_is_renewed_before_the_first_statement():
    ((process,),) = rows("SELECT pg_backend_pid()")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    other.close()
    connection.health_check_enabled, connection.health_check_done = True, False  # a request begins

    assert rows("SELECT 1") == [(1,)]
