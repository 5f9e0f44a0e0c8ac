"""Told to stop, but still working: load balancers are sent elsewhere before the doors close."""

import structlog

from core.observability.database import close_all_connections

log = structlog.get_logger(__name__)

_state = {"draining": False}


def begin() -> None:
    """Answer 503 `shutting_down` at /health/lb from now on; everything else as before."""
    if not _state["draining"]:
        _state["draining"] = True
        log.info("Asked to stop: health says so, what runs is finished")


def is_draining() -> bool:
    return _state["draining"]


def finish() -> None:
    """Leave the database, as the last thing that this process does."""
    closed = close_all_connections()
    log.info("Stopped, the database left last", connections_closed=closed)
