"""The servers of the tests, then their cast."""

from collections.abc import Iterator

import pytest
import redis as redis_client

from config.settings.test import SERVERS
from embedded.servers import Servers
from tests.servers import thrown_away


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """This process' own PostgreSQL and Redis, running until its last test is over."""
    with thrown_away(SERVERS) as servers:
        servers.use_postgres()
        servers.use_redis()
        yield servers


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The whole server is thrown away: a connection that is still open stops no DROP DATABASE."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Servers) -> None:
    """pytest-django asks for this before it makes the test database."""


@pytest.fixture(autouse=True)
def _redis_is_empty() -> None:
    if SERVERS.redis.is_running():
        with redis_client.Redis.from_url(SERVERS.redis.url) as redis:
            redis.flushall()


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """What a process remembers for seconds would outlive the rows of a test."""
    from core import known_keys
    from core.redis import watch

    known_keys.forget()
    watch.forget()


@pytest.fixture
def redis(servers: Servers) -> Iterator[redis_client.Redis]:
    """A client of the Redis that the settings name, which is empty when a test begins."""
    with redis_client.Redis.from_url(servers.redis.url) as redis:
        yield redis


@pytest.fixture
def redis_is_gone(servers: Servers) -> Iterator[None]:
    """No Redis during this test: what connects is refused."""
    servers.redis.stop()
    yield
    servers.use_redis()


pytest_plugins = [
    "tests.waiting",
    "tests.attending",
    "tests.doctor",
    "tests.deadlocks",
    "tests.cast",
    "tests.browsers",
    "tests.browser",
    "tests.calendar_server",
]
