"""What a new service starts with, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.rules_shapes import (
    NoticeReadSerializer,
    NoticeSerializer,
    UpdateRulesSerializer,
)
from bookings.models import BookingDefaults
from bookings.models.rules import NOTICE_RULES, PLAIN_RULES
from bookings.selectors.defaults import booking_defaults_of
from bookings.services.defaults import set_booking_defaults
from core.api.envelope import success
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.models import Organization
from core.text import camel_case

EXAMPLE: dict[str, Any] = {
    "durations": [30, 60],
    "slotStepMinutes": 15,
    "bufferBeforeMinutes": 0,
    "bufferAfterMinutes": 10,
    "minimumNoticeMinutes": 1440,
    "horizonDays": 90,
    "needsApproval": False,
    "answerWithinMinutes": None,
    "companyRequired": False,
    "inquiryRequired": False,
    "policy": {
        "cancelNoticeMinutes": 1440,
        "rescheduleNoticeMinutes": 1440,
        "mostReschedules": 2,
    },
}


class UpdateBookingDefaultsSerializer(UpdateRulesSerializer):
    """What should be different; what is left out stays."""

    policy = NoticeSerializer(required=False)


class BookingDefaultsSerializer(HouseSerializer):
    durations = serializers.ListField(
        child=serializers.IntegerField(), help_text="Minutes, ascending; the first is the default."
    )
    slot_step_minutes = serializers.IntegerField()
    buffer_before_minutes = serializers.IntegerField()
    buffer_after_minutes = serializers.IntegerField()
    minimum_notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    needs_approval = serializers.BooleanField()
    answer_within_minutes = serializers.IntegerField(allow_null=True)
    company_required = serializers.BooleanField()
    inquiry_required = serializers.BooleanField()
    policy = NoticeReadSerializer()


def present(defaults: BookingDefaults) -> dict[str, Any]:
    plain = {camel_case(name): getattr(defaults, name) for name in PLAIN_RULES}
    return {**plain, "policy": {camel_case(name): getattr(defaults, name) for name in NOTICE_RULES}}


@documented(
    "Organization",
    retrieve=Operation(
        id="getBookingDefaults",
        summary="Read what a new service starts with",
        answer=BookingDefaultsSerializer,
        answer_examples={"A salon's": EXAMPLE},
    ),
    partial_update=Operation(
        id="updateBookingDefaults",
        summary="Change what a new service starts with",
        description="Services that are there keep their rules. What is left out stays.",
        body=UpdateBookingDefaultsSerializer,
        answer=BookingDefaultsSerializer,
        body_examples={"A day's notice": {"minimumNoticeMinutes": 1440}},
        answer_examples={"A salon's": EXAMPLE},
    ),
)
class BookingDefaultsViewSet(TenantViewSet[BookingDefaults]):
    queryset = BookingDefaults.objects.all()
    serializer_class = BookingDefaultsSerializer
    scope = "organization"

    @classmethod
    def at_one_address(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view({"get": "retrieve", "patch": "partial_update"})

    def retrieve(self, request: Request) -> Response:
        self.refuse_query()
        return Response(success(present(booking_defaults_of(self.organization_id))))

    def partial_update(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(UpdateBookingDefaultsSerializer)
        policy = data.pop("policy", {})
        organization = Organization.objects.get(pk=self.organization_id)
        changed = set_booking_defaults(organization, {**data, **policy}, caller=self.caller)
        return Response(success(present(changed)))
