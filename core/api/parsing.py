from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from core.errors import Invalid

MOST_VALUES = 5_000  # each costs some microseconds to check, and a sentence when it is wrong


class PayloadTooLarge(APIException):
    status_code = 413
    default_code = "PAYLOAD_TOO_LARGE"
    default_detail = "The body is larger than 1 MiB."


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 wants it: UTF-8, no NaN, no name twice in an object, one at the top."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError("The body is not valid JSON.") from error
        if not isinstance(data, dict):
            raise ParseError("The body has to be a JSON object.")
        if _count_values(data) > MOST_VALUES:
            raise ParseError(f"The body has more than {MOST_VALUES} values.")
        _refuse_names_given_twice(body)
        return data


def _count_values(data: dict[str, Any]) -> int:
    """Return how many values are in `data`, at any depth; beyond MOST_VALUES none are counted."""
    count, waiting = 0, [iter(data.values())]
    while waiting and count <= MOST_VALUES:
        for value in waiting.pop():
            count += 1
            if isinstance(value, dict):
                waiting.append(iter(value.values()))
            elif isinstance(value, list):
                waiting.append(iter(value))
            if count > MOST_VALUES:
                break
    return count


def _refuse_names_given_twice(body: bytes) -> None:
    """Raise Invalid: one reader takes the first value of a name and another one the last.

    The fast parser keeps the last and says nothing, so what it could read is read again.
    """
    twice: set[str] = set()

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) > 1:
            seen: set[str] = set()
            for name, _ in pairs:
                (twice if name in seen else seen).add(name)

    try:
        json.loads(body, object_pairs_hook=note)
    except (RecursionError, ValueError) as error:  # deeper, or a longer number, than it can read
        raise ParseError("The body is not JSON that can be read here.") from error
    if twice:
        raise Invalid(fields={name: ["Give this once."] for name in sorted(twice)})
