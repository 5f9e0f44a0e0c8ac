"""The chain of an organization's events: each link's digest is over the one before it as well."""

import json
from datetime import UTC
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core.models import Event

BEGINNING = bytes(32)  # what stands before the first link
SEALED = (
    "id",
    "organization_id",
    "name",
    "subject_type",
    "subject_id",
    "actor_kind",
    "actor_id",
    "request_id",
    "network",
    "data",
)


def bytes_of(event: Event) -> bytes:
    """Return all that an event says, always in the same bytes, as it is read from the database.

    A JSON list, so that no text can be taken for the end of one column and the begin of another.
    """
    columns: list[Any] = [event.created_at.astimezone(UTC).isoformat(timespec="microseconds")]
    columns += [getattr(event, name) for name in SEALED]
    text = json.dumps(columns, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"))
    return text.encode()


def link(before: bytes, event: Event) -> bytes:
    """Return the digest (32 bytes) of the link that follows the one whose digest is `before`."""
    return sha256(before + bytes_of(event)).digest()


def head_of(number: int, digest: bytes) -> str:
    """Return the end of a chain in one word, to be kept elsewhere: `1234:9f86d0…`."""
    return f"{number}:{digest.hex()}"


def read_head(text: str) -> tuple[int, bytes]:
    """Return what `head_of` wrote. Raises ValueError."""
    number, _, digest = text.partition(":")
    return int(number), bytes.fromhex(digest)
