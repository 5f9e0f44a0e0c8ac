"""Threads that start at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

TOGETHER_WITHIN_SECONDS = 20

Work = Callable[[], Any]


class Rivals:
    """A pool that keeps its threads and connections from round to round."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="rival")

    def at_once(self, *works: Work) -> list[Any]:
        """Do all `works` at once; returns what each returned or raised, in their order."""
        assert len(works) <= self._count, "each needs a thread of its own"
        start = threading.Barrier(len(works))
        running = [self._pool.submit(self._run, start, work) for work in works]
        return [each.result() for each in running]

    def close(self) -> None:
        closed = self.at_once(*[close_its_own_connection] * self._count)
        self._pool.shutdown()
        assert closed == [None] * self._count

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
    """Yield `at_once` of that many rivals."""
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
