"""Redis, which may be away: nobody waits longer than 250 ms for it, and not at every request."""

from collections.abc import Callable
from functools import cache
from time import monotonic
from types import TracebackType
from typing import TypeVar

import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

SOCKET_TIMEOUT_SECONDS = 0.25
# How long nobody asks after a failure: a Redis that hangs costs 250 ms each time, not per request.
PAUSE_SECONDS = 2.0
# One line says that Redis is away, then one a minute that it still is.
SECONDS_BETWEEN_LINES = 60.0

CONNECTION_OPTIONS = {
    "socket_timeout": SOCKET_TIMEOUT_SECONDS,
    "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
    # The client's own retries would wait several times. A connection that was cut while it
    # lay idle is opened anew without one.
    "retry": Retry(NoBackoff(), 0),
    "protocol": 2,
}

log = structlog.get_logger(__name__)


class RedisIsAway(Exception):
    """Redis did not answer, or did not a moment ago. Whoever asks can do without, or says so."""


class Watch:
    """Lets one failure speak for the next two seconds. One per process; a context manager."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._next_line_at = 0.0
        self._is_away = False

    def __enter__(self) -> None:
        if monotonic() < self._silent_until:
            raise RedisIsAway

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            if self._is_away:
                self.forget()
                log.info("Redis answers again")
        elif isinstance(error, RedisError | OSError):
            self._pause(error)
            raise RedisIsAway from error

    def forget(self) -> None:
        """Ask again at once."""
        self.__init__()  # type: ignore[misc]

    def _pause(self, error: BaseException) -> None:
        now = monotonic()
        self._silent_until = now + PAUSE_SECONDS
        self._is_away = True
        if now >= self._next_line_at:
            self._next_line_at = now + SECONDS_BETWEEN_LINES
            log.warning(
                "Redis is away: rate limits let through, the cache misses, nobody can sign in",
                error=type(error).__name__,
            )


watch = Watch()


@cache
def client() -> Redis:
    """Return this process' client; its connections are opened when they are needed."""
    return Redis.from_url(settings.REDIS_URL, **CONNECTION_OPTIONS)


def ask(work: Callable[[Redis], T]) -> T:
    """Return what `work` reads or does. Raises RedisIsAway."""
    with watch:
        return work(client())
