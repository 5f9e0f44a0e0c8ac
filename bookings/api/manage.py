"""A customer's own booking, opened by the link in their mail: read, move, cancel."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples, session_examples
from bookings.api.availability import (
    LONGEST_RANGE,
    AvailabilityQuerySerializer,
    AvailabilitySerializer,
    Wish,
    present_slot,
)
from bookings.api.booking_shapes import COLUMNS, BookingSerializer, money, present
from bookings.api.fields import MoneySerializer
from bookings.api.serializers import CancelOwnBookingSerializer, TimeSlotSerializer, reason_field
from bookings.errors import CancelDeadline, IllegalTransition, RescheduleDeadline, RescheduleLimit
from bookings.models import Booking, Resource
from bookings.selectors.manage import managed_booking
from bookings.selectors.slots import free_slots
from bookings.services.allocating import kept_by
from bookings.services.policy import Action, allowed_actions, may
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking
from core.access import Caller, CallerKind
from core.api import authentication
from core.api.conditions import etag_of, version_wanted
from core.api.envelope import success
from core.api.fields import OwnedField, not_there
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField
from core.api.viewsets import TenantViewSet
from core.db import retrying
from core.errors import Invalid

# What is the business' own affair.
NOT_TOLD = ("notes", "customerId", "seriesId", "source", "confirmationSent", "reminderSent")


class AllowedActionSerializer(HouseSerializer):
    action = serializers.ChoiceField([action.value for action in Action])
    until = InstantField(help_text="The last moment at which it is allowed.")
    fee = MoneySerializer(allow_null=True, help_text="What it costs now; null: nothing.")


class ManagedBookingSerializer(BookingSerializer):
    """A booking as its own customer reads it."""

    service_name = serializers.CharField()
    resource_name = serializers.CharField()
    fee = MoneySerializer(allow_null=True, help_text="What a late cancellation has cost.")
    allowed_actions = AllowedActionSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: one for name, one in super().get_fields().items() if name not in NOT_TOLD}


class RescheduleSerializer(HouseSerializer):
    """The new time. With whom stays, unless `resourceId` is given; null means any."""

    time_slot = TimeSlotSerializer()
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody who is free.",
    )
    reason = reason_field()


class OtherTimesQuerySerializer(AvailabilityQuerySerializer):
    """`from` is included, `to` is not; a bare date is its midnight in `timezone`."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: one for name, one in super().get_fields().items() if name != "serviceId"}


