"""An exception as it may be written down: where and what, never whose."""

import re
import traceback
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.utils import Error as DatabaseError
from psycopg import Error as PsycopgError

from core.observability.scrubbing import scrub

LONGEST_MESSAGE = 1000
FRAMES = 60

# These quote the value that they refuse: ValueError: invalid literal for int(): 'Anna'
_QUOTE_WHAT_THEY_GOT = (ValueError, LookupError, ValidationError)
_QUOTED = re.compile(r"“[^”]*”|(?<!\w)'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_DATA_EXCEPTION = "22"  # PostgreSQL's class of refused values, quoted in the message


def safe_message(error: BaseException) -> str:
    """Return what `error` says, without the values it was about.

    Of a database error that is the first line with the constraint and the SQLSTATE; never
    its DETAIL, which repeats the row, nor its LINE, which repeats the statement.
    """
    if isinstance(error, DatabaseError | PsycopgError):
        diag = getattr(error, "diag", None) or getattr(error.__cause__, "diag", None)
        if getattr(diag, "sqlstate", None):
            return _safe_database_message(diag)
    text = str(error)
    if isinstance(error, _QUOTE_WHAT_THEY_GOT):
        text = _QUOTED.sub("'…'", text)
    return scrub(text)[:LONGEST_MESSAGE]


def safe_text(text: str) -> str:
    """Return the text of an exception of which nothing else is at hand: every quotation hidden."""
    return scrub(_QUOTED.sub("'…'", text))[:LONGEST_MESSAGE]


def safe_traceback(error: BaseException) -> str:
    """Return the traceback of `error` and of what caused it, each with its safe message."""
    return "\n".join(_parts(error))


def _safe_database_message(diag: Any) -> str:
    sqlstate = diag.sqlstate or ""
    text = diag.message_primary or ""
    if sqlstate.startswith(_DATA_EXCEPTION):
        text = _QUOTED.sub("'…'", text)
    named = [(fact, getattr(diag, f"{fact}_name")) for fact in ("constraint", "table", "column")]
    facts = [f"sqlstate {sqlstate}", *(f"{fact} {name}" for fact, name in named if name)]
    return scrub(f"{text} ({', '.join(facts)})")[:LONGEST_MESSAGE]


def _parts(error: BaseException) -> Iterator[str]:
    chain: list[tuple[BaseException, str]] = []
    seen: set[int] = set()
    link = ""
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        chain.append((current, link))
        if current.__cause__ is not None:
            current, link = current.__cause__, "which caused"
        elif current.__suppress_context__:
            break
        else:
            current, link = current.__context__, "and while that was handled"
    for one, what_came_of_it in reversed(chain):
        if one.__traceback__ is not None:
            yield "Traceback (most recent call last):"
            yield "".join(traceback.format_tb(one.__traceback__, limit=-FRAMES)).rstrip("\n")
        yield f"{_full_name(type(one))}: {safe_message(one)}"
        if what_came_of_it:
            yield f"\n… {what_came_of_it}:\n"


def _full_name(kind: type[BaseException]) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
