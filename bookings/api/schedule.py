"""Weekly opening hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
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
    HoursQuery,
    HoursViewSet,
    optional_day,
)
from bookings.api.wall_clock import DayField, WallTimeField, wall
from bookings.models import Resource, Schedule, WeeklyHours
from bookings.services.schedule import (
    MOST_STRETCHES,
    OnWeekday,
    change_schedule,
    remove_schedule,
    set_weekly_hours,
)
from core.api.envelope import success
from core.api.fields import OwnedField, WholeNumberField, YesNoField
from core.api.pagination import paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.errors import Invalid

COLUMNS = ["id", "created_at", "resource_id", "valid_from_on", "valid_to_on"]
SCHEDULE_ID = "01934900-4f50-7a61-8b7c-8d9e0f1a2b06"
EXAMPLE: dict[str, Any] = {
    "id": SCHEDULE_ID,
    "resourceId": examples.RESOURCE_ID,
    "validFrom": None,
    "validTo": None,
    "weekly": [
        {"weekday": 0, "opens": "09:00", "closes": "17:00", "isBreak": False},
        {"weekday": 0, "opens": "12:00", "closes": "13:00", "isBreak": True},
    ],
}
BODY = {name: EXAMPLE[name] for name in ("resourceId", "weekly")}


class WeeklyHoursSerializer(HouseSerializer):
    weekday = WholeNumberField(min_value=0, max_value=6, help_text="0 is Monday.")
    opens = WallTimeField()
    closes = WallTimeField(help_text="00:00 is the end of the day.")
    is_break = YesNoField(
        default=False, help_text="Closed, although other hours of the day say that it is open."
    )


class WeeklyHoursReadSerializer(HouseSerializer):
    weekday = serializers.IntegerField()
    opens = WallTimeField()
    closes = WallTimeField()
    is_break = serializers.BooleanField()


class ScheduleSerializer(HouseSerializer):
    id = serializers.UUIDField()
    resource_id = serializers.UUIDField()
    valid_from = DayField(allow_null=True)
    valid_to = DayField(allow_null=True)
    weekly = WeeklyHoursReadSerializer(many=True)


class ChangeScheduleSerializer(EvenIfSerializer):
    valid_from = DayField(required=False, allow_null=True, help_text="The first day; null: always.")
    valid_to = DayField(required=False, allow_null=True, help_text="The last day; null: no end.")
    weekly = serializers.ListField(
        child=WeeklyHoursSerializer(),
        required=False,
        max_length=7 * 2 * MOST_STRETCHES,
        help_text="The local hours of a usual week, breaks included. They replace all that were.",
    )


class CreateScheduleSerializer(ChangeScheduleSerializer):
    resource_id = OwnedField(queryset=Resource.objects.all(), help_text="Whose hours they are.")
    weekly = serializers.ListField(
        child=WeeklyHoursSerializer(),
        max_length=7 * 2 * MOST_STRETCHES,
        help_text="The local hours of a usual week, breaks included.",
    )


@documented(
    "Opening hours",
    list=Operation(
        id="listSchedules",
        summary="List weekly opening hours",
        description="Oldest first. With `from` and `to`: those that are valid on a day of them.",
        query=HoursQuery,
        answer=ScheduleSerializer,
        is_list=True,
        answer_examples={"One schedule": [EXAMPLE]},
        links=examples.links("getSchedule", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getSchedule",
        summary="Read weekly opening hours",
        answer=ScheduleSerializer,
        answer_examples={"A schedule": EXAMPLE},
    ),
    create=Operation(
        id="createSchedule",
        summary="Add weekly opening hours",
        description=(
            "In the resource's own time zone. On a day on which several schedules of a resource "
            "are valid, their hours add up."
        ),
        body=CreateScheduleSerializer,
        answer=ScheduleSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"Monday, with a break at noon": BODY},
        answer_examples={"A schedule": EXAMPLE},
        conflict_examples=OUTSIDE,
        links=examples.links("getSchedule", "updateSchedule", "removeSchedule"),
    ),
    partial_update=Operation(
        id="updateSchedule",
        summary="Change weekly opening hours",
        description="What is left out stays.",
        body=ChangeScheduleSerializer,
        answer=ScheduleSerializer,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"Until the end of the year": {"validTo": "2026-12-31"}},
        answer_examples={"A schedule": EXAMPLE},
        conflict_examples=OUTSIDE,
    ),
    destroy=Operation(
        id="removeSchedule",
        summary="Remove weekly opening hours",
        body=EvenIfSerializer,
        conflicts=REFUSED_FOR_BOOKINGS,
        conflict_details=OUTSIDE_DETAILS,
        body_examples={"Even if": {"evenIfBookingsFallOutside": True}},
        answer_examples={"Removed": None},
        conflict_examples=OUTSIDE,
    ),
)
class ScheduleViewSet(HoursViewSet[Schedule]):
    queryset = Schedule.objects.select_related("resource")
    serializer_class = ScheduleSerializer

    def list(self, request: Request) -> Response:
        query = self.validated_query(HoursQuery)
        rows = self.get_queryset().select_related(None)
        if resource := query.get("resource_id"):
            rows = rows.filter(resource=resource)
        if day := query.get("from_"):
            rows = rows.filter(Q(valid_to_on=None) | Q(valid_to_on__gte=day))
        if day := query.get("to"):
            rows = rows.filter(Q(valid_from_on=None) | Q(valid_from_on__lt=day))
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=COLUMNS)
        return Response(success(_presented(found), pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return Response(success(self._read(self.row())))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateScheduleSerializer)
        try:
            schedule = set_weekly_hours(
                data["resource_id"],
                **_columns(data),
                caller=self.caller,
                even_if_bookings_fall_outside=data[EVEN_IF],
            )
        except Invalid as wrong:
            raise _in_words_of_the_api(wrong) from wrong
        return Response(success(self._read(schedule)), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        data = self.validated(ChangeScheduleSerializer)
        try:
            schedule = change_schedule(
                self.row(),
                _columns(data),
                caller=self.caller,
                even_if_bookings_fall_outside=data[EVEN_IF],
            )
        except Invalid as wrong:
            raise _in_words_of_the_api(wrong) from wrong
        return Response(success(self._read(schedule)))

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        data = self.validated(EvenIfSerializer)
        remove_schedule(self.row(), caller=self.caller, even_if_bookings_fall_outside=data[EVEN_IF])
        return Response(success(None, message="These hours no longer count."))

    def _read(self, schedule: Schedule) -> dict[str, Any]:
        columns = {name: getattr(schedule, name) for name in COLUMNS}
        return _presented([columns])[0]


def _columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of set_weekly_hours that were sent."""
    columns: dict[str, Any] = {}
    if "weekly" in data:
        hours: dict[bool, list[OnWeekday]] = {False: [], True: []}
        for row in data["weekly"]:
            hours[row["is_break"]].append((row["weekday"], row["opens"], row["closes"]))
        columns = {"stretches": hours[False], "breaks": hours[True]}
    for name, column in (("valid_from", "valid_from_on"), ("valid_to", "valid_to_on")):
        if name in data:
            columns[column] = data[name]
    return columns


def _presented(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return schedules with their hours. One query."""
    weekly: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    hours = WeeklyHours.objects.filter(schedule__in=[row["id"] for row in rows])
    for row in hours.order_by("weekday", "opens", "is_break"):
        weekly[row.schedule_id].append(
            {
                "weekday": row.weekday,
                "opens": wall(row.opens),
                "closes": wall(row.closes),
                "isBreak": row.is_break,
            }
        )
    return [
        {
            "id": str(row["id"]),
            "resourceId": str(row["resource_id"]),
            "validFrom": optional_day(row["valid_from_on"]),
            "validTo": optional_day(row["valid_to_on"]),
            "weekly": weekly[row["id"]],
        }
        for row in rows
    ]


def _in_words_of_the_api(wrong: Invalid) -> Invalid:
    """The service names days as the console shows them; here they are one list."""
    fields: dict[str, list[str]] = {}
    given = wrong.details["fields"]
    for path, sentences in given.items() if isinstance(given, dict) else ():
        if path.startswith("day"):
            fields.setdefault("weekly", []).extend(
                f"Weekday {path[3:]}: {sentence}" for sentence in sentences
            )
        else:
            fields[path] = sentences
    return Invalid(fields=fields)
