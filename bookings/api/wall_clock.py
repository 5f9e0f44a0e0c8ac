"""Days and times as a clock on the wall shows them, without a zone."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import EARLIEST_YEAR, LATEST_YEAR

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WALL_PATTERN = "([01][0-9]|2[0-3]):[0-5][0-9]"
_WALL = re.compile(_WALL_PATTERN)


@extend_schema_field({"type": "string", "format": "date", "examples": ["2026-12-24"]})
class DayField(serializers.Field):
    """A day of the calendar: 2026-12-24."""

    default_error_messages = {
        "invalid": "Write a day like 2026-12-24.",
        "out_of_range": "This day is outside the years that can be booked.",
    }

    def to_internal_value(self, data: Any) -> date:
        if not (isinstance(data, str) and _DAY.fullmatch(data)):
            self.fail("invalid")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("invalid")
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            self.fail("out_of_range")
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()


@extend_schema_field({"type": "string", "pattern": f"^{_WALL_PATTERN}$", "examples": ["09:00"]})
class WallTimeField(serializers.Field):
    """A time of day: 09:00."""

    default_error_messages = {"invalid": "Write a time like 09:00."}

    def to_internal_value(self, data: Any) -> time:
        if not (isinstance(data, str) and _WALL.fullmatch(data)):
            self.fail("invalid")
        return time.fromisoformat(data)

    def to_representation(self, value: time) -> str:
        return wall(value)


def wall(value: time) -> str:
    return f"{value:%H:%M}"
