"""The cache of all processes. It may forget anything at any time, and so may Redis be away."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from core.redis import CONNECTION_OPTIONS, RedisIsAway, watch

T = TypeVar("T")


class ForgivingClient(RedisCacheClient):
    """Django's client, whose failures are misses: nothing found, nothing kept."""

    def add(self, key: str, value: Any, timeout: int | None) -> bool:
        return _or_else(False, super().add, key, value, timeout)

    def get(self, key: str, default: Any) -> Any:
        return _or_else(default, super().get, key, default)

    def set(self, key: str, value: Any, timeout: int | None) -> None:
        _or_else(None, super().set, key, value, timeout)

    def touch(self, key: str, timeout: int | None) -> bool:
        return _or_else(False, super().touch, key, timeout)

    def delete(self, key: str) -> bool:
        return _or_else(False, super().delete, key)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        return _or_else({}, super().get_many, keys)

    def has_key(self, key: str) -> bool:
        return _or_else(False, super().has_key, key)

    def incr(self, key: str, delta: int) -> int:
        """Add to a number. Raises ValueError when there is none, as Django's caches do."""
        try:
            with watch:
                return super().incr(key, delta)
        except RedisIsAway as error:
            raise ValueError(f"Key '{key}' not found.") from error

    def set_many(self, data: dict[str, Any], timeout: int | None) -> None:
        _or_else(None, super().set_many, data, timeout)

    def delete_many(self, keys: Iterable[str]) -> None:
        _or_else(None, super().delete_many, keys)

    def forget_all(self, pattern: str) -> bool:
        return _or_else(False, self._forget_all, pattern)

    def _forget_all(self, pattern: str) -> bool:
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match=pattern, count=1000):
            client.unlink(key)
        return True


class SharedCache(RedisCache):
    """The Redis cache of all processes, in the Redis that also holds the queue."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
        self._options = {**CONNECTION_OPTIONS, **self._options}

    def clear(self) -> bool:
        """Forget what the cache holds. Django's own would empty the queue as well."""
        return self._cache.forget_all(f"{self.key_prefix}:*")


def _or_else(otherwise: T, work: Callable[..., T], *args: Any) -> T:
    try:
        with watch:
            return work(*args)
    except RedisIsAway:
        return otherwise
