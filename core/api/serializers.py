"""The base of every body and query that a client sends: camelCase, and nothing unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.text import camel_case


class HouseSerializer(serializers.Serializer[Any]):
    """Fields are declared as Python spells them and travel as JSON spells them.

    A field that is not declared is refused by name, so a typing mistake is never ignored.
    """

    # What JSON Schema can say about several fields together, for the OpenAPI document.
    schema_rules: ClassVar[Mapping[str, Any]] = {}

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = {}
        for name, field in super().get_fields().items():
            spelled = camel_case(name)
            if spelled != name and field.source is None:
                field.source = name
            fields[spelled] = field
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        unknown = [name for name in data if name not in self.fields]
        if not unknown:
            return super().to_internal_value(data)
        errors = {name: ["This field is not known here."] for name in map(str, unknown)}
        try:
            super().to_internal_value({k: v for k, v in data.items() if k in self.fields})
        except serializers.ValidationError as error:
            errors = {**error.detail, **errors}  # type: ignore[dict-item]
        raise serializers.ValidationError(errors)


_EXAMPLE = {"type": "string", "format": "date-time", "examples": ["2026-11-24T14:00:00+01:00"]}
_DAY = {"type": "string", "format": "date", "examples": ["2026-11-24"]}
# RFC 3339, narrower than what Python reads: no week numbers, no missing seconds.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    rf"{_DATE.pattern}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,9}})?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


@extend_schema_field(_EXAMPLE)
class InstantField(serializers.DateTimeField):
    """An RFC 3339 time with an offset, answered in UTC with Z. A naive one is refused."""

    default_error_messages = {
        "no_offset": "Give the offset from UTC, for example 2026-11-24T14:00:00+01:00 or …Z.",
        "out_of_range": "This time is outside the years that can be booked.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", UTC)
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        return parse_instant(self, value)

    def to_representation(self, value: Any) -> str:
        return instant(value)


@extend_schema_field({"anyOf": [_EXAMPLE, _DAY]})
class InstantOrDateField(InstantField):
    """The same, or a bare date (returned as a date: the view knows whose midnight it means)."""

    def to_internal_value(self, value: Any) -> datetime | date:  # type: ignore[override]
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                self.fail("invalid", format="YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
            if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                self.fail("out_of_range")
            return day
        return parse_instant(self, value)


EARLIEST_YEAR, LATEST_YEAR = 2000, 2200


def parse_instant(field: InstantField, value: Any) -> datetime:
    written = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        field.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
    if not written["offset"]:
        field.fail("no_offset")
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        field.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        field.fail("out_of_range")
    return found.astimezone(UTC)


def instant(value: datetime) -> str:
    """Return `value` as the contract writes it: UTC, seconds (milliseconds if any), Z."""
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


__all__ = ["HouseSerializer", "InstantField", "InstantOrDateField", "instant"]
