"""What the calls about opening hours, dates and time off have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from rest_framework import serializers

from bookings.api import examples
from bookings.api.wall_clock import DayField
from bookings.errors import BookingsOutside
from bookings.models import Resource
from core.api.fields import OwnedField, YesNoField
from core.api.pagination import Order, PageQuery
from core.api.serializers import HouseSerializer
from core.api.viewsets import M, TenantViewSet
from core.errors import NotFound

Json = dict[str, Any]

BY_AGE = Order("created_at")
EVEN_IF = "even_if_bookings_fall_outside"
REFUSED_FOR_BOOKINGS = [BookingsOutside.reason]
OUTSIDE_DETAILS: Json = {
    "count": {
        "type": "integer",
        "description": (
            "With BOOKINGS_OUTSIDE or PLACE_IN_USE: how many bookings and group sessions there are."
        ),
    },
    "bookings": {
        "type": "array",
        "description": "The first 50 of them, by time.",
        "maxItems": 50,
        "items": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid", "description": "A booking's."},
                "reference": {"type": "string", "description": "A booking's."},
                "groupSessionId": {
                    "type": "string",
                    "format": "uuid",
                    "description": "Instead of both, when it is a group session.",
                },
                "startTime": {"type": "string", "format": "date-time"},
                "endTime": {"type": "string", "format": "date-time"},
                "resourceId": {"type": "string", "format": "uuid"},
            },
            "required": ["startTime", "endTime", "resourceId"],
        },
    },
}
OUTSIDE: dict[str, Json] = {
    "Somebody has booked then": {
        "reason": BookingsOutside.reason,
        "count": 1,
        "bookings": [
            {
                "id": examples.BOOKING_ID,
                "reference": "K7PM-4XQ2",
                "startTime": "2026-11-24T13:00:00Z",
                "endTime": "2026-11-24T13:30:00Z",
                "resourceId": examples.RESOURCE_ID,
            }
        ],
    }
}


class EvenIfSerializer(HouseSerializer):
    even_if_bookings_fall_outside = YesNoField(
        default=False,
        help_text=(
            "Without it, a change that would leave bookings ahead outside is refused and lists "
            "them. With it they stay as they are."
        ),
    )


class ForWhomSerializer(EvenIfSerializer):
    resource_id = OwnedField(
        queryset=Resource.objects.all(),
        required=False,
        allow_null=True,
        help_text="Who it is about; null is everybody.",
    )


class HoursQuery(PageQuery):
    """`from` is included, `to` is not."""

    resource_id = OwnedField(
        queryset=Resource.objects.all(),
        required=False,
        help_text="What counts for this resource; what is everybody's included.",
    )
    from_ = DayField(required=False, help_text="The first day that counts.")
    to = DayField(required=False, help_text="The first day that no longer counts.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "from_" in attrs and "to" in attrs and attrs["to"] <= attrs["from_"]:
            raise serializers.ValidationError({"to": ["This has to be later than `from`."]})
        return attrs


class HoursViewSet(TenantViewSet[M]):
    """Who may change hours may read them; a publishable key may do neither."""

    scope = "schedules"

    def row(self) -> M:
        """Return the row in the path. Raises NotFound."""
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found


def optional_day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def optional_id(row_id: UUID | None) -> str | None:
    return str(row_id) if row_id else None


def renamed(data: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """Return what was sent, as the columns are called; what was not sent is left out."""
    return {column: data[name] for name, column in names.items() if name in data}
