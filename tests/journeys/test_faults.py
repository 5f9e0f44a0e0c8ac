"""The whole system, and what happens to it: whatever is killed or stopped, bookings are taken
all the while, nothing that was acknowledged is lost, and every mail arrives once.
"""

import asyncio
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from embedded.account import EmbeddedError
from embedded.redis import Redis
from embedded.servers import Servers
from tests.journeys.system import System, a_booking, eventually, parent_of, system
from tests.notifications.smtp_server import MailServer

pytestmark = pytest.mark.journey

DESK = "desk@demo.example"
LOOKS_EVERY_SECONDS = 5  # the clock


class GatedMailServer(MailServer):
    """A mail server that can be made to let everybody wait before it takes their mail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.waiting += 1
        try:
            await asyncio.to_thread(self.gate.wait)
        finally:
            self.waiting -= 1
        return await super().handle_RCPT(server, session, envelope, address, options)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[GatedMailServer]:
    server = GatedMailServer()
    server.start()
    yield server
    server.gate.set()
    server.stop()


@pytest.fixture(scope="module")
def running(mailbox) -> Iterator[System]:
    with system() as it:
        it.start(
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(mailbox.port),
            SMTP_SECURITY="none",
            WORKER_PROCESSES="1",
            RATE_LIMIT_MAX_REQUESTS="100000",
        )
        it.wait_for("Worker ready")
        yield it


@pytest.fixture
def mail_server(mailbox: GatedMailServer, running: System) -> GatedMailServer:
    """The mail server of the running system, empty, with all that was promised before sent."""
    assert eventually(lambda: not unsent(running))
    mailbox.mails.clear()
    mailbox.tries.clear()
    return mailbox


@pytest.fixture
def api(running) -> Iterator[httpx.Client]:
    with running.client() as api:
        yield api


def _wishes() -> Iterator[dict[str, Any]]:
    """Requests for different times from different people, more than anybody needs."""
    weekdays = [day for day in range(7, 170) if (TODAY + timedelta(days=day)).weekday() < 5]
    times = itertools.product(weekdays, (9, 10, 11, 12, 13), (0, 30))
    for number, (day, hour, minute) in enumerate(times):
        wish = a_booking(on_day=day, hour=hour, minute=minute)
        yield {**wish, "email": f"guest{number}@example.com"}


TODAY = datetime.now(UTC)
WISHES = _wishes()


def book(api: httpx.Client, wish: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/api/bookings", json=wish)
    assert answer.status_code == 201, answer.text
    booking: dict[str, Any] = answer.json()["data"]
    return booking


def time_passes_for_the_mails(it: System) -> None:
    """Until the next try of each, or until the lease of a worker that died has ended."""
    with it.database() as database:
        database.execute(
            "UPDATE notifications_delivery SET not_before = now()"
            " WHERE status IN ('QUEUED', 'SENDING')"
        )


def ask(it: System, question: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with it.database() as database:
        return database.execute(question, parameters).fetchall()


def unsent(it: System) -> int:
    ((mails, events),) = ask(
        it,
        "SELECT (SELECT count(*) FROM notifications_delivery"
        " WHERE status IN ('QUEUED', 'SENDING')), (SELECT count(*) FROM core_outbox)",
    )
    waiting: int = mails + events
    return waiting


def arrived(server: MailServer) -> Counter[str]:
    """How often each mail arrived, by its Message-ID."""
    return Counter(mail["Message-ID"] for mail in server.mails)


def promised(it: System, bookings: list[str]) -> Counter[str]:
    """The Message-IDs of what was promised about these bookings, each of which has left."""
    rows = ask(
        it,
        "SELECT id::text, status FROM notifications_delivery WHERE booking_id = ANY(%s::uuid[])",
        bookings,
    )
    assert {status for _, status in rows} == {"SENT"}
    return Counter(f"<{row}@localhost>" for row, _ in rows)


def each_is_told_once(it: System, server: MailServer, bookings: list[dict[str, Any]]) -> bool:
    """Each customer and, for each booking, the desk have one mail, and no more come."""
    wanted = Counter([booking["email"] for booking in bookings] + [DESK] * len(bookings))

    def told() -> bool:
        return Counter(mail["To"] for mail in server.mails) == wanted

    assert eventually(told), server.mails
    assert eventually(lambda: not unsent(it))
    time.sleep(LOOKS_EVERY_SECONDS + 1)
    return arrived(server) == promised(it, [booking["id"] for booking in bookings])


def children_of(pid: int, it: System) -> list[int]:
    return [each for each in it.processes() if parent_of(Path(f"/proc/{each}")) == pid]


# --- the worker --------------------------------------------------------------------------


@pytest.mark.parametrize("killed", ["the whole worker", "the process that sends"])
def test_a_worker_killed_in_mid_send(running, api, mail_server, killed):
    mail_server.gate.clear()
    bookings = [book(api, next(WISHES)) for _ in range(4)]
    assert eventually(lambda: mail_server.waiting)  # a mail is half sent
    worker = running.process_of("worker")
    sender = children_of(worker, running)
    os.kill(worker if killed == "the whole worker" else sender[0], signal.SIGKILL)

    bookings.append(book(api, next(WISHES)))
    assert eventually(lambda: not mail_server.waiting)
    mail_server.gate.set()
    time_passes_for_the_mails(running)

    assert each_is_told_once(running, mail_server, bookings)


def test_a_worker_killed_right_after_the_mail_was_taken_uses_the_same_message_id(
    running, api, mail_server
):
    """Nobody can know then; whoever reads it sees one mail, because it is the same one."""
    mail_server.next_answers.append("hang")
    mail_server.hang_seconds = 1.0
    booking = book(api, next(WISHES))
    assert eventually(lambda: mail_server.tries)
    assert eventually(lambda: not mail_server.next_answers)  # its content is there
    os.kill(running.process_of("worker"), signal.SIGKILL)
    assert eventually(lambda: len(mail_server.mails) == 1)
    time_passes_for_the_mails(running)

    assert eventually(lambda: not unsent(running))
    assert {mail["To"] for mail in mail_server.mails} == {booking["email"], DESK}
    assert set(arrived(mail_server)) == set(promised(running, [booking["id"]]))


# --- Redis and the mail server -----------------------------------------------------------


def test_redis_stopped_for_a_while(running, api, mail_server):
    bookings = [book(api, next(WISHES))]
    redis = Redis(sockets=running.private)
    redis.stop()
    for _ in range(3):
        started = time.monotonic()
        bookings.append(book(api, next(WISHES)))
        assert time.monotonic() - started < 2
        time.sleep(2)
    redis.start()
    bookings.append(book(api, next(WISHES)))

    assert each_is_told_once(running, mail_server, bookings)


def test_the_mail_server_down_for_a_while(running, api, mail_server):
    mail_server.stop()
    bookings = [book(api, next(WISHES)) for _ in range(3)]
    running.wait_for("Message waits for its next try")
    confirmed_and_cancelled = book(api, next(WISHES))
    path = f"/api/bookings/{confirmed_and_cancelled['id']}"
    assert api.patch(path, json={"status": "CONFIRMED"}).status_code == 200
    assert api.delete(path).status_code == 200
    time.sleep(LOOKS_EVERY_SECONDS)
    mail_server.start()
    time_passes_for_the_mails(running)

    assert eventually(lambda: not unsent(running))
    time.sleep(LOOKS_EVERY_SECONDS + 1)
    assert set(arrived(mail_server).values()) == {1}
    for booking in bookings:
        assert len(mail_server.to(booking["email"])) == 1
    (told,) = mail_server.subjects_to(confirmed_and_cancelled["email"])
    assert "cancelled" in told.lower()  # and never that it was confirmed
    assert not [each for each in mail_server.subjects_to(DESK) if "confirmed" in each.lower()]


# --- the database and the web process ----------------------------------------------------


def test_nothing_acknowledged_is_lost_when_the_database_crashes(running, mail_server):
    """Its processes are killed while four clients book; it recovers from its own log."""
    before = {booking for (booking,) in ask(running, "SELECT id::text FROM bookings_booking")}
    lock, is_over = threading.Lock(), threading.Event()
    answers: list[httpx.Response] = []

    def keep_booking() -> None:
        with running.client() as api:
            while not is_over.wait(0.05):
                with lock:
                    wish = next(WISHES)
                answers.append(api.post("/api/bookings", json=wish))

    def acknowledged() -> set[str]:
        return {each.json()["data"]["id"] for each in answers if each.status_code == 201}

    with ThreadPoolExecutor(4) as clients:
        working = [clients.submit(keep_booking) for _ in range(4)]
        assert eventually(lambda: len(acknowledged()) >= 20)
        crash_the_database(running)
        until_then = len(acknowledged())
        assert eventually(lambda: len(acknowledged()) >= until_then + 20, seconds=60), working
        is_over.set()
        for each in working:
            each.result()

    assert {answer.status_code for answer in answers} <= {201, 503}
    made = {
        booking: counts
        for booking, *counts in ask(
            running,
            "SELECT booking.id::text, count(DISTINCT booking.email_index),"
            " count(DISTINCT allocation.id), count(DISTINCT event.id)"
            " FROM bookings_booking AS booking"
            " LEFT JOIN bookings_allocation AS allocation ON allocation.booking_id = booking.id"
            " LEFT JOIN core_event AS event ON event.subject_id = booking.id"
            " WHERE booking.id <> ALL(%s::uuid[]) GROUP BY booking.id",
            list(before),
        )
    }
    assert acknowledged() <= made.keys()
    assert {tuple(counts) for counts in made.values()} == {(1, 1, 1)}
    assert len(made) <= len(answers)
    time_passes_for_the_mails(running)
    assert eventually(lambda: not unsent(running), seconds=60)
    assert arrived(mail_server).keys() == promised(running, list(made)).keys()


def crash_the_database(it: System) -> None:
    """Kill it as a power cut would, and start it again."""
    pid_file = it.var / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    assert eventually(lambda: not it.database_runs())
    time.sleep(1)

    def starts() -> bool:
        try:
            Servers(it.var).postgres.start()
        except EmbeddedError:  # the last of its processes have not noticed yet
            return False
        return True

    assert eventually(starts)


def test_a_client_that_repeats_with_its_key_after_a_crash_has_one_booking(running):
    """The web processes are killed while they book; nobody knows how far they came."""
    wish, key = next(WISHES), {"Idempotency-Key": "mine"}
    with running.client() as api, running.client() as again, ThreadPoolExecutor(1) as somebody:
        with running.database() as other:
            other.execute("SELECT 1 FROM bookings_resource FOR UPDATE")
            answer = somebody.submit(api.post, "/api/bookings", json=wish, headers=key)
            assert eventually(lambda: somebody_waits(running))
            for worker in children_of(running.process_of("config.web"), running):
                os.kill(worker, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                answer.result()

        def repeated() -> bool:
            try:
                answers.append(again.post("/api/bookings", json=wish, headers=key))
            except httpx.TransportError:
                return False
            return answers[-1].status_code == 201

        answers: list[httpx.Response] = []
        assert eventually(repeated)
        listed = again.get("/api/bookings", params={"email": wish["email"]}).json()
    assert [booking["id"] for booking in listed["data"]] == [answers[-1].json()["data"]["id"]]


def somebody_waits(it: System) -> bool:
    return bool(ask(it, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
