import socket
import threading
from time import monotonic

import pytest
import structlog

from core import redis as our_redis
from core.redis import PAUSE_SECONDS, SOCKET_TIMEOUT_SECONDS, RedisIsAway, ask, client


@pytest.fixture
def hanging_redis(settings):
    """A server that takes connections and never answers, as a stopped machine does."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        thread = threading.Thread(target=_take, args=(server, taken), daemon=True)
        thread.start()
        client.cache_clear()
        yield taken
        client().close()
        client.cache_clear()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


def _take(server, taken):
    try:
        while True:
            taken.append(server.accept()[0])
    except OSError:
        return


def refused_after():
    started = monotonic()
    with pytest.raises(RedisIsAway):
        ask(lambda redis: redis.ping())
    return monotonic() - started


def test_a_redis_that_hangs_costs_a_quarter_of_a_second_once_and_then_nothing(
    hanging_redis, monkeypatch
):
    assert SOCKET_TIMEOUT_SECONDS <= refused_after() < 2 * SOCKET_TIMEOUT_SECONDS
    assert sum(refused_after() for _ in range(100)) < SOCKET_TIMEOUT_SECONDS
    assert len(hanging_redis) == 1

    later = monotonic() + PAUSE_SECONDS
    monkeypatch.setattr(our_redis, "monotonic", lambda: later)
    assert refused_after() >= SOCKET_TIMEOUT_SECONDS  # asked again


def test_ten_minutes_without_redis_are_ten_lines_in_the_log(redis_is_gone, monkeypatch):
    start = monotonic()

    with structlog.testing.capture_logs() as lines:
        for seconds in range(600):
            monkeypatch.setattr(our_redis, "monotonic", lambda now=start + seconds: now)
            refused_after()

    assert len(lines) == 10


def test_a_redis_that_was_restarted_is_asked_again_without_an_error(redis, servers):
    assert ask(lambda redis: redis.ping())
    servers.redis.stop()
    servers.use_redis()

    assert ask(lambda redis: redis.ping())


def test_a_mistake_of_ours_is_not_taken_for_redis_being_away():
    with pytest.raises(KeyError):
        ask(lambda _: dict[str, str]()["nothing"])
