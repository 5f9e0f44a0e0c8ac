"""Mails handed to a local SMTP sink against empty Celery tasks, on the same two workers.

`python -m benchmarks.deliveries` prints the ratio of one run.
"""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter, sleep

from benchmarks import system
from benchmarks.load import run

ROUNDS = 3
TASKS = 3_000
BOOKINGS = 600  # two mails each


def empty_tasks() -> float:
    """Return how many empty tasks per second two workers do."""
    import redis
    from django.conf import settings

    from benchmarks.tasks import empty

    broker = redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(TASKS):
        empty.delay()
    # The queue was filled beforehand as far as it could be; from here only the workers count.
    left = broker.llen("celery")
    started = perf_counter()
    while broker.llen("celery") or broker.hlen("unacked"):
        sleep(0.005)
    return left / (perf_counter() - started)


def mails(sender) -> float:
    """Return how many deliveries per second the same workers hand over, rows settled."""
    from django.utils import timezone

    from notifications.models import Delivery

    waiting = Delivery.objects.filter(status="QUEUED")
    count = waiting.update(not_before=timezone.now())
    started = perf_counter()
    sender()
    while Delivery.objects.filter(status__in=["QUEUED", "SENDING"]).exists():
        sleep(0.02)
    seconds = perf_counter() - started
    unsent = Delivery.objects.exclude(status="SENT").count()
    if unsent:
        raise SystemExit(f"{unsent} deliveries were not sent.")
    return count / seconds


def book(port: int, wishes) -> None:
    """Take bookings over HTTP and relay their events, so that their mails wait as rows."""
    from datetime import timedelta

    from django.db.models import F

    from core import events
    from notifications.models import Delivery

    result = run(
        (wish for _, wish in zip(range(BOOKINGS), wishes, strict=False)), port=port, seconds=600
    )
    if set(result.statuses) != {201}:
        raise SystemExit(f"Not every booking was taken: {result.statuses}")
    while events.relay():
        pass
    Delivery.objects.filter(status="QUEUED").update(not_before=F("not_before") + timedelta(days=1))


def main() -> int:
    smtp_port = system.free_port()
    os.environ |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(smtp_port), "SMTP_SECURITY": "none"}
    system.prepare()
    from django.db import connection

    from benchmarks import data
    from notifications.tasks import send_due_deliveries

    sink = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(smtp_port)])
    try:
        ratios, rates, floors = [], [], []
        stage = data.stage()
        with connection.cursor() as cursor:  # what an earlier run left is none of this one's
            cursor.execute("DELETE FROM notifications_delivery")
        for _ in range(ROUNDS):
            with system.web(processes=2) as port:
                wishes = data.wishes(stage, port=port)
                for _ in range(len(rates) * BOOKINGS):
                    next(wishes)
                book(port, wishes)
            with system.worker(processes=2):
                floors.append(empty_tasks())
                rates.append(mails(send_due_deliveries.delay))
            ratios.append(rates[-1] / floors[-1])
            print(f"{rates[-1]:7.0f} mails/s against {floors[-1]:7.0f} tasks/s", flush=True)
        print(f"deliveries to a local sink / empty tasks: {median(ratios):.2f}")
    finally:
        sink.terminate()
        sink.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
