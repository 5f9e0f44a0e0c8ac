"""Reading calendar files back, by another library than the one that writes them."""

from __future__ import annotations

from typing import Any

import vobject


def events_in(file: bytes | str) -> list[Any]:
    """Return the events of a file that vobject takes for valid, with all they must have."""
    calendar = read(file)
    calendar.validate(raiseException=True)
    return list(getattr(calendar, "vevent_list", []))


def event_in(file: bytes | str) -> Any:
    (event,) = events_in(file)
    return event


def read(file: bytes | str) -> Any:
    text = file.decode() if isinstance(file, bytes) else file
    return vobject.readOne(text)


def says(event: Any, name: str) -> Any:
    """Return the value of a property; None without it."""
    content = event.contents.get(name)
    return content[0].value if content else None
