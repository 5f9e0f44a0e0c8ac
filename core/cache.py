"""The cache of all processes. It may forget anything at any time, and so may Redis be away."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from core.redis import CONNECTION_OPTIONS, RedisIsAway, watch

T = TypeVar("T")


class ForgivingClient(RedisCacheClient):
    """Django's client, whose failures are misses: nothing found, nothing kept."""

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return _or_else(False, super().add, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return _or_else(default, super().get, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        _or_else(None, super().set, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> bool:
        return _or_else(False, super().touch, key, timeout)

    def delete(self, key: Any) -> bool:
        return _or_else(False, super().delete, key)

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        return _or_else({}, super().get_many, keys)

    def has_key(self, key: Any) -> bool:
        return _or_else(False, super().has_key, key)

    def incr(self, key: Any, delta: int) -> Any:
        """Add to a number. Raises ValueError when there is none, as Django's caches do."""
        try:
            with watch:
                return super().incr(key, delta)
        except RedisIsAway as error:
            raise ValueError(f"Key '{key}' not found.") from error

    def set_many(self, data: Mapping[Any, Any], timeout: Any) -> None:
        _or_else(None, super().set_many, data, timeout)

    def delete_many(self, keys: Iterable[Any]) -> None:
        _or_else(None, super().delete_many, keys)

    def forget_all(self, pattern: str) -> None:
        _or_else(None, self._forget_all, pattern)

    def _forget_all(self, pattern: str) -> None:
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match=pattern, count=1000):
            client.unlink(key)


class SharedCache(RedisCache):
    """The Redis cache of all processes, in the Redis that also holds the queue."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**CONNECTION_OPTIONS, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = ForgivingClient

    def clear(self) -> None:
        """Forget what the cache holds. Django's own would empty the queue as well."""
        client: Any = self._cache
        client.forget_all(f"{self.key_prefix}:*")


def _or_else(otherwise: T, work: Callable[..., T], *args: Any) -> T:
    try:
        with watch:
            return work(*args)
    except RedisIsAway:
        return otherwise
