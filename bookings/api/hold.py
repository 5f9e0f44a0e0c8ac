"""Keeping a time for a few minutes while somebody types."""

from __future__ import annotations

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.booking_shapes import TimeSlotReadSerializer
from bookings.api.serializers import TimeSlotSerializer
from bookings.models import Hold, Resource, Service
from bookings.selectors.catalog import default_service
from bookings.services.hold import (
    LONGEST_MINUTES,
    USUAL_MINUTES,
    drop_hold,
    new_token,
    place_hold,
)
from core.api.envelope import success
from core.api.fields import OwnedField, TextField, WholeNumberField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField, instant
from core.api.viewsets import TenantViewSet
from core.errors import NotFound


class PlaceHoldSerializer(HouseSerializer):
    service_id = OwnedField(
        queryset=Service.objects.filter(is_active=True).select_related("organization"),
        required=False,
        allow_null=True,
        help_text="What is to be booked; null is the default service.",
    )
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody who is free.",
    )
    time_slot = TimeSlotSerializer()
    minutes = WholeNumberField(
        min_value=1,
        max_value=LONGEST_MINUTES,
        default=USUAL_MINUTES,
        help_text="How long the time is kept, in minutes.",
    )


class DropHoldSerializer(HouseSerializer):
    token = TextField(
        max_length=200, required=False, help_text="As it was answered when the time was held."
    )


class HoldSerializer(HouseSerializer):
    id = serializers.UUIDField()
    token = serializers.CharField(help_text="Shown once: book with it, or drop the hold.")
    expires_at = InstantField()
    time_slot = TimeSlotReadSerializer()
    resource_id = serializers.UUIDField()


@documented(
    "Holds",
    create=Operation(
        id="createHold",
        summary="Keep a time",
        description=(
            "Nobody else can book it until the hold lapses. Only who has the `token` can book "
            "with it or drop it."
        ),
        body=PlaceHoldSerializer,
        answer=HoldSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=examples.START_REFUSED,
        conflict_details=examples.ALTERNATIVES,
        body_examples={"Half an hour, kept for five minutes": {"timeSlot": examples.WISH_SLOT}},
        answer_examples={"A hold": examples.HOLD},
        conflict_examples=examples.TAKEN,
        links={
            "dropHold": {
                "operationId": "dropHold",
                "parameters": {"id": "$response.body#/data/id"},
                "requestBody": {"token": "$response.body#/data/token"},
            }
        },
    ),
    destroy=Operation(
        id="dropHold",
        summary="Give a held time back",
        description="With its `token`, or by the key that made it. Twice is as good as once.",
        body=DropHoldSerializer,
        body_examples={"With its token": {"token": examples.TOKEN}},
        answer_examples={"Dropped": None},
    ),
)
class HoldViewSet(TenantViewSet[Hold]):
    queryset = Hold.objects.all()
    serializer_class = HoldSerializer
    scope = "holds"

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(PlaceHoldSerializer)
        service = data.get("service_id") or default_service(self.organization_id)
        slot, token = data["time_slot"], new_token()
        hold = place_hold(
            service=service,
            starts_at=slot["start_time"],
            minutes=slot["duration"],
            resource=data.get("resource_id"),
            kept_minutes=data["minutes"],
            token=token,
            caller=self.caller,
        )
        answer = {
            "id": str(hold.pk),
            "token": token,
            "expiresAt": instant(hold.expires_at),
            "timeSlot": {
                "startTime": instant(hold.starts_at),
                "endTime": instant(hold.ends_at),
                "duration": slot["duration"],
                "timezone": slot.get("timezone", service.organization.timezone),
            },
            "resourceId": str(hold.resource_id),
        }
        return Response(success(answer), status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        token = self.validated(DropHoldSerializer).get("token")
        hold = self.get_queryset().filter(pk=self.id_in_path()).first()
        if hold is None:
            raise NotFound
        drop_hold(hold, token=token, caller=self.caller)
        return Response(success(None, message="The time is free again."))
