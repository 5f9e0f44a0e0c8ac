"""Which times can be booked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.fields import TimezoneField
from bookings.api.serializers import LONGEST_DURATION_MINUTES
from bookings.availability.engine import FreeStart
from bookings.availability.intervals import Interval
from bookings.availability.reasons import Cause, Reason, ReasonCode
from bookings.availability.rules import midnight
from bookings.models import Resource, Service
from bookings.selectors.catalog import default_service, service_named
from bookings.selectors.slots import free_slots, next_slot, why_not
from core.api.envelope import success
from core.api.fields import EnumField, NamedIdField, QueryNumberField, not_there
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField, InstantOrDateField, instant
from core.api.viewsets import TenantViewSet
from core.errors import Invalid

# What a candidate can be refused for; only the console refuses one that is off the grid.
Code: type[TextChoices] = TextChoices(  # type: ignore[call-overload]
    "ReasonCode", [(str(code), str(code)) for code in ReasonCode if code != ReasonCode.OFF_GRID]
)
LONGEST_RANGE = timedelta(days=62)
LONGEST_EXPLAINED = timedelta(days=31)


class WishSerializer(HouseSerializer):
    """What is to be booked, as every question about free times asks."""

    duration = QueryNumberField(
        min_value=1,
        max_value=LONGEST_DURATION_MINUTES,
        required=False,
        help_text="How many minutes it is to take: one of the service's durations.",
    )
    service_id = NamedIdField(required=False, help_text="What is to be booked.")
    resource_id = NamedIdField(required=False, help_text="With whom or what alone.")
    timezone = TimezoneField(required=False, help_text="Whose midnight a bare date means.")


class AvailabilityQuerySerializer(WishSerializer):
    """`from` is included, `to` is not; a bare date is its midnight in `timezone`."""

    from_ = InstantOrDateField(help_text="The first time that counts.")
    to = InstantOrDateField(help_text="The first time that no longer counts.")


class NextQuerySerializer(WishSerializer):
    after = InstantOrDateField(help_text="The first time that would do.")


class SlotSerializer(HouseSerializer):
    start_time = InstantField()
    end_time = InstantField()
    resource_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="Whoever is free then."
    )


class AvailabilitySerializer(HouseSerializer):
    slots = SlotSerializer(many=True)


class NextSlotSerializer(HouseSerializer):
    slot = SlotSerializer(allow_null=True)


class CauseSerializer(HouseSerializer):
    kind = serializers.ChoiceField(["BOOKING", "HOLD", "SESSION", "TIME_OFF", "HOLIDAY", "LIMIT"])
    id = serializers.UUIDField(required=False, help_text="The row's.")
    name = serializers.CharField(required=False, help_text="The holiday, or the limit.")


class ReasonSerializer(HouseSerializer):
    code = EnumField(Code)
    cause = CauseSerializer(
        required=False, help_text="What stands behind it; only for who may read bookings."
    )


class CandidateSerializer(HouseSerializer):
    start_time = InstantField()
    available = serializers.BooleanField()
    reasons = ReasonSerializer(many=True, help_text="In order; empty when it can be booked.")


class ExplanationSerializer(HouseSerializer):
    candidates = CandidateSerializer(many=True)


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
    explain=Operation(
        id="explainTimes",
        summary="Say why times are not offered",
        description=(
            "Each candidate start from `from` to `to` "
            f"({LONGEST_EXPLAINED.days} days at most) with everything that stands against it. "
            "Somebody who may read bookings also learns the rows behind the reasons: then a code "
            "comes once for each of them."
        ),
        query=AvailabilityQuerySerializer,
        answer=ExplanationSerializer,
        answer_examples={"One free, one taken": {"candidates": examples.CANDIDATES}},
    ),
    next=Operation(
        id="nextFreeTime",
        summary="Find the first time that can be booked",
        description="At or after `after`, as far ahead as the service can be booked.",
        query=NextQuerySerializer,
        answer=NextSlotSerializer,
        answer_examples={
            "The first free time": {"slot": examples.SLOT},
            "Nothing is free": {"slot": None},
        },
    ),
)
class AvailabilityViewSet(TenantViewSet[Service]):
    queryset = Service.objects.all()
    serializer_class = AvailabilitySerializer
    scope = "catalog"

    def list(self, request: Request) -> Response:
        wish = self._wish(AvailabilityQuerySerializer)
        slots = free_slots(
            wish.service,
            wish.window(LONGEST_RANGE),
            minutes=wish.minutes,
            resource_id=wish.resource,
            among=self.caller.only_resources,
        )
        self._check_resource(wish, anything_is_free=bool(slots))
        return Response(success({"slots": [present_slot(slot, wish.minutes) for slot in slots]}))

    @action(detail=False)
    def explain(self, request: Request) -> Response:
        wish = self._wish(AvailabilityQuerySerializer)
        candidates = why_not(
            wish.service,
            wish.window(LONGEST_EXPLAINED),
            minutes=wish.minutes,
            resource_id=wish.resource,
            among=self.caller.only_resources,
        )
        is_free = any(not reasons for _, reasons in candidates)
        self._check_resource(wish, anything_is_free=is_free)
        knows_causes = self.caller.may("bookings:read")
        found = [
            {
                "startTime": instant(start),
                "available": not reasons,
                "reasons": [
                    told for reason in reasons for told in _told(reason, with_causes=knows_causes)
                ],
            }
            for start, reasons in candidates
        ]
        return Response(success({"candidates": found}))

    @action(detail=False)
    def next(self, request: Request) -> Response:
        wish = self._wish(NextQuerySerializer)
        after = _moment(wish.query["after"], wish.zone)
        slot = next_slot(
            wish.service,
            after,
            minutes=wish.minutes,
            resource_id=wish.resource,
            among=self.caller.only_resources,
        )
        self._check_resource(wish, anything_is_free=slot is not None)
        return Response(success({"slot": slot and present_slot(slot, wish.minutes)}))

    def _wish(self, serializer_class: type[WishSerializer]) -> Wish:
        query = self.validated_query(serializer_class)
        if (named := query.get("service_id")) is None:
            service = default_service(self.organization_id)
        elif (found := service_named(self.organization_id, named)) is not None:
            service = found
        else:
            raise not_there("serviceId")
        self._check_own(service, query)
        minutes = query.get("duration", service.durations[0])
        if minutes not in service.durations:
            offered = ", ".join(map(str, service.durations))
            raise Invalid.at("duration", f"This service takes {offered} minutes.")
        zone = ZoneInfo(query.get("timezone") or service.organization.timezone)
        return Wish(service, minutes, query.get("resource_id"), zone, query)

    def _check_own(self, service: Service, query: Mapping[str, Any]) -> None:
        """Raise NotFound for a colleague's, where the caller is limited to their own."""
        if not self.caller.is_limited:
            return
        if (named := query.get("resource_id")) is not None and not self.caller.has(named):
            raise not_there("resourceId")
        if not self.get_queryset().filter(pk=service.pk).exists():
            raise not_there("serviceId")

    def _check_resource(self, wish: Wish, *, anything_is_free: bool) -> None:
        """Raise NotFound for a resource that is not there: only of those is nothing ever free."""
        if wish.resource is None or anything_is_free:
            return
        ours = Resource.objects.for_caller(self.caller)
        if not ours.filter(pk=wish.resource, is_active=True).exists():
            raise not_there("resourceId")


