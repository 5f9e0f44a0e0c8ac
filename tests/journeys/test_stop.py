"""Stopping: in order, within 30 seconds, with nothing cut off; and what a crash leaves behind."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.journeys.system import System, a_booking, eventually, is_alive, parent_of, system

pytestmark = pytest.mark.journey

IN_ORDER = [
    "asked to stop",
    "stopping web",
    "stopping clock",
    "stopping worker",
    "stopping mailbox",
    "stopping the database",
    "stopped",
]


@pytest.fixture
def running() -> Iterator[System]:
    with system() as it:
        it.start()
        yield it


@contextmanager
def a_booking_that_waits(it: System) -> Iterator[Future[httpx.Response]]:
    """A request that has begun and waits for a lock, which is let go on leaving."""
    with it.client() as api, ThreadPoolExecutor(1) as somebody:
        other, watching = it.database(), it.database()
        other.execute("SELECT 1 FROM bookings_resource FOR UPDATE")
        watching.autocommit = True
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        answer = somebody.submit(api.post, "/api/bookings", json=a_booking())
        assert eventually(lambda: watching.execute(waiting).fetchone() == (1,))
        try:
            yield answer
        finally:
            other.close()
            watching.close()


def steps(it: System) -> list[str]:
    told = [line.split("|", 1)[1].strip() for line in it.lines if line.startswith("run ")]
    return told[told.index(IN_ORDER[0]) :] if IN_ORDER[0] in told else told


@pytest.mark.parametrize("asked_by", ["ctrl-c", "sigterm"])
def test_it_stops_in_order_and_finishes_what_was_begun(running, asked_by):
    children = running.processes()
    with a_booking_that_waits(running) as answer:
        started = time.monotonic()
        if asked_by == "ctrl-c":
            running.press_ctrl_c()
        else:
            running.signal(signal.SIGTERM)
        running.wait_for("Shutting down granian")  # the doors are closed
        with pytest.raises(httpx.ConnectError):
            httpx.get(running.url)
        assert not answer.done()
    assert answer.result().status_code == 201
    assert running.wait() == 0
    assert time.monotonic() - started < 30
    assert steps(running) == IN_ORDER
    assert not [pid for pid in children if is_alive(pid)]
    assert not running.database_runs()


def test_load_balancers_are_told_before_the_doors_close():
    with system() as it:
        it.start(DRAIN_SECONDS="3", WEB_PROCESSES="1")
        assert health(it) == (200, None)
        it.signal()
        assert eventually(lambda: health(it) == (503, "shutting_down"), seconds=2)
        with it.client() as api:
            assert api.get("/api/services").status_code == 200
        assert it.wait() == 0


def health(it: System) -> tuple[int, str | None]:
    answer = httpx.get(f"{it.url}/health/lb")
    return answer.status_code, answer.json().get("reason")


def test_asked_twice_it_does_not_wait(running):
    with a_booking_that_waits(running) as answer:
        running.signal()
        running.wait_for("stopping web")
        running.signal()
        assert running.wait(seconds=8) == 0
        with pytest.raises(httpx.TransportError):
            answer.result()
    assert "asked again: stopping at once" in running.log
    assert steps(running)[-2:] == ["stopping the database", "stopped"]


@pytest.mark.parametrize(
    ("name", "word", "is_ready"),
    [("worker", "worker", "Worker ready"), ("web", "config.web", "Started worker-2")],
)
def test_a_process_that_dies_is_started_again_and_leaves_nothing_behind(
    running, name, word, is_ready
):
    running.wait_for(is_ready)
    first = running.process_of(word)
    family = {first} | {pid for pid in running.processes() if is_child(pid, first)}
    assert len(family) == 3  # itself and two that do the work
    os.kill(first, signal.SIGKILL)
    running.wait_for(f"{name} was ended by SIGKILL; starting it again")
    assert eventually(lambda: running.log.count(is_ready) == 2)
    assert not [pid for pid in family if is_alive(pid)]
    assert running.process_of(word) not in family
    assert health(running) == (200, None)


def test_a_process_that_cannot_live_stops_everything_with_a_sentence():
    with system() as it:
        (it.var / "mailbox").mkdir()
        (it.var / "mailbox" / "Maildir").symlink_to("nowhere")  # where it wants a folder
        refused = it.command(["scripts/run", "--port", str(it.port)])
        output = refused.communicate(timeout=60)[0]
        assert refused.returncode == 1
        told = "stopping everything: mailbox ended with code 1, 3 times in a row"
        assert told in output
        assert output.splitlines()[-1] == "run     | stopped"


def test_when_the_supervisor_is_killed_the_others_finish_and_the_database_stops(running):
    children = running.processes()
    with a_booking_that_waits(running) as answer:
        running.signal(signal.SIGKILL)
    assert answer.result().status_code == 201
    assert eventually(lambda: not [pid for pid in children if is_alive(pid)])
    assert eventually(lambda: not running.database_runs())


ALONE = {
    "web": ["-m", "config.web"],
    "worker": ["-m", "celery", "--app", "config.celery", "worker"],
    "clock": ["-m", "celery", "--app", "config.celery", "beat", "--pidfile", "", "--schedule"],
}


@pytest.mark.parametrize("name", ALONE)
def test_each_process_alone_starts_the_database_and_leaves_it_last(name):
    with system() as it:
        it.manage("migrate", "--verbosity", "0")
        command = [sys.executable, *ALONE[name]]
        if name == "clock":
            command.append(str(it.var / "schedule"))
        it.follow(it.command(command, PORT=str(it.port), DRAIN_SECONDS="0.1"))
        it.wait_for({"web": "Started worker-1", "worker": "Worker ready"}.get(name, "Clock ready"))
        it.signal()
        assert it.wait(seconds=30) == 0
        assert "Asked to stop" in it.log
        assert "Stopped, the database left last" in it.log
        assert eventually(lambda: not it.database_runs(), seconds=10)


def is_child(pid: int, parent: int) -> bool:
    return parent_of(Path(f"/proc/{pid}")) == parent
