"""The PostgreSQL and the Redis of one test process: real, its own, and thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager

from embedded.servers import Servers


@contextmanager
def thrown_away(servers: Servers) -> Iterator[Servers]:
    """Servers that start when they are used and leave nothing behind."""
    servers.home.mkdir()
    servers.home.chmod(0o711)  # root's PostgreSQL runs as another account
    try:
        yield servers
    finally:
        if not servers.stop_if_last():
            servers.stop()  # a failed test may have left a user behind
        servers.remove()
