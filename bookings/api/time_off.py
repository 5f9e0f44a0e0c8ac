"""When somebody, or everybody, is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.hours import (
    BY_AGE,
    EVEN_IF,
    OUTSIDE,
    OUTSIDE_DETAILS,
    REFUSED_FOR_BOOKINGS,
    EvenIfSerializer,
    ForWhomSerializer,
    HoursQuery,
    HoursViewSet,
    optional_id,
    renamed,
)
from bookings.api.wall_clock import DayField, WallTimeField, wall
from bookings.availability.recurrence import LONGEST_RULE
from bookings.models import Resource, TimeOff
from bookings.selectors.hours import concerning
from bookings.services.time_off import (
    LONGEST_REASON,
    Absence,
    add_time_off,
    change_time_off,
    remove_time_off,
)
from core.api.envelope import success
from core.api.fields import EnumField, TextField
from core.api.pagination import paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.models import Organization

# The names on the wire, and the columns.
COLUMN_OF = {
    "kind": "kind",
    "starts_on": "starts_on",
    "start_time": "starts_at_time",
    "ends_on": "ends_on",
    "end_time": "ends_at_time",
    "recurrence": "recurrence",
    "reason": "reason",
}
COLUMNS = ["id", "created_at", "resource_id", "last_on", *COLUMN_OF.values()]
EXAMPLE: dict[str, Any] = {
    "id": "01934900-6172-7c83-8d9e-0f1a2b3c4d08",
    "resourceId": examples.RESOURCE_ID,
    "kind": "TRAINING",
    "startsOn": "2026-11-27",
    "startTime": "14:00",
    "endsOn": "2026-11-27",
    "endTime": None,
    "recurrence": "FREQ=WEEKLY;BYDAY=FR;COUNT=8",
    "reason": "Color course",
    "lastOn": "2027-01-15",
}
SENT = {name: value for name, value in EXAMPLE.items() if name not in ("id", "lastOn")}
BODIES = {
    "Eight Friday afternoons": SENT,
    "Everybody, two days": {"kind": "OTHER", "startsOn": "2026-12-30", "endsOn": "2026-12-31"},
}


class TimeOffSerializer(HouseSerializer):
    id = serializers.UUIDField()
    resource_id = serializers.UUIDField(allow_null=True)
    kind = EnumField(TimeOff.Kind)
    starts_on = DayField()
    start_time = WallTimeField(allow_null=True)
    ends_on = DayField()
    end_time = WallTimeField(allow_null=True)
    recurrence = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    last_on = DayField(help_text="The last day that any of it touches.")


class ChangeTimeOffSerializer(EvenIfSerializer):
    kind = EnumField(TimeOff.Kind, required=False)
    starts_on = DayField(required=False)
    start_time = WallTimeField(
        required=False, allow_null=True, help_text="Local; null is the day's beginning."
    )
    ends_on = DayField(required=False)
    end_time = WallTimeField(
        required=False, allow_null=True, help_text="Local; null is the end of that day."
    )
    recurrence = TextField(
        max_length=LONGEST_RULE,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="An RFC 5545 rule by which all of it happens again, with COUNT or UNTIL.",
    )
    reason = TextField(max_length=LONGEST_REASON, required=False, allow_blank=True)


class CreateTimeOffSerializer(ChangeTimeOffSerializer, ForWhomSerializer):
    kind = EnumField(TimeOff.Kind, required=False, default=TimeOff.Kind.VACATION)
    starts_on = DayField()
    ends_on = DayField()


@documented(
    "Opening hours",
    list=Operation(
        id="listTimeOff",
        summary="List time off",
        description="Oldest first. With `from` and `to`: what may touch a day of them.",
        query=HoursQuery,
        answer=TimeOffSerializer,
        is_list=True,
        answer_examples={"One absence": [EXAMPLE]},
        links=examples.links("getTimeOff", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getTimeOff",
        summary="Read time off",
        answer=TimeOffSerializer,
        answer_examples={"An absence": EXAMPLE},
    ),
    create=Operation(
        id="addTimeOff",
        summary="Add time off",
        description=(
            "Whole days or hours, on the clock of the resource. Without a resource for everybody, "
            "each on their own clock. The reason is for staff alone."
        ),
        body=CreateTimeOffSerializer,
        answer=TimeOffSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples=BODIES,
        answer_examples={"An absence": EXAMPLE},
        conflict_examples=OUTSIDE,
        links=examples.links("getTimeOff", "updateTimeOff", "removeTimeOff"),
    ),
    partial_update=Operation(
        id="updateTimeOff",
        summary="Change time off",
        description="What is left out stays.",
        body=ChangeTimeOffSerializer,
        answer=TimeOffSerializer,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"A day longer": {"endsOn": "2026-11-28"}},
        answer_examples={"An absence": EXAMPLE},
        conflict_examples=OUTSIDE,
    ),
    destroy=Operation(
        id="removeTimeOff",
        summary="Remove time off",
        answer_examples={"Removed": None},
    ),
)
class TimeOffViewSet(HoursViewSet[TimeOff]):
    queryset = TimeOff.objects.select_related("resource", "organization")
    serializer_class = TimeOffSerializer

    def list(self, request: Request) -> Response:
        query = self.validated_query(HoursQuery)
        rows = self.get_queryset().select_related(None)
        if resource := query.get("resource_id"):
            rows = concerning(rows, resource)
        if day := query.get("from_"):
            rows = rows.filter(last_on__gte=day)
        if day := query.get("to"):
            rows = rows.filter(starts_on__lt=day)
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=COLUMNS)
        return Response(success([present(row) for row in found], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return Response(success(_read(self.row())))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateTimeOffSerializer)
        resource = data.get("resource_id")
        time_off = add_time_off(
            Absence(**_columns(data)),
            organization_id=self.organization_id,
            resource=resource,
            timezone=self._zone_of(resource),
            caller=self.caller,
            even_if_bookings_fall_outside=data[EVEN_IF],
        )
        return Response(success(_read(time_off)), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        data = self.validated(ChangeTimeOffSerializer)
        row = self.row()
        time_off = change_time_off(
            row,
            _columns(data),
            timezone=self._zone_of(row.resource),
            caller=self.caller,
            even_if_bookings_fall_outside=data[EVEN_IF],
        )
        return Response(success(_read(time_off)))

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        remove_time_off(self.row(), caller=self.caller)
        return Response(success(None, message="They are there after all."))

    def _zone_of(self, resource: Resource | None) -> str:
        if resource is not None:
            return resource.timezone
        return Organization.objects.values_list("timezone", flat=True).get(pk=self.organization_id)


def _columns(data: Mapping[str, Any]) -> dict[str, Any]:
    columns = renamed(data, COLUMN_OF)
    if "recurrence" in columns:
        columns["recurrence"] = (columns["recurrence"] or "").strip()
    return columns


def _read(time_off: TimeOff) -> dict[str, Any]:
    return present({name: getattr(time_off, name) for name in COLUMNS})


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    starts, ends = row["starts_at_time"], row["ends_at_time"]
    return {
        "id": str(row["id"]),
        "resourceId": optional_id(row["resource_id"]),
        "kind": row["kind"],
        "startsOn": row["starts_on"].isoformat(),
        "startTime": wall(starts) if starts is not None else None,
        "endsOn": row["ends_on"].isoformat(),
        "endTime": wall(ends) if ends is not None else None,
        "recurrence": row["recurrence"] or None,
        "reason": row["reason"],
        "lastOn": row["last_on"].isoformat(),
    }
