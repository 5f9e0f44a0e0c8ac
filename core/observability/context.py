"""Which request this is: one id on every log line, event, answer and task that it causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest

from core.ids import uuid7

# What may stand in a header, a log line and a database column without being escaped.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="")


@dataclass(slots=True)
class Notes:
    """What is learnt about a request or task while it runs, for its log lines."""

    request: HttpRequest | None = None
    queries: int = 0
    query_seconds: float = 0.0
    failure: str = ""  # the type of the exception that ended it

    def caller(self) -> tuple[str, str, str]:
        """Return the kind, the id and the organization's id of who is asking; "" if unknown.

        Ids only, and nothing is looked up for it: the key that authentication found, or the
        person whom the session has shown to be signed in.
        """
        if caller := getattr(self.request, "caller", None):
            return str(caller.kind), str(caller.id or ""), str(caller.organization_id)
        user = getattr(self.request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            return "user", str(user.pk), ""
        return "", "", ""


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


def current_request_id() -> str:
    """Return the id of the request, or of the task's request; empty outside of both."""
    return request_id.get()


def current_notes() -> Notes | None:
    """Return the notes of the request or task that runs here; None outside of both."""
    return _notes.get()


def taken_over_or_made(offered: str | None) -> str:
    """Return `offered` when it is 1-128 of `A-Z a-z 0-9 . _ -`, else a new UUIDv7."""
    if offered and _WELL_FORMED.fullmatch(offered):
        return offered
    return str(uuid7())


@contextmanager
def request_id_of(value: str, request: HttpRequest | None = None) -> Iterator[Notes]:
    """Let everything inside stand under the request id `value`, with fresh notes."""
    token = request_id.set(value)
    notes = Notes(request)
    notes_token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(notes_token)
        request_id.reset(token)
