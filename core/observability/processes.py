"""Which of our processes this is: the `service` of every log line and of every metric."""

import time

_STARTED = time.monotonic()
_named = {"service": "command"}


def name_process(service: str) -> None:
    """Say that this process is `web`, `worker`, `clock` or `realtime`; it was `command` before."""
    _named["service"] = service


def current_service() -> str:
    return _named["service"]


def uptime_seconds() -> int:
    """Return how long ago this process started (a web worker, not its supervisor)."""
    return int(time.monotonic() - _STARTED)