@dataclass(frozen=True)
class Wish:
    """A question about free times, with what was left out filled in."""

    service: Service
    minutes: int
    resource: UUID | None
    zone: ZoneInfo
    query: dict[str, Any]

    def window(self, longest: timedelta) -> Interval:
        window = Interval(
            _moment(self.query["from_"], self.zone), _moment(self.query["to"], self.zone)
        )
        if window.end <= window.start:
            raise Invalid.at("to", "This has to be later than `from`.")
        if window.end - window.start > longest:
            raise Invalid.at("to", f"Ask for {longest.days} days at most.")
        return window


def present_slot(slot: FreeStart, minutes: int) -> dict[str, Any]:
    """Return one free time as a client reads it."""
    return {
        "startTime": instant(slot.start),
        "endTime": instant(slot.start + timedelta(minutes=minutes)),
        "resourceIds": [str(row_id) for row_id in slot.resource_ids],
    }


def _told(reason: Reason, *, with_causes: bool) -> Iterator[dict[str, Any]]:
    causes = [cause for cause in reason.causes if isinstance(cause, Cause)] if with_causes else []
    if not causes:
        yield {"code": str(reason.code)}
    for cause in causes:
        known = {"kind": cause.kind, "id": cause.id and str(cause.id), "name": cause.name}
        told = {name: value for name, value in known.items() if value}
        yield {"code": str(reason.code), "cause": told}


def _moment(value: datetime | date, zone: ZoneInfo) -> datetime:
    return value if isinstance(value, datetime) else midnight(value, zone)
