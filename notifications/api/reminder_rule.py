"""Who is reminded how long before: read, and changed with a scope of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.models import Service
from core.api.envelope import success
from core.api.fields import EnumField, OwnedField, WholeNumberField, YesNoField
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from notifications.errors import ReminderExists
from notifications.models import Delivery, ReminderRule
from notifications.models.reminder import LONGEST_NOTICE_MINUTES, SHORTEST_NOTICE_MINUTES
from notifications.services.reminder_rule import (
    create_reminder_rule,
    delete_reminder_rule,
    update_reminder_rule,
)

BY_AGE = Order("created_at")
# The name on the wire -> the column.
COLUMNS = {
    "id": "id",
    "serviceId": "service_id",
    "minutesBefore": "minutes_before",
    "audience": "audience",
    "channel": "channel",
    "active": "is_active",
}
EXAMPLE: dict[str, Any] = {
    "id": "019349e0-5b1e-7a44-9f3c-6a2d8e0b7c21",
    "serviceId": None,
    "minutesBefore": 1440,
    "audience": "CUSTOMER",
    "channel": "EMAIL",
    "active": True,
}
CONFLICT: dict[str, Any] = {"There is such a reminder": {"reason": ReminderExists.reason}}


class UpdateReminderRuleSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    minutes_before = WholeNumberField(
        min_value=SHORTEST_NOTICE_MINUTES,
        max_value=LONGEST_NOTICE_MINUTES,
        required=False,
        help_text="How long before the start.",
    )
    audience = EnumField(Delivery.Audience, required=False, help_text="Who is reminded.")
    channel = EnumField(Delivery.Channel, required=False)
    active = YesNoField(
        required=False,
        source="is_active",
        help_text="A rule that is not keeps general ones away from its service all the same.",
    )


class CreateReminderRuleSerializer(UpdateReminderRuleSerializer):
    service_id = OwnedField(
        queryset=Service.objects.all(),
        required=False,
        allow_null=True,
        source="service",
        help_text="Of which service; null: of every one that has no rules of its own.",
    )
    minutes_before = WholeNumberField(
        min_value=SHORTEST_NOTICE_MINUTES,
        max_value=LONGEST_NOTICE_MINUTES,
        help_text="How long before the start.",
    )


class ReminderRuleSerializer(HouseSerializer):
    id = serializers.UUIDField()
    service_id = serializers.UUIDField(
        allow_null=True, help_text="Null: of every service that has no rules of its own."
    )
    minutes_before = serializers.IntegerField()
    audience = EnumField(Delivery.Audience)
    channel = EnumField(Delivery.Channel)
    active = serializers.BooleanField()


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[column] for name, column in COLUMNS.items()}


@documented(
    "Reminders",
    create=Operation(
        id="createReminderRule",
        summary="Remind somebody before appointments",
        description=(
            "A service with rules of its own has those, and not the general ones. Bookings ahead "
            "follow within seconds."
        ),
        body=CreateReminderRuleSerializer,
        answer=ReminderRuleSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[ReminderExists.reason],
        body_examples={
            "Customers, a day before": {"minutesBefore": 1440},
            "Staff, an hour before": {"minutesBefore": 60, "audience": "STAFF"},
        },
        answer_examples={"Customers, a day before": EXAMPLE},
        conflict_examples=CONFLICT,
    ),
    list=Operation(
        id="listReminderRules",
        summary="List who is reminded when",
        description="Oldest first.",
        query=PageQuery,
        answer=ReminderRuleSerializer,
        is_list=True,
        answer_examples={"Customers, a day before": [EXAMPLE]},
    ),
    retrieve=Operation(
        id="getReminderRule",
        summary="Read a reminder's rule",
        answer=ReminderRuleSerializer,
        answer_examples={"Customers, a day before": EXAMPLE},
    ),
    partial_update=Operation(
        id="updateReminderRule",
        summary="Change a reminder's rule",
        description="Bookings ahead follow within seconds.",
        body=UpdateReminderRuleSerializer,
        answer=ReminderRuleSerializer,
        conflicts=[ReminderExists.reason],
        body_examples={"Two days before": {"minutesBefore": 2880}, "Never": {"active": False}},
        answer_examples={"Two days before": {**EXAMPLE, "minutesBefore": 2880}},
        conflict_examples=CONFLICT,
    ),
    destroy=Operation(
        id="deleteReminderRule",
        summary="Take a reminder's rule away",
        description="What it would still have reminded of is not sent.",
        answer_examples={"Gone": None},
    ),
)
class ReminderRuleViewSet(TenantViewSet[ReminderRule]):
    queryset = ReminderRule.objects.all()
    serializer_class = ReminderRuleSerializer
    scope = "reminders"

    def create(self, request: Request) -> Response:
        self.refuse_query()
        columns = self.validated(CreateReminderRuleSerializer)
        rule = ReminderRule(organization_id=self.organization_id, **columns)
        rule = create_reminder_rule(rule, caller=self.caller)
        return Response(success(_answer(rule)), status=status.HTTP_201_CREATED)

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        rows, pagination = paginate(
            self.get_queryset(),
            query=query,
            order=BY_AGE,
            columns=(*COLUMNS.values(), "created_at"),
        )
        return Response(success([present(row) for row in rows], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(success(_answer(self._rule())))

    def partial_update(self, request: Request, pk: str) -> Response:
        rule = self._rule()
        changes = self.validated(UpdateReminderRuleSerializer)
        return Response(success(_answer(update_reminder_rule(rule, changes, caller=self.caller))))

    def destroy(self, request: Request, pk: str) -> Response:
        delete_reminder_rule(self._rule(), caller=self.caller)
        return Response(success(None, message="Nobody is reminded by it any more."))

    def _rule(self) -> ReminderRule:
        self.refuse_query()
        rule = self.get_queryset().order_by().filter(pk=self.id_in_path()).first()
        if rule is None:
            raise NotFound
        return rule


def _answer(rule: ReminderRule) -> dict[str, Any]:
    return present({column: getattr(rule, column) for column in COLUMNS.values()})
