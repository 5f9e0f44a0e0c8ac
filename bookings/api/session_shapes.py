"""What clients read of a group session: places, and never who has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from bookings.api.catalog import price
from bookings.api.course_examples import COURSE_ID, TA_ID
from bookings.api.fields import MoneySerializer
from bookings.models import GroupSession
from core.api.fields import EnumField
from core.api.serializers import HouseSerializer, InstantField, instant

SESSION: dict[str, Any] = {
    "id": "01934a02-6172-7384-9e0f-1a2b3c4d5e08",
    "courseId": COURSE_ID,
    "taId": TA_ID,
    "startTime": "2026-11-25T15:00:00Z",
    "endTime": "2026-11-25T16:00:00Z",
    "timezone": "Europe/Berlin",
    "capacity": 8,
    "taken": 5,
    "placesLeft": 3,
    "status": "OPEN",
    "price": {"amount": "15.00", "currency": "EUR"},
}


class GroupSessionSerializer(HouseSerializer):
    """Made by `present_session`."""

    id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    ta_id = serializers.UUIDField()
    start_time = InstantField()
    end_time = InstantField()
    timezone = serializers.CharField(help_text="In which its times are told to people.")
    capacity = serializers.IntegerField()
    taken = serializers.IntegerField(help_text="Booked, or kept for somebody on the waitlist.")
    places_left = serializers.IntegerField()
    status = EnumField(GroupSession.Status)
    price = MoneySerializer(help_text="Of one place.")


def present_session(session: GroupSession, *, now: datetime) -> dict[str, Any]:
    """Return one session as it is read."""
    return {
        "id": session.pk,
        "courseId": session.service_id,
        "taId": session.resource_id,
        "startTime": instant(session.starts_at),
        "endTime": instant(session.ends_at),
        "timezone": session.timezone,
        "capacity": session.capacity,
        "taken": session.taken + session.held,
        "placesLeft": session.places_left,
        "status": session.status_at(now),
        "price": price(session.price_amount, session.price_currency),
    }
