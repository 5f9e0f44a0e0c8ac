"""Threads that start at the same moment, each with a database connection of its own."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

TOGETHER_WITHIN_SECONDS = 20
# So many need the whole machine: two such races at once, in two processes, starve each other.
A_CROWD = 32

Work = Callable[[], Any]


class Rivals:
    """A pool that keeps its threads and connections from round to round."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._connections: list[BaseDatabaseWrapper] = []
        self._pool = ThreadPoolExecutor(
            count, thread_name_prefix="rival", initializer=self._remember_its_connection
        )

    def _remember_its_connection(self) -> None:
        self._connections.append(connections[DEFAULT_DB_ALIAS])

    def at_once(self, *works: Work) -> list[Any]:
        """Do all `works` at once; returns what each returned or raised, in their order.

        Raises what kept one of them from starting, once the others are through.
        """
        assert len(works) <= self._count, "each needs a thread of its own"
        start = threading.Barrier(len(works))
        running = [self._pool.submit(self._run, start, work) for work in works]
        wait(running)
        return [each.result() for each in running]

    def close(self) -> None:
        """Close every thread's connection, also where a round could not start."""
        self._pool.shutdown()
        for each in self._connections:
            each.inc_thread_sharing()  # its own thread is gone
            each.close()

    @staticmethod
    def _run(start: threading.Barrier, work: Work) -> Any:
        connection.ensure_connection()
        start.wait(TOGETHER_WITHIN_SECONDS)
        try:
            return work()
        except Exception as error:
            return error


def close_its_own_connection() -> None:
    connection.close()


@contextmanager
def rivals(count: int) -> Iterator[Callable[..., list[Any]]]:
    """Yield `at_once` of that many rivals; a crowd has the machine to itself."""
    with Path(__file__).open() as turn:
        if count >= A_CROWD:
            fcntl.flock(turn, fcntl.LOCK_EX)
        pool = Rivals(count)
        try:
            yield pool.at_once
        finally:
            pool.close()


def waiting_for_a_lock() -> list[int]:
    """The server's processes that wait for somebody's lock in this database."""
    with connection.cursor() as cursor:
        # A transaction would see what it saw when it first asked.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def wait_until(is_so: Callable[[], Any], *, within_seconds: float = 10) -> Any:
    """Return the first true answer of `is_so`, asked every few milliseconds."""
    done = threading.Event()
    for _ in range(int(within_seconds / 0.005)):
        if answer := is_so():
            return answer
        done.wait(0.005)
    raise AssertionError(f"{is_so} was not so within {within_seconds} s")
