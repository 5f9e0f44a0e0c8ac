"""Which times can be booked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.fields import TimezoneField
from bookings.api.serializers import LONGEST_DURATION_MINUTES
from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import Resource, Service
from bookings.selectors.catalog import default_service
from bookings.selectors.slots import free_slots
from core.api.envelope import success
from core.api.fields import OwnedField, QueryNumberField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField, InstantOrDateField, instant
from core.api.viewsets import TenantViewSet
from core.errors import Invalid

LONGEST_RANGE = timedelta(days=62)


class AvailabilityQuerySerializer(HouseSerializer):
    """`from` is included, `to` is not; a bare date is its midnight in `timezone`."""

    from_ = InstantOrDateField(help_text="The first time that counts.")
    to = InstantOrDateField(help_text="The first time that no longer counts.")
    duration = QueryNumberField(
        min_value=1,
        max_value=LONGEST_DURATION_MINUTES,
        required=False,
        help_text="How many minutes it is to take: one of the service's durations.",
    )
    service_id = OwnedField(
        queryset=Service.objects.filter(is_active=True).select_related("organization"),
        required=False,
        help_text="What is to be booked.",
    )
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        help_text="With whom or what alone.",
    )
    timezone = TimezoneField(required=False, help_text="Whose midnight a bare date means.")


class SlotSerializer(HouseSerializer):
    start_time = InstantField()
    end_time = InstantField()
    resource_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="Whoever is free then."
    )


class AvailabilitySerializer(HouseSerializer):
    slots = SlotSerializer(many=True)


@documented(
    "Availability",
    list=Operation(
        id="listFreeTimes",
        summary="Find the times that can be booked",
        description=(
            f"From `from` (included) to `to` (not included), {LONGEST_RANGE.days} days at most; a "
            "bare date is its midnight in `timezone`, else in the organization's. Without "
            "`serviceId` it is the default service, without `duration` its first one."
        ),
        query=AvailabilityQuerySerializer,
        answer=AvailabilitySerializer,
        answer_examples={"One free time": {"slots": [examples.SLOT]}},
    ),
)
class AvailabilityViewSet(TenantViewSet[Service]):
    queryset = Service.objects.all()
    serializer_class = AvailabilitySerializer
    scope = "catalog"

    def list(self, request: Request) -> Response:
        query = self.validated_query(AvailabilityQuerySerializer)
        service = query.get("service_id") or default_service(self.organization_id)
        minutes = query.get("duration", service.durations[0])
        if minutes not in service.durations:
            offered = ", ".join(map(str, service.durations))
            raise Invalid.at("duration", f"This service takes {offered} minutes.")
        resource = query.get("resource_id")
        slots = free_slots(
            service,
            self._window(query, service),
            minutes=minutes,
            resource_id=resource.pk if resource else None,
        )
        length = timedelta(minutes=minutes)
        found = [
            {
                "startTime": instant(slot.start),
                "endTime": instant(slot.start + length),
                "resourceIds": [str(row_id) for row_id in slot.resource_ids],
            }
            for slot in slots
        ]
        return Response(success({"slots": found}))

    def _window(self, query: dict[str, Any], service: Service) -> Interval:
        zone = ZoneInfo(query.get("timezone") or service.organization.timezone)
        window = Interval(_moment(query["from_"], zone), _moment(query["to"], zone))
        if window.end <= window.start:
            raise Invalid.at("to", "This has to be later than `from`.")
        if window.end - window.start > LONGEST_RANGE:
            raise Invalid.at("to", f"Ask for {LONGEST_RANGE.days} days at most.")
        return window


def _moment(value: datetime | date, zone: ZoneInfo) -> datetime:
    return value if isinstance(value, datetime) else midnight(value, zone)
