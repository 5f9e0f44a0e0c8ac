"""64 clients at once over HTTP: `python -m benchmarks.races` prints who got what, and counts.

Exactly as many succeed as can, everybody else gets a 409 with its reason; no 5xx, and no
deadlock in the server's statistics. Anything else ends it with an error.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import orjson

from benchmarks import system

CLIENTS = 64
ROUNDS = 20
HALF_AN_HOUR = 30

Call = tuple[str, str, dict[str, Any]]


@dataclass
class Crowd:
    """Clients with a connection each, which all send at the same moment."""

    port: int
    key: str

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(CLIENTS)
        self.lines = threading.local()

    def at_once(self, calls: Sequence[Call]) -> list[dict[str, Any]]:
        start = threading.Barrier(len(calls))
        return list(self.pool.map(lambda call: self._send(call, start), calls))

    def one(self, call: Call) -> dict[str, Any]:
        return self.at_once([call])[0]

    def _send(self, call: Call, start: threading.Barrier) -> dict[str, Any]:
        method, path, body = call
        if not hasattr(self.lines, "line"):
            self.lines.line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        start.wait(60)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        self.lines.line.request(method, f"/api/{path}", orjson.dumps(body), headers)
        answer = self.lines.line.getresponse()
        return {"status": answer.status, **orjson.loads(answer.read())}


def told(answers: Sequence[dict[str, Any]]) -> Counter[str]:
    return Counter(
        str(one["status"])
        if one["success"]
        else f"{one['status']} {one['error']['details'].get('reason', '')}".strip()
        for one in answers
    )


def book(at: datetime, number: int = 0, **more: Any) -> Call:
    body = {
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": f"mia.{number}@example.com",
        "inquiry": "As last time",
        "timeSlot": slot(at),
    }
    return "POST", "bookings", {**body, **more}


def slot(at: datetime) -> dict[str, Any]:
    return {"startTime": at.isoformat(), "duration": HALF_AN_HOUR}


def moved(booking: dict[str, Any], at: datetime) -> Call:
    return "PUT", f"bookings/{booking['data']['id']}", {"timeSlot": slot(at)}


def main() -> int:
    system.prepare()
    from django.core.management import call_command

    from benchmarks import data

    with system.web() as port:
        stage = data.stage(data.ONE_DESK)
        crowd = Crowd(port, stage.key)
        days = iter(data.tomorrow() + timedelta(days=n, hours=10) for n in range(1, 178))
        before = deadlocks()

        def race(name: str, calls: Callable[[datetime], list[Call]], wanted: Sequence[str]) -> None:
            total: Counter[str] = Counter()
            for _ in range(ROUNDS):
                total += told(crowd.at_once(calls(next(days))))
            print(f"{name:<44} {dict(sorted(total.items()))}", flush=True)
            if set(total) - set(wanted):
                raise SystemExit(f"{name}: only {wanted} are right answers.")

        def won(total: int, name: str) -> None:
            from bookings.models import Allocation

            live = Allocation.objects.filter(
                lane__resource__in=stage.resource_ids, released_at=None
            )
            if live.count() != total:
                raise SystemExit(f"{name}: {live.count()} places are taken instead of {total}.")

        def all_want(ten: datetime) -> list[Call]:
            return [book(ten, n) for n in range(CLIENTS)]

        lost = "409 SLOT_TAKEN"
        race("one time", all_want, ["201", lost])
        won(ROUNDS, "one time")
        race(
            "times five minutes apart",
            lambda ten: [book(ten + timedelta(minutes=5 * (n % 6)), n) for n in range(CLIENTS)],
            ["201", lost],
        )
        won(2 * ROUNDS, "times five minutes apart")
        race(
            "holds against bookings",
            lambda ten: [
                book(ten, n) if n % 2 else ("POST", "holds", {"timeSlot": slot(ten)})
                for n in range(CLIENTS)
            ],
            ["201", lost],
        )
        won(3 * ROUNDS, "holds against bookings")

        def moves(ten: datetime) -> list[Call]:
            starts = [ten + timedelta(minutes=HALF_AN_HOUR * n) for n in range(1, 9)]
            bookings = [crowd.one(book(at, n)) for n, at in enumerate(starts)]
            return [moved(bookings[n % len(bookings)], ten) for n in range(CLIENTS)]

        # Who has moved there may say so again: that changes nothing and is a 200.
        race("eight bookings moved into one time", moves, ["200", lost])
        won((3 + 8) * ROUNDS, "moves")
        data.add_places(stage, 3)
        race(
            "the last of three places",
            lambda ten: [book(ten, n) for n in range(CLIENTS)],
            ["201", lost],
        )
        won((3 + 8 + 3) * ROUNDS, "the last of three places")
        last_ones(port, days)
        print(f"deadlocks: {deadlocks() - before}", flush=True)
        call_command("check_invariants")
        return int(deadlocks() > before)


def last_ones(port: int, days: Iterator[datetime]) -> None:
    """Race for the last place of a session, and for the last session of a bundle."""
    from benchmarks.courses import school

    ours = school(CLIENTS)
    crowd = Crowd(port, ours.key)

    def join(at: datetime) -> list[Call]:
        path = f"group-sessions/{ours.session(at).pk}/join"
        people = [{"name": "Mia", "email": f"mia.{n}@example.com"} for n in range(CLIENTS)]
        return [("POST", path, each) for each in people]

    def spend(at: datetime) -> list[Call]:
        student, bundle = ours.one_session_left()
        wanted = {
            "studentId": student,
            "courseId": str(ours.course.pk),
            "date": at.isoformat(),
            "durationMinutes": 60,
            "bundlePurchaseId": bundle,
        }
        return [
            ("POST", "bookings/individual", {**wanted, "taId": str(each.pk)})
            for each in ours.teachers
        ]

    lost = CLIENTS - 1
    for name, calls, refusal in (
        ("the last place of a session", join, "409 SESSION_FULL"),
        ("the last session of a bundle", spend, "409 NO_CREDIT"),
    ):
        total: Counter[str] = Counter()
        for _ in range(ROUNDS):
            answers = told(crowd.at_once(calls(next(days))))
            total += answers
            if answers != {"201": 1, refusal: lost}:
                raise SystemExit(f"{name}: {dict(answers)} in one round.")
        print(f"{name:<44} {dict(sorted(total.items()))}", flush=True)


def deadlocks() -> int:
    from core.db import rows

    ((number,),) = rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(number)


if __name__ == "__main__":
    sys.exit(main())
