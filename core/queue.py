"""Waking the workers. A nudge carries nothing and may be lost: the rows are the truth."""

import os
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import structlog
from celery import Task, current_app
from django.conf import settings
from django.db import transaction

SECONDS_BETWEEN_NUDGES = 0.1  # `.delay()` costs half a millisecond, and seconds without Redis

log = structlog.get_logger(__name__)


def after_commit(task: Task[Any, None]) -> None:
    """Wake `task` once what it will read is committed; never if that rolls back."""
    transaction.on_commit(partial(nudge, task.name))


def nudge(task_name: str) -> None:
    """Wake a task soon, from a thread of its own: no request ever waits for Redis."""
    if settings.QUEUE_NUDGES:
        _bell_of_this_process().ring(task_name)


class _Bell:
    """One thread per process that sends what was rung for, at most once in 100 ms."""

    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._lock = Lock()
        self._wake = Event()
        Thread(target=self._run, name="nudge", daemon=True).start()

    def ring(self, task_name: str) -> None:
        with self._lock:
            self._rung.add(task_name)
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                names, self._rung = self._rung, set()
            started = monotonic()
            for name in names:
                self._send(name)
            sleep(max(0.0, SECONDS_BETWEEN_NUDGES - (monotonic() - started)))

    def _send(self, name: str) -> None:
        try:
            current_app.send_task(name, retry=False, ignore_result=True)
        except Exception as error:  # the clock finds the rows that this nudge was about
            log.warning("Nudge dropped", task=name, error=type(error).__name__)


_bells: dict[int, _Bell] = {}
_bells_lock = Lock()


def _bell_of_this_process() -> _Bell:
    """A forked child has no threads of its parent, so a bell belongs to one process id."""
    with _bells_lock:
        pid = os.getpid()
        if pid not in _bells:
            _bells[pid] = _Bell()
        return _bells[pid]
