"""What /api/health/detailed looks at. Each app may add its own part with `checks.register`."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

from celery import current_app
from django.core.mail import get_connection
from django.db.models import Count, Min
from django.utils import timezone

from core.health.database import NoAnswer, ask, connections_of_this_database, select_one
from core.models import Outbox
from core.redis import RedisIsAway
from core.redis import ask as ask_redis

DATABASE_SECONDS = 2.0
WORKER_SECONDS = 1.0
MAIL_SECONDS = 2
# The clock looks every five seconds; what is older than this, nobody has fetched.
OUTBOX_IS_LATE_AFTER = timedelta(seconds=60)


class Failing(Exception):
    """A part of the system does not do what it is for. The text is one word for machines."""

    def __init__(self, cause: str, **facts: object) -> None:
        super().__init__(cause)
        self.facts = facts


class Checks:
    """The parts of the system by name, each a function that returns facts or raises Failing."""

    def __init__(self) -> None:
        self.known: dict[str, Callable[[], Mapping[str, Any]]] = {}

    def register(self, name: str, check: Callable[[], Mapping[str, Any]]) -> None:
        """Add a part. `check` must end within about two seconds, and tells no personal data."""
        self.known[name] = check

    def run(self) -> tuple[bool, dict[str, dict[str, Any]]]:
        """Return whether all is well, and of each part `{status, responseTime, …}` (ms)."""
        found = {name: _run(check) for name, check in self.known.items()}
        return all(part["status"] == "healthy" for part in found.values()), found


def _run(check: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    started = perf_counter()
    try:
        facts = {"status": "healthy", **check()}
    except Failing as failing:
        facts = {"status": "unhealthy", "reason": str(failing), **failing.facts}
    except Exception as error:  # of whatever kind: this page is for finding out
        facts = {"status": "unhealthy", "reason": type(error).__name__}
    return {**facts, "responseTime": round((perf_counter() - started) * 1000)}


def database() -> Mapping[str, Any]:
    try:
        ask(select_one, seconds=DATABASE_SECONDS)
        return {"connections": ask(connections_of_this_database, seconds=DATABASE_SECONDS)}
    except NoAnswer as error:
        raise Failing("database_unavailable") from error


def redis() -> Mapping[str, Any]:
    try:
        ask_redis(lambda client: client.ping())
    except RedisIsAway as error:
        raise Failing("redis_unavailable") from error
    return {}


def worker() -> Mapping[str, Any]:
    """Ask every worker by the queue's own remote control; one that answers is enough."""
    redis()  # without it the question would wait for its connection
    # A connection of its own: those of Celery's pool may stem from before Redis was restarted.
    with current_app.connection_for_write() as connection:
        replies = current_app.control.ping(timeout=WORKER_SECONDS, limit=1, connection=connection)
    if not replies:
        raise Failing("no_worker_answers")
    return {}


def outbox() -> Mapping[str, Any]:
    """Events wait here for a worker; a late one means that worker or clock is not at work."""
    now = timezone.now()
    due = Outbox.objects.filter(not_before__lte=now).aggregate(
        waiting=Count("pk"), oldest=Min("not_before")
    )
    late = now - due["oldest"] if due["oldest"] else timedelta()
    facts = {"waiting": due["waiting"], "oldestSeconds": round(late.total_seconds())}
    if late > OUTBOX_IS_LATE_AFTER:
        raise Failing("events_are_waiting", **facts)
    return facts


def mail() -> Mapping[str, Any]:
    """Open and close a connection to the mail server; a provider's API is not asked."""
    connection = get_connection(timeout=MAIL_SECONDS)
    try:
        connection.open()
    except Exception as error:
        raise Failing("mail_server_unavailable") from error
    finally:
        connection.close()
    return {}


checks = Checks()
checks.register("database", database)
checks.register("redis", redis)
checks.register("worker", worker)
checks.register("outbox", outbox)
checks.register("mail", mail)
