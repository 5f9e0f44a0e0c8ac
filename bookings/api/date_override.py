"""The hours of certain dates, in place of the usual ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

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
)
from bookings.api.wall_clock import DayField, WallTimeField, wall
from bookings.models import DateOverride
from bookings.selectors.hours import concerning, hours_on, one_per_date
from bookings.services.date_override import (
    LONGEST_NOTE,
    change_date_hours,
    remove_date_hours,
    set_date_hours,
)
from bookings.services.schedule import MOST_STRETCHES
from core.api.envelope import success
from core.api.fields import TextField
from core.api.pagination import paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.models import TenantQuerySet

COLUMNS = ["id", "created_at", "resource_id", "on", "note"]
EXAMPLE: dict[str, Any] = {
    "id": "01934900-5061-7b72-8c8d-9e0f1a2b3c07",
    "resourceId": None,
    "date": "2026-12-24",
    "stretches": [{"opens": "09:00", "closes": "13:00"}],
    "note": "Christmas Eve",
}
BODIES = {
    "Open in the morning": {name: EXAMPLE[name] for name in ("date", "stretches", "note")},
    "Closed": {"resourceId": examples.RESOURCE_ID, "date": "2026-12-31", "stretches": []},
}


class StretchSerializer(HouseSerializer):
    opens = WallTimeField()
    closes = WallTimeField(help_text="00:00 is the end of the day.")


class StretchReadSerializer(HouseSerializer):
    opens = WallTimeField()
    closes = WallTimeField()


class DateOverrideSerializer(HouseSerializer):
    id = serializers.UUIDField()
    resource_id = serializers.UUIDField(allow_null=True)
    date = DayField()
    stretches = StretchReadSerializer(many=True)
    note = serializers.CharField(allow_blank=True)


class ChangeDateOverrideSerializer(EvenIfSerializer):
    stretches = serializers.ListField(
        child=StretchSerializer(),
        required=False,
        max_length=MOST_STRETCHES,
        help_text="When it is open; an empty list is closed.",
    )
    note = TextField(max_length=LONGEST_NOTE, required=False, allow_blank=True)


class CreateDateOverrideSerializer(ForWhomSerializer):
    date = DayField()
    stretches = serializers.ListField(
        child=StretchSerializer(),
        max_length=MOST_STRETCHES,
        help_text="When it is open; an empty list is closed.",
    )
    note = TextField(max_length=LONGEST_NOTE, required=False, allow_blank=True, default="")


@documented(
    "Opening hours",
    list=Operation(
        id="listDateOverrides",
        summary="List dates with hours of their own",
        description="Oldest first.",
        query=HoursQuery,
        answer=DateOverrideSerializer,
        is_list=True,
        answer_examples={"One date": [EXAMPLE]},
        links=examples.links("getDateOverride", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getDateOverride",
        summary="Read the hours of a date",
        answer=DateOverrideSerializer,
        answer_examples={"A date": EXAMPLE},
    ),
    create=Operation(
        id="setDateOverride",
        summary="Set the hours of a date",
        description=(
            "In place of the weekly ones, also on a public holiday, and of what was set for that "
            "date before. Without a resource for everybody who has no hours of their own then."
        ),
        body=CreateDateOverrideSerializer,
        answer=DateOverrideSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples=BODIES,
        answer_examples={"A date": EXAMPLE},
        conflict_examples=OUTSIDE,
        links=examples.links("getDateOverride", "updateDateOverride", "removeDateOverride"),
    ),
    partial_update=Operation(
        id="updateDateOverride",
        summary="Change the hours of a date",
        description="What is left out stays.",
        body=ChangeDateOverrideSerializer,
        answer=DateOverrideSerializer,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"Closed after all": {"stretches": []}},
        answer_examples={"A date": EXAMPLE},
        conflict_examples=OUTSIDE,
    ),
    destroy=Operation(
        id="removeDateOverride",
        summary="Let the usual hours count on that date",
        body=EvenIfSerializer,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"Even if": {"evenIfBookingsFallOutside": True}},
        answer_examples={"Removed": None},
        conflict_examples=OUTSIDE,
    ),
)
class DateOverrideViewSet(HoursViewSet[DateOverride]):
    queryset = DateOverride.objects.select_related("resource")
    serializer_class = DateOverrideSerializer

    def get_queryset(self) -> TenantQuerySet[DateOverride]:
        return one_per_date(super().get_queryset())

    def list(self, request: Request) -> Response:
        query = self.validated_query(HoursQuery)
        rows = self.get_queryset().select_related(None)
        if resource := query.get("resource_id"):
            rows = concerning(rows, resource)
        if day := query.get("from_"):
            rows = rows.filter(on__gte=day)
        if day := query.get("to"):
            rows = rows.filter(on__lt=day)
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=COLUMNS)
        return Response(success(_presented(self.organization_id, found), pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return Response(success(self._read(self.row())))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateDateOverrideSerializer)
        override = set_date_hours(
            organization_id=self.organization_id,
            resource=data.get("resource_id"),
            on=data["date"],
            stretches=_stretches(data["stretches"]),
            note=data["note"],
            caller=self.caller,
            even_if_bookings_fall_outside=data[EVEN_IF],
        )
        return Response(success(self._read(override)), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        data = self.validated(ChangeDateOverrideSerializer)
        changes: dict[str, Any] = {}
        if "stretches" in data:
            changes["stretches"] = _stretches(data["stretches"])
        if "note" in data:
            changes["note"] = data["note"]
        override = change_date_hours(
            self.row(),
            changes,
            caller=self.caller,
            even_if_bookings_fall_outside=data[EVEN_IF],
        )
        return Response(success(self._read(override)))

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        data = self.validated(EvenIfSerializer)
        remove_date_hours(
            self.row(), caller=self.caller, even_if_bookings_fall_outside=data[EVEN_IF]
        )
        return Response(success(None, message="The usual hours count again."))

    def _read(self, override: DateOverride) -> dict[str, Any]:
        columns = {name: getattr(override, name) for name in COLUMNS}
        return _presented(self.organization_id, [columns])[0]


def _stretches(sent: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Any]]:
    return [(row["opens"], row["closes"]) for row in sent]


def _presented(organization_id: UUID, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return dates with their hours. One query."""
    hours = hours_on(organization_id, [(row["resource_id"], row["on"]) for row in rows])
    return [
        {
            "id": str(row["id"]),
            "resourceId": optional_id(row["resource_id"]),
            "date": row["on"].isoformat(),
            "stretches": [
                {"opens": wall(opens), "closes": wall(closes)}
                for opens, closes in hours.get((row["resource_id"], row["on"]), ())
            ],
            "note": row["note"],
        }
        for row in rows
    ]
