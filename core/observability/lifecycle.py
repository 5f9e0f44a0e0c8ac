"""Worker and clock from their start to their end, each step in the log. Celery's own signals.

On SIGTERM a worker takes no new task, finishes those that run, and leaves the database last.
Celery would wait for them as long as they take; here the tasks that are not done after 24 s
go back to the queue (they are acknowledged late), so that 30 s are never exceeded.
"""

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import structlog
from celery import signals
from django.conf import settings

from core.health import draining, side_door
from core.observability.start import serve_as

TASKS_MAY_TAKE_SECONDS = 24.0
ALL_MAY_TAKE_SECONDS = 29.0

log = structlog.get_logger(__name__)


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens to this signal."""
    serve_as("clock" if "beat" in sys.argv else "worker")


@signals.worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    side_door.open_if_wanted(settings.METRICS_PORT)
    log.info("Worker ready")


@signals.worker_shutting_down.connect
def _worker_was_asked_to_stop(how: str = "", **_: Any) -> None:
    draining.begin()
    if how == "Warm":
        threading.Thread(target=_hurry, name="hurry", daemon=True).start()


@signals.worker_process_shutdown.connect
def _worker_child_ends(**_: Any) -> None:
    draining.finish()


@signals.worker_shutdown.connect
def _worker_ends(**_: Any) -> None:
    draining.finish()


@signals.beat_init.connect
def _clock_is_ready(**_: Any) -> None:
    side_door.open_if_wanted(settings.METRICS_PORT)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def say_and_stop(number: int, frame: FrameType | None) -> None:
        draining.begin()
        stop = before[signal.Signals(number)]
        if callable(stop):
            stop(number, frame)

    for number in before:
        signal.signal(number, say_and_stop)
    atexit.register(draining.finish)
    log.info("Clock ready")


def _hurry() -> None:
    """Let tasks that take too long go back to the queue; end whatever happens."""
    started = time.monotonic()
    time.sleep(TASKS_MAY_TAKE_SECONDS)
    log.warning("Tasks still run: they go back to the queue")
    os.kill(os.getpid(), signal.SIGQUIT)
    time.sleep(max(0.0, ALL_MAY_TAKE_SECONDS - (time.monotonic() - started)))
    log.error("Not stopped in time: ended")
    os._exit(1)