@documented(
    "Self-service",
    retrieve=Operation(
        id="getManagedBooking",
        summary="Read one's own booking",
        description="`allowedActions` says what can still be done, until when and at what price.",
        answer=ManagedBookingSerializer,
        is_versioned=True,
        answer_examples={"Cancelling costs a fee by now": examples.MANAGED},
    ),
    update=Operation(
        id="rescheduleManagedBooking",
        summary="Move one's own booking",
        description="Within the service's policy: see `allowedActions`.",
        body=RescheduleSerializer,
        answer=ManagedBookingSerializer,
        is_versioned=True,
        conflicts=(
            *examples.START_REFUSED,
            IllegalTransition.reason,
            RescheduleDeadline.reason,
            RescheduleLimit.reason,
            *session_examples.MOVE_REFUSED,
        ),
        conflict_details=(
            examples.ALTERNATIVES
            | examples.TRANSITION
            | examples.POLICY
            | session_examples.BUNDLE_DETAILS
        ),
        body_examples={"Another time": {"timeSlot": examples.WISH_SLOT}},
        answer_examples={"Moved": examples.MANAGED},
        conflict_examples=examples.TAKEN | examples.TOO_OFTEN,
    ),
    destroy=Operation(
        id="cancelManagedBooking",
        summary="Cancel one's own booking",
        description=(
            "Within the service's policy. Where the service takes a fee for late cancellations, "
            "`fee` is what this one cost."
        ),
        body=CancelOwnBookingSerializer,
        answer=ManagedBookingSerializer,
        is_versioned=True,
        conflicts=(IllegalTransition.reason, CancelDeadline.reason),
        conflict_details=examples.TRANSITION | examples.DEADLINE,
        body_examples={"With a reason": {"reason": "I am ill."}},
        answer_examples={
            "Cancelled": {**examples.MANAGED, "status": "CANCELLED", "allowedActions": []}
        },
        conflict_examples=examples.TOO_LATE,
    ),
    availability=Operation(
        id="listOtherTimes",
        summary="Find the times that one's own booking can be moved to",
        description=(
            f"From `from` (included) to `to` (not included), {LONGEST_RANGE.days} days at most; a "
            "bare date is its midnight in `timezone`, else in the booking's. Its own time is not "
            "in the way. Without `duration` it takes as long as now, without `resourceId` it is "
            "with whom it is now. There are none where it may not be moved."
        ),
        query=OtherTimesQuerySerializer,
        answer=AvailabilitySerializer,
        answer_examples={"One free time": {"slots": [examples.SLOT]}},
    ),
)
class ManageViewSet(TenantViewSet[Booking]):
    """The link is the credential: a token of `core.links` opens its one booking, and no key."""

    queryset = Booking.objects.all()
    serializer_class = ManagedBookingSerializer
    scope = "bookings"
    authentication_classes = ()
    permission_classes = ()
    is_opened_by_link = True
    lookup_field = "token"

    booking: Booking

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the booking before anything else is said. Raises NotFound."""
        self.booking = retrying(managed_booking, kwargs["token"], now=timezone.now())
        caller = Caller(
            CallerKind.CUSTOMER,
            self.booking.organization_id,
            id=self.booking.customer_id,
            scopes=frozenset(),
        )
        request.user = authentication.CallerUser(caller)  # type: ignore[assignment]
        request.auth = caller
        authentication.remember(request._request, caller)  # noqa: SLF001  (for the log lines)
        super().initial(request, *args, **kwargs)

    def retrieve(self, request: Request, token: str) -> Response:
        self.refuse_query()
        return self._answer(self.booking)

    def update(self, request: Request, token: str) -> Response:
        self.refuse_query()
        data = self.validated(RescheduleSerializer)
        slot = data["time_slot"]
        if slot.get("timezone", self.booking.timezone) != self.booking.timezone:
            zone = self.booking.timezone
            raise Invalid.at("timeSlot.timezone", f"This booking's zone is {zone}.")
        resource = data.get("resource_id")
        booking = update_booking(
            self.booking,
            Changes(
                starts_at=slot["start_time"],
                minutes=slot["duration"],
                resource="any" if "resource_id" in data and resource is None else resource,
            ),
            caller=self.caller,
            expected_version=version_wanted(request),
            reason=data.get("reason", ""),
        )
        return self._answer(booking)

    def destroy(self, request: Request, token: str) -> Response:
        self.refuse_query()
        data = self.validated(CancelOwnBookingSerializer)
        booking = cancel_booking(
            self.booking,
            caller=self.caller,
            reason=data.get("reason", ""),
            expected_version=version_wanted(request),
        )
        return self._answer(booking)

    @action(detail=True)
    def availability(self, request: Request, token: str) -> Response:
        query = self.validated_query(OtherTimesQuerySerializer)
        booking, service = self.booking, self.booking.service
        minutes = query.get("duration", booking.minutes)
        if minutes not in {*service.durations, booking.minutes}:
            offered = ", ".join(map(str, service.durations))
            raise Invalid.at("duration", f"This service takes {offered} minutes.")
        resource_id = query.get("resource_id", booking.resource_id)
        ours = Resource.objects.for_organization(booking.organization_id).filter(is_active=True)
        if "resource_id" in query and not ours.filter(pk=resource_id).exists():
            raise not_there("resourceId")
        zone = ZoneInfo(query.get("timezone") or booking.timezone)
        window = Wish(service, minutes, resource_id, zone, query).window(LONGEST_RANGE)
        slots = []
        if may(booking, Action.RESCHEDULE, now=timezone.now()):
            slots = free_slots(
                service,
                window,
                minutes=minutes,
                resource_id=resource_id,
                besides=kept_by(booking).allocations,
                without=booking.pk,
            )
        return Response(success({"slots": [present_slot(slot, minutes) for slot in slots]}))

    def _answer(self, booking: Booking) -> Response:
        row = present({name: getattr(booking, name) for name in COLUMNS})
        currency = booking.price_currency or booking.organization.currency
        told = {name: value for name, value in row.items() if name not in NOT_TOLD}
        told |= {
            "serviceName": booking.service.name,
            "resourceName": booking.resource.name,
            "fee": money(booking.fee_amount, currency),
            "allowedActions": [
                {"action": one.action, "until": one.until, "fee": money(one.fee, currency)}
                for one in allowed_actions(booking, now=timezone.now())
            ],
        }
        return Response(success(told), headers={"ETag": etag_of(booking.version)})
