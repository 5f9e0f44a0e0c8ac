"""How long the current request may still take."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_ends: ContextVar[float | None] = ContextVar("deadline_ends", default=None)


@contextmanager
def deadline_of(seconds: float) -> Iterator[None]:
    """Give what runs inside at most `seconds` from now."""
    token = _ends.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def remaining_seconds() -> float | None:
    """Return what is left of the deadline, possibly negative; None when there is none."""
    ends = _ends.get()
    return None if ends is None else ends - monotonic()
