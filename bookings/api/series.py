"""Appointments that belong together: book by a rule, confirm, move, cancel several."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.booking import booking_request, service_named
from bookings.api.booking_shapes import COLUMNS, BookingSerializer, present
from bookings.api.serializers import CreateBookingSerializer, TimeSlotSerializer, reason_field
from bookings.errors import IllegalTransition
from bookings.models import Booking, Resource, Series
from bookings.services.rescheduling import Changes
from bookings.services.series import (
    Laid,
    Scope,
    cancel_series,
    confirm_series,
    create_series,
    move_series,
    plan_series,
)
from core.api.envelope import success
from core.api.fields import OwnedField, TextField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField
from core.api.viewsets import TenantViewSet
from core.errors import Invalid, NotFound
from core.ids import uuid7


class CreateSeriesSerializer(CreateBookingSerializer):
    """A booking as it is asked for, and how it is repeated. One hold, or bundle, is for one."""

    hold_id = hold_token = bundle_purchase_id = consents = None  # type: ignore[assignment]
    schema_rules = {}
    recurrence = TextField(
        max_length=300,
        help_text="RFC 5545, with an end: `FREQ=WEEKLY;COUNT=8`. On the clock of `timeSlot."
        "timezone`, else of the organization.",
    )
    mode = serializers.ChoiceField(Series.Mode.values, default=Series.Mode.ALL_OR_NOTHING)
    dry_run = serializers.BooleanField(
        default=False, help_text="Say only what could be booked; nothing is kept."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs


class MissedSerializer(HouseSerializer):
    start_time = InstantField()
    reason = serializers.CharField(help_text="As in a conflict's `details.reason`.")


class TimeSerializer(HouseSerializer):
    start_time = InstantField()
    end_time = InstantField()


class SeriesSerializer(HouseSerializer):
    id = serializers.UUIDField(allow_null=True, help_text="Null in a dry run.")
    times = TimeSerializer(many=True, help_text="All that the rule names, in order.")
    bookings = BookingSerializer(many=True, help_text="Empty in a dry run.")
    conflicts = MissedSerializer(many=True, help_text="The times that cannot be had.")


class ChangedSerializer(HouseSerializer):
    bookings = BookingSerializer(many=True, help_text="Those that were changed, as they are now.")


class _MeantSerializer(HouseSerializer):
    booking_id = OwnedField(
        queryset=Booking.objects.select_related("service__organization", "resource", "series"),
        help_text="One booking of the series: the one that `scope` is seen from.",
    )
    scope = serializers.ChoiceField([scope.value for scope in Scope])


class CancelSeriesSerializer(_MeantSerializer):
    reason = reason_field()


class ConfirmSeriesSerializer(_MeantSerializer):
    pass


class MoveSeriesSerializer(_MeantSerializer):
    time_slot = TimeSlotSerializer(help_text="Where the one named goes; the others go as far.")
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody who is free; left out, who it is now.",
    )
    reason = reason_field()


CONFLICTS = {
    "conflicts": {
        "type": "array",
        "description": "Every time that cannot be had.",
        "items": {"$ref": "#/components/schemas/Missed"},
    }
}
REFUSED = {
    "One is taken": {
        "reason": "SLOT_TAKEN",
        "conflicts": [{"startTime": "2026-12-01T13:00:00Z", "reason": "SLOT_TAKEN"}],
    }
}
IN_SERIES = {**examples.BOOKING, "seriesId": examples.SERIES_ID}
TIMES = [{"startTime": "2026-11-24T13:00:00Z", "endTime": "2026-11-24T13:30:00Z"}]


@documented(
    "Series",
    create=Operation(
        id="createSeries",
        summary="Book a series",
        description=(
            "All of it or, with `SKIP_CONFLICTS`, what can be had of it, in one transaction. "
            "`dryRun` lists the conflicts first. The customer gets one message for all."
        ),
        body=CreateSeriesSerializer,
        answer=SeriesSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=examples.START_REFUSED,
        conflict_details=CONFLICTS,
        body_examples={
            "Every week, eight times": {**examples.WISH, "recurrence": "FREQ=WEEKLY;COUNT=8"}
        },
        answer_examples={
            "The first of them": {
                "id": examples.SERIES_ID,
                "times": TIMES,
                "bookings": [IN_SERIES],
                "conflicts": [],
            }
        },
        conflict_examples=REFUSED,
    ),
    confirm=Operation(
        id="confirmSeries",
        summary="Confirm the requests of a series",
        body=ConfirmSeriesSerializer,
        answer=ChangedSerializer,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        body_examples={"All": {"bookingId": examples.BOOKING_ID, "scope": "ALL"}},
        answer_examples={
            "What is confirmed now": {"bookings": [{**IN_SERIES, "status": "CONFIRMED"}]}
        },
        conflict_examples=examples.FINAL,
    ),
    cancel=Operation(
        id="cancelSeries",
        summary="Cancel this one, this and those after it, or all that are ahead",
        body=CancelSeriesSerializer,
        answer=ChangedSerializer,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        body_examples={
            "This and those after it": {"bookingId": examples.BOOKING_ID, "scope": "FOLLOWING"}
        },
        answer_examples={
            "What is cancelled now": {"bookings": [{**IN_SERIES, "status": "CANCELLED"}]}
        },
        conflict_examples=examples.FINAL,
    ),
    reschedule=Operation(
        id="moveSeries",
        summary="Move this one, this and those after it, or all that are ahead",
        description=(
            "The one named goes to `timeSlot`, the others as far on the clock of the series: "
            "from Monday at 10:00 to Tuesday at 11:30 takes each to its next day at 11:30. All "
            "or nothing."
        ),
        body=MoveSeriesSerializer,
        answer=ChangedSerializer,
        conflicts=(*examples.START_REFUSED, IllegalTransition.reason),
        conflict_details=CONFLICTS | examples.TRANSITION,
        body_examples={
            "All of them": {
                "bookingId": examples.BOOKING_ID,
                "scope": "ALL",
                "timeSlot": examples.WISH_SLOT,
            }
        },
        answer_examples={"Where they are now": {"bookings": [IN_SERIES]}},
        conflict_examples=REFUSED,
    ),
)
class SeriesViewSet(TenantViewSet[Series]):
    queryset = Series.objects.all()
    serializer_class = SeriesSerializer
    scope = "bookings"

    def get_serializer_context(self) -> dict[str, Any]:
        service_of = partial(service_named, organization_id=self.organization_id)
        return {**super().get_serializer_context(), "service_of": service_of}

    def create(self, request: Request) -> Response:
        self.refuse_query()
        series_id = uuid7()
        data = self.validated(CreateSeriesSerializer)
        asked = booking_request(data, organization_id=self.organization_id)
        if data["dry_run"]:
            laid = plan_series(asked, data["recurrence"], caller=self.caller)
            return Response(success(_present(laid, asked.minutes)), status=status.HTTP_201_CREATED)
        laid = create_series(
            asked,
            data["recurrence"],
            mode=Series.Mode(data["mode"]),
            caller=self.caller,
            series_id=series_id,
        )
        return Response(success(_present(laid, asked.minutes)), status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        data = self._data(ConfirmSeriesSerializer)
        done = confirm_series(data["booking_id"], scope=Scope(data["scope"]), caller=self.caller)
        return _answer(done)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        data = self._data(CancelSeriesSerializer)
        done = cancel_series(
            data["booking_id"],
            scope=Scope(data["scope"]),
            caller=self.caller,
            reason=data.get("reason", ""),
        )
        return _answer(done)

    @action(detail=True, methods=["post"])
    def reschedule(self, request: Request, pk: str) -> Response:
        data = self._data(MoveSeriesSerializer)
        slot, resource = data["time_slot"], data.get("resource_id")
        booking: Booking = data["booking_id"]
        if slot.get("timezone", booking.timezone) != booking.timezone:
            raise Invalid.at("timeSlot.timezone", f"This booking's zone is {booking.timezone}.")
        changes = Changes(
            starts_at=slot["start_time"],
            minutes=slot["duration"],
            resource="any" if "resource_id" in data and resource is None else resource,
        )
        done = move_series(
            booking,
            changes,
            scope=Scope(data["scope"]),
            caller=self.caller,
            reason=data.get("reason", ""),
        )
        return _answer(done)

    def _data(self, serializer_class: type[_MeantSerializer]) -> dict[str, Any]:
        """Return the checked body. Raises NotFound when the booking is not of this series."""
        self.refuse_query()
        data = self.validated(serializer_class)
        if data["booking_id"].series_id != self.id_in_path():
            raise NotFound(fields={"bookingId": ["There is nothing with this id."]})
        return data


def _present(laid: Laid, minutes: int) -> dict[str, Any]:
    length = timedelta(minutes=minutes)
    return {
        "id": laid.series and laid.series.pk,
        "times": [{"startTime": start, "endTime": start + length} for start in laid.times],
        "bookings": [_row(booking) for booking in laid.bookings],
        "conflicts": [{"startTime": one.starts_at, "reason": one.reason} for one in laid.conflicts],
    }


def _row(booking: Booking) -> dict[str, Any]:
    return present({name: getattr(booking, name) for name in COLUMNS})


def _answer(bookings: list[Booking]) -> Response:
    return Response(success({"bookings": [_row(booking) for booking in bookings]}))
