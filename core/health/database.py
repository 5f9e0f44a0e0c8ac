"""Asking the database a question without ever waiting longer than we said."""

from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

T = TypeVar("T")


class NoAnswer(Exception):
    """The database refused, failed, or said nothing in time."""


def ask(
    question: Callable[[CursorWrapper], T], *, seconds: float, alias: str = DEFAULT_DB_ALIAS
) -> T:
    """Return what `question` reads over this thread's own connection. Raises NoAnswer.

    A server that vanished without a word lets a client wait for as long as TCP likes, whatever
    timeouts it was given; so another thread asks, and after `seconds` it is left behind with
    its connection, which ends by itself. Asking over the connection that requests use costs
    no further one, and tells about the one that matters.
    """
    connection = connections[alias]
    answers: list[T] = []

    def ask_it() -> None:
        with connection.cursor() as cursor:
            answers.append(question(cursor))

    connection.inc_thread_sharing()
    asker = _Asker(ask_it, connection)
    asker.start()
    asker.join(seconds)
    if asker.is_alive():
        asker.is_left_behind = True
        del connections[alias]  # the next query of this thread opens a connection of its own
        raise NoAnswer("silent")
    connection.dec_thread_sharing()
    if asker.failure is not None:
        raise NoAnswer(type(asker.failure).__name__) from asker.failure
    return answers[0]


def select_one(cursor: CursorWrapper) -> Any:
    cursor.execute("SELECT 1")
    return cursor.fetchone()


def connections_of_this_database(cursor: CursorWrapper) -> dict[str, int]:
    """Count who is connected: `active` runs a statement, `idle` is the rest."""
    cursor.execute(
        "SELECT count(*) FILTER (WHERE state = 'active'), count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend'"
    )
    active, total = cursor.fetchone()
    return {"active": active, "idle": total - active, "total": total}


class _Asker(Thread):
    def __init__(self, work: Callable[[], None], connection: BaseDatabaseWrapper) -> None:
        super().__init__(name="health", daemon=True)
        self.work = work
        self.connection = connection
        self.is_left_behind = False
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.failure = error
        if self.is_left_behind:
            self.connection.close()
