"""What a log line looks like: JSON for machines, the same facts in a readable row for people.

Both take every record alike, our own (structlog) and those of Django, Celery, granian and
every other library, and both pass everything through the scrubber.
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from core.observability.context import current_notes, current_request_id
from core.observability.failures import safe_message, safe_traceback
from core.observability.processes import current_service
from core.observability.scrubbing import scrub, scrub_value

LONGEST_TEXT = 20_000
_LEVELS = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warn",
    logging.ERROR: "error",
    logging.CRITICAL: "error",
}
_COLOURS = {"debug": "2", "info": "32", "warn": "33", "error": "31"}


def to_record(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Hand a structlog event to the standard library: the sentence, and the rest as context."""
    message = str(event.pop("event", ""))
    exc_info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    values = event.pop("positional_args", ())
    return (message, *values), {"exc_info": exc_info, "extra": {"context": dict(event)}}


class JsonLines(logging.Formatter):
    """`{"timestamp", "level", "service", "requestId", "message", "context"}` on one line.

    `requestId` is null outside of a request. `context` holds the facts in camelCase: always
    `logger`, within a request `userId` and `organizationId` once the caller is known (ids), and
    of an exception `exception {type, message, traceback}`.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = facts_of(record)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half of a character, or a number of more than 64 bits
            return json.dumps(line, default=str)


class PrettyLines(logging.Formatter):
    """The same for a person at a console; colours only where there is a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.coloured = sys.stderr.isatty()

    def format(self, record: logging.LogRecord) -> str:
        line = facts_of(record)
        context = line["context"]
        exception = context.pop("exception", None)
        context.pop("logger")
        facts = " ".join(f"{key}={_short(value)}" for key, value in context.items())
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = f"{line['level']:<5}"
        if self.coloured:
            level = f"\x1b[{_COLOURS[line['level']]}m{level}\x1b[0m"
        row = f"{clock} {level} {line['message']}"
        if facts:
            row = f"{row}  {facts}"
        if line["requestId"]:
            row = f"{row}  [{line['requestId'][-8:]}]"
        if exception:
            row = f"{row}\n{exception['traceback']}"
        return row


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return everything about `record` that may be written, scrubbed.

    Only the request's own line says `is_safe`: it consists of patterns, numbers and ids, and
    scrubbing those would be half of its cost.
    """
    context: dict[str, Any] = {"logger": record.name}
    if notes := current_notes():
        _, caller_id, organization_id = notes.caller()
        if caller_id:
            context["userId"] = caller_id
        if organization_id:
            context["organizationId"] = organization_id
    given = getattr(record, "context", None)
    is_safe = getattr(record, "is_safe", False)
    if is_safe:
        context.update(given or {})
    elif isinstance(given, Mapping):
        for key, value in given.items():
            context[camel_case(key)] = scrub_value(key, value)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        context["exception"] = {
            "type": type(error).__name__,
            "message": safe_message(error),
            "traceback": safe_traceback(error)[-LONGEST_TEXT:],
        }
    return {
        "timestamp": _timestamp(record.created),
        "level": _LEVELS.get(record.levelno, "info"),
        "service": current_service(),
        "requestId": current_request_id() or None,
        "message": record.msg if is_safe else scrub(record.getMessage()[:LONGEST_TEXT]),
        "context": context,
    }


@lru_cache(maxsize=1024)
def camel_case(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(other.capitalize() for other in others)


def _timestamp(seconds: float) -> str:
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value if value and " " not in value else repr(value)
    return orjson.dumps(value, default=str).decode()
