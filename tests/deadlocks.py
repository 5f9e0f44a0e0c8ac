"""What races have around them: no limit to their requests, and nobody who waits in a circle."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from tests.rivals import wait_until

Begun = tuple[int, str]  # the process and when it began


@pytest.fixture
def no_deadlocks(transactional_db: None) -> Iterator[None]:
    """Rivals wait in line: PostgreSQL never has to break up a circle.

    A server process counts its deadlocks when it ends, so those that began in this test have
    to. What another test left open is not this one's fault.
    """
    deadlocks_before, others_before = deadlocks(), others()
    yield
    with suppress(AssertionError):
        wait_until(lambda: others().keys() <= others_before.keys())
    left = [what for key, what in others().items() if key not in others_before]
    assert not left, f"connections that this test left open: {'; '.join(left)}"
    assert deadlocks() == deadlocks_before


@pytest.fixture
def busy_times(settings: Any) -> None:
    """A thousand requests are not too many, and no queue is told of them."""
    settings.RATE_LIMIT_MAX_REQUESTS = 1_000_000
    settings.QUEUE_NUDGES = False


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        ((counted,),) = cursor.fetchall()
    return int(counted)


def others() -> dict[Begun, str]:
    """Who else is connected to this database, and what they do or did last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, backend_start::text, concat_ws(' ', application_name, state, query)"
            " FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return {(pid, began): what for pid, began, what in cursor.fetchall()}
