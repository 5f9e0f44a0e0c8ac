"""How a booking is read over the API: its shape, its columns, and how a row becomes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from bookings.api.fields import (
    AnswerField,
    MoneySerializer,
)
from bookings.models import Booking, Service
from core.api.fields import EnumField
from core.api.serializers import HouseSerializer, InstantField


class TimeSlotReadSerializer(HouseSerializer):
    start_time = InstantField()
    end_time = InstantField()
    duration = serializers.IntegerField(help_text="Minutes.")
    timezone = serializers.CharField(help_text="The zone in which the customer reads times.")


class AnswerSerializer(HouseSerializer):
    key = serializers.CharField()
    label = serializers.CharField(help_text="The question, as it was asked.")  # type: ignore[assignment]  # hides Field.label
    answer = AnswerField()


class LocationSerializer(HouseSerializer):
    kind = EnumField(Service.LocationKind)
    text = serializers.CharField(
        allow_blank=True,
        help_text="An address, a telephone number, a link; by telephone, blank means that the "
        "customer is called.",
    )


class BookingSerializer(HouseSerializer):
    """What a client reads. Made by `present`, which a test holds to these fields."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="Short, fit for the telephone.")
    status = EnumField(Booking.Status)
    name = serializers.CharField()
    company = serializers.CharField(allow_blank=True)
    email = serializers.EmailField(allow_blank=True, help_text="Empty of somebody who was erased.")
    phone = serializers.CharField(allow_null=True)
    inquiry = serializers.CharField(allow_blank=True)
    notes = serializers.CharField(allow_blank=True)
    answers = AnswerSerializer(many=True)
    location = LocationSerializer()
    time_slot = TimeSlotReadSerializer()
    service_id = serializers.UUIDField()
    resource_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    price = MoneySerializer(allow_null=True)
    source = EnumField(Booking.Source)  # type: ignore[assignment]  # hides Field.source
    confirmation_sent = serializers.BooleanField(
        help_text="The confirmation has left for the customer."
    )
    reminder_sent = serializers.BooleanField()
    version = serializers.IntegerField(
        min_value=1, help_text="Rises with every change; the number in the `ETag`."
    )
    created_at = InstantField()
    updated_at = InstantField()
    series_id = serializers.UUIDField(required=False, help_text="Only in a series.")
    group_session_id = serializers.UUIDField(
        required=False, help_text="Only of a place in a group session."
    )
    bundle_purchase_id = serializers.UUIDField(
        required=False, help_text="Only when a bundle paid for it."
    )

    def to_representation(self, instance: Booking) -> dict[str, Any]:
        return present({name: getattr(instance, name) for name in COLUMNS})


class NewBookingSerializer(BookingSerializer):
    """A booking as its making answers it: with the customer's link, which nothing else shows."""

    manage_token = serializers.CharField(help_text="Opens `/api/manage/{token}`.")
    manage_url = serializers.URLField(help_text="The page on which it is moved and cancelled.")


MINUTE = timedelta(minutes=1)

# The columns of one booking, in the order in which they are read and written on the wire.
COLUMNS = (
    "id",
    "reference",
    "status",
    "name",
    "company",
    "email",
    "phone",
    "inquiry",
    "notes",
    "answers",
    "location_kind",
    "location",
    "starts_at",
    "ends_at",
    "timezone",
    "service_id",
    "resource_id",
    "customer_id",
    "series_id",
    "group_session_id",
    "bundle_id",
    "price_amount",
    "price_currency",
    "source",
    "confirmation_sent",
    "reminder_sent",
    "version",
    "created_at",
    "updated_at",
)

ONLY_WHERE_THEY_APPLY = {
    "seriesId": "series_id",
    "groupSessionId": "group_session_id",
    "bundlePurchaseId": "bundle_id",
}


def money(amount: Decimal | None, currency: str) -> dict[str, str] | None:
    return None if amount is None else {"amount": f"{amount:.2f}", "currency": currency}


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one booking as a client reads it, from its columns.

    A function over plain values: a serializer costs fifty times as much per row, and lists
    are read more than anything else. Ids and times become text when the answer is written
    (core.api.rendering).
    """
    starts_at, ends_at = row["starts_at"], row["ends_at"]
    booking = {
        "id": row["id"],
        "reference": row["reference"],
        "status": row["status"],
        "name": row["name"],
        "company": row["company"],
        "email": row["email"],
        "phone": row["phone"] or None,
        "inquiry": row["inquiry"],
        "notes": row["notes"],
        "answers": row["answers"] or [],
        "location": {"kind": row["location_kind"], "text": row["location"]},
        "timeSlot": {
            "startTime": starts_at,
            "endTime": ends_at,
            "duration": (ends_at - starts_at) // MINUTE,
            "timezone": row["timezone"],
        },
        "serviceId": row["service_id"],
        "resourceId": row["resource_id"],
        "customerId": row["customer_id"],
        "price": money(row["price_amount"], row["price_currency"]),
        "source": row["source"],
        "confirmationSent": row["confirmation_sent"],
        "reminderSent": row["reminder_sent"],
        "version": row["version"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }
    for name, column in ONLY_WHERE_THEY_APPLY.items():
        if row[column] is not None:
            booking[name] = row[column]
    return booking
