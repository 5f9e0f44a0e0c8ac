"""How often one client may ask: django-ratelimit's rates, windows and keys, in one round trip.

django-ratelimit takes two round trips to count and reads nothing else; here one script counts
and brings the generation of the API keys along (core.known_keys). The counters are the same
ones: its decorators and `get_usage` read what is counted here, and count on.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from time import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key
from redis import Redis
from redis.commands.core import Script

from core.known_keys import GENERATION
from core.redis import RedisIsAway, ask

COUNT = """
local count = redis.call('INCR', KEYS[2])
if count == 1 then redis.call('EXPIRE', KEYS[2], ARGV[1]) end
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1 then redis.call('DECR', KEYS[3]) end
return {count, redis.call('GET', KEYS[1])}
"""


class RateClass(StrEnum):
    """How dear a call is. All but the default stand beside it: both are counted."""

    DEFAULT = "default"
    FEEDS = "feeds"  # private calendars: a few addresses read them for everybody
    LENIENT = "lenient"  # reading what operators manage
    STANDARD = "standard"  # signing in, and whatever else takes a password
    STRICT = "strict"  # backups and exports
    PAGE_HOLD = "page-hold"  # a visitor of the booking page chooses a time
    PAGE_BOOKING = "page-booking"  # and books it


PER_MINUTE = {
    RateClass.FEEDS: 300,
    RateClass.LENIENT: 60,
    RateClass.STANDARD: 10,
    RateClass.STRICT: 3,
}
# Without Redis nobody counts: what guards a password or a heavy load is refused then.
REFUSED_WITHOUT_REDIS = frozenset({RateClass.STANDARD, RateClass.STRICT})


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has used of a limit. `count` is 0 and `generation` None without Redis."""

    limit: int
    count: int
    reset_seconds: int
    is_known: bool = True
    generation: bytes | None = None

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit


def count(
    rate_class: RateClass,
    client: str,
    *,
    give_back: str | None = None,
    per_minute: int | None = None,
) -> Usage:
    """Count one request of `client`; `give_back` names one that was counted in its stead.

    `per_minute` is a limit of the client's own, instead of that of the class.
    """
    usual = rate_of(rate_class)
    limit, period = usual if per_minute is None else (per_minute, 60)
    window = _get_window(client, period)
    # The window's last second belongs to it, so a client that waits this long is let in.
    reset_seconds = max(1, window - int(time()) + 1)
    keys = [GENERATION, _counter(rate_class, client, window, limit, period)]
    if give_back is not None:
        other = _get_window(give_back, usual[1])
        keys.append(_counter(rate_class, give_back, other, *usual))
    try:
        used, generation = ask(lambda redis: _run(redis, keys, period + EXPIRATION_FUDGE))
    except RedisIsAway:
        return Usage(limit, 0, reset_seconds, is_known=False)
    return Usage(limit, used, reset_seconds, generation=generation or b"")


def rate_of(rate_class: RateClass) -> tuple[int, int]:
    """Return how many requests in how many seconds."""
    if rate_class == RateClass.DEFAULT:
        return settings.RATE_LIMIT_MAX_REQUESTS, settings.RATE_LIMIT_WINDOW_SECONDS
    if rate_class == RateClass.PAGE_HOLD:
        return settings.PAGE_HOLDS_PER_HOUR, 3600
    if rate_class == RateClass.PAGE_BOOKING:
        return settings.PAGE_BOOKINGS_PER_HOUR, 3600
    return PER_MINUTE[rate_class], 60


def _run(redis: Redis, keys: list[str], lasts_seconds: int) -> Any:
    return _script_of(redis)(keys=keys, args=[lasts_seconds])


@cache
def _script_of(redis: Redis) -> Script:
    return redis.register_script(COUNT)


def _counter(group: str, client: str, window: int, limit: int, period: int) -> str:
    """Return the name in Redis under which django-ratelimit's cache keeps this count."""
    key = _make_cache_key(group, window, (limit, period), client, ALL)
    return caches["default"].make_key(key)
