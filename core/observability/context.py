"""Which request this is: one id on every log line, event, answer and task that it causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.ids import uuid7

# What may stand in a header, a log line and a database column without being escaped.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of the request, or of the task's request; empty outside of both."""
    return request_id.get()


def taken_over_or_made(offered: str | None) -> str:
    """Return `offered` when it is 1-128 of `A-Z a-z 0-9 . _ -`, else a new UUIDv7."""
    if offered and _WELL_FORMED.fullmatch(offered):
        return offered
    return str(uuid7())


@contextmanager
def request_id_of(value: str) -> Iterator[None]:
    """Let everything inside stand under the request `value`."""
    token = request_id.set(value)
    try:
        yield
    finally:
        request_id.reset(token)
