"""Django's `migrate`, one at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# The lock's number, known to nobody else who locks in this database.
LOCK = 0x686F6C6466617374  # "holdfast"
SECONDS_BETWEEN_LOOKS = 0.5


class Command(migrate.Command):
    help = (
        f"{migrate.Command.help} Any number of hosts may start this at once: one migrates, the "
        "others wait and find nothing left to do."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with self._alone(connections[options["database"]]):
            super().handle(*args, **options)

    @contextmanager
    def _alone(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Wait until nobody else migrates.

        Looks again and again: one statement that waits for the lock would be an open
        transaction, and CREATE INDEX CONCURRENTLY waits for all of those.
        """
        if settings.DATABASE_POOLER:
            yield  # such a lock would stay with a connection that others get
            return
        said = False
        while not _one(connection, "SELECT pg_try_advisory_lock(%s)"):
            if not said:
                self.stderr.write("Somebody else is migrating: waiting.")
                said = True
            time.sleep(SECONDS_BETWEEN_LOOKS)
        try:
            yield
        finally:
            with suppress(DatabaseError, InterfaceError):  # a lost connection holds no lock
                _one(connection, "SELECT pg_advisory_unlock(%s)")


def _one(connection: BaseDatabaseWrapper, statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [LOCK])
        return bool(cursor.fetchone()[0])
