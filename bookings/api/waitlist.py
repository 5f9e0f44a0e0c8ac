"""Waiting for a time that is not free: join, list, read, leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.booking_shapes import TimeSlotReadSerializer
from bookings.api.fields import TimezoneField
from bookings.api.serializers import (
    LONGEST_DURATION_MINUTES,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_PHONE,
    LONGEST_TEXT,
)
from bookings.availability.rules import midnight
from bookings.errors import AlreadyJoined, AlreadyWaiting, SessionOver, StillFree, WaitIsOver
from bookings.models import GroupSession, Resource, Service, WaitlistEntry
from bookings.selectors.catalog import default_service
from bookings.selectors.waitlist import (
    filtered,
    generation_of,
    positions_of,
    waitlist_token,
    waitlist_url,
)
from bookings.services.answering import leave_waitlist
from bookings.services.customer import CustomerDetails
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.waitlist import WaitRequest, join_waitlist
from core.api.envelope import success
from core.api.fields import EnumField, OwnedField, TextField, WholeNumberField
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField, InstantOrDateField
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.ids import uuid7

BY_AGE = Order("created_at")
COLUMNS = (
    "id",
    "service_id",
    "resource_id",
    "group_session_id",
    "from_at",
    "to_at",
    "minutes",
    "status",
    "timezone",
    "name",
    "company",
    "email",
    "phone",
    "inquiry",
    "customer_id",
    "booking_id",
    "created_at",
    "hold__starts_at",
    "hold__ends_at",
    "hold__resource_id",
    "hold__expires_at",
)


OF_A_TIME = ("serviceId", "resourceId", "from", "to", "duration")
NEEDED_OF_A_TIME = ("from", "to", "duration")


class JoinWaitlistSerializer(HouseSerializer):
    """For a time: `from` is included, `to` is not; a bare date is its midnight in `timezone`.

    For a place in a group session: `groupSessionId` instead of all that.
    """

    group_session_id = OwnedField(
        queryset=GroupSession.objects.select_related("service"),
        required=False,
        help_text="The session, if it is a place in one that is wanted; it says all the rest.",
    )
    service_id = OwnedField(
        queryset=Service.objects.filter(is_active=True).select_related("organization"),
        required=False,
        allow_null=True,
        help_text="What is wanted; null is the default service.",
    )
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody.",
    )
    from_ = InstantOrDateField(required=False, help_text="The first time that would do.")
    to = InstantOrDateField(required=False, help_text="The first time that would no longer do.")
    duration = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LONGEST_DURATION_MINUTES,
        help_text="Minutes; one of the service's durations.",
    )
    name = TextField(max_length=LONGEST_NAME)
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False)
    company = TextField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    phone = TextField(max_length=LONGEST_PHONE, required=False, allow_blank=True, allow_null=True)
    inquiry = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    timezone = TimezoneField(required=False, help_text="The zone in which they read times.")
    schema_rules = {
        "anyOf": [{"required": ["groupSessionId"]}, {"required": list(NEEDED_OF_A_TIME)}],
        "dependentSchemas": {
            "groupSessionId": {"properties": dict.fromkeys(OF_A_TIME, False)},
        },
    }

    def to_internal_value(self, data: Any) -> Any:
        """Ask for a time, or for a session, and name everything that is wrong at once."""
        of_a_session = isinstance(data, Mapping) and "groupSessionId" in data
        for name in NEEDED_OF_A_TIME:
            self.fields[name].required = not of_a_session
        said = [name for name in OF_A_TIME if of_a_session and name in data]
        wrong = {name: ["The session says this; leave it out."] for name in said}
        try:
            read = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **wrong}) from error  # type: ignore[dict-item]
        if wrong:
            raise serializers.ValidationError(wrong)
        return read


class WaitlistQuerySerializer(PageQuery):
    status = EnumField(WaitlistEntry.Status, required=False)
    service_id = OwnedField(queryset=Service.objects.all(), required=False)
    group_session_id = OwnedField(queryset=GroupSession.objects.all(), required=False)


class LeaveWaitlistSerializer(HouseSerializer):
    token = TextField(
        max_length=200, required=False, help_text="As it was answered, or as it stands in a mail."
    )


class OfferSerializer(HouseSerializer):
    time_slot = TimeSlotReadSerializer()
    resource_id = serializers.UUIDField()
    expires_at = InstantField(help_text="Until then it is kept for them.")


class WaitingSerializer(HouseSerializer):
    """A place on the waitlist, without who stands there."""

    id = serializers.UUIDField()
    service_id = serializers.UUIDField()
    resource_id = serializers.UUIDField(allow_null=True, help_text="null: anybody.")
    group_session_id = serializers.UUIDField(
        allow_null=True, help_text="The session in which they want a place; null: they want a time."
    )
    from_ = InstantField()
    to = InstantField()
    duration = serializers.IntegerField(min_value=1)
    status = EnumField(WaitlistEntry.Status)
    position = serializers.IntegerField(
        allow_null=True, min_value=1, help_text="The place in line, while waiting."
    )
    offer = OfferSerializer(allow_null=True, help_text="The time that is kept for them now.")
    created_at = InstantField()


class JoinedSerializer(WaitingSerializer):
    token = serializers.CharField(help_text="With it they leave, and answer the offer to come.")
    url = serializers.URLField(help_text="The page on which they do.")


class WaitlistEntrySerializer(WaitingSerializer):
    """The same with who waits; for who may read them."""

    name = serializers.CharField()
    company = serializers.CharField(allow_blank=True)
    email = serializers.EmailField(allow_blank=True, help_text="Empty of somebody who was erased.")
    phone = serializers.CharField(allow_null=True)
    inquiry = serializers.CharField(allow_blank=True)
    timezone = serializers.CharField()
    customer_id = serializers.UUIDField()
    booking_id = serializers.UUIDField(allow_null=True, help_text="What became of it.")


def present(row: Mapping[str, Any], position: int | None) -> dict[str, Any]:
    """Return a place on the waitlist as anybody reads it who may, from its columns."""
    offer = None
    if row["status"] == WaitlistEntry.Status.OFFERED:
        offer = {
            "timeSlot": {
                "startTime": row["hold__starts_at"],
                "endTime": row["hold__ends_at"],
                "duration": row["minutes"],
                "timezone": row["timezone"],
            },
            "resourceId": row["hold__resource_id"],
            "expiresAt": row["hold__expires_at"],
        }
    return {
        "id": row["id"],
        "serviceId": row["service_id"],
        "resourceId": row["resource_id"],
        "groupSessionId": row["group_session_id"],
        "from": row["from_at"],
        "to": row["to_at"],
        "duration": row["minutes"],
        "status": row["status"],
        "position": position,
        "offer": offer,
        "createdAt": row["created_at"],
    }


def present_person(row: Mapping[str, Any], position: int | None) -> dict[str, Any]:
    """The same with who waits."""
    return present(row, position) | {
        "name": row["name"],
        "company": row["company"],
        "email": row["email"],
        "phone": row["phone"] or None,
        "inquiry": row["inquiry"],
        "timezone": row["timezone"],
        "customerId": row["customer_id"],
        "bookingId": row["booking_id"],
    }


def row_of(entry_id: UUID) -> dict[str, Any]:
    return WaitlistEntry.objects.values(*COLUMNS).get(pk=entry_id)


@documented(
    "Waitlist",
    create=Operation(
        id="joinWaitlist",
        summary="Wait for a time, or for a place in a session",
        description=(
            "For who finds nothing free in a window of 62 days at most, or a session full. What "
            "comes free is kept for the first in line, who gets a mail with a link to accept it. "
            "Where something is free it is a 409 `STILL_FREE` that offers it."
        ),
        body=JoinWaitlistSerializer,
        answer=JoinedSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=(
            StillFree.reason,
            AlreadyWaiting.reason,
            AlreadyJoined.reason,
            SessionOver.reason,
        ),
        conflict_details=examples.ALTERNATIVES,
        body_examples={
            "Any time in one week": examples.WAIT,
            "A place in a session": examples.WAIT_FOR_A_PLACE,
        },
        answer_examples={"The first in line": examples.JOINED},
        conflict_examples={
            "Something is free": {"reason": StillFree.reason, "alternatives": [examples.SLOT]}
        },
        links={
            "leaveWaitlist": {
                "operationId": "leaveWaitlist",
                "parameters": {"id": "$response.body#/data/id"},
                "requestBody": {"token": "$response.body#/data/token"},
            }
        },
    ),
    list=Operation(
        id="listWaitlist",
        summary="List who waits",
        description="By when they joined, also who does not wait any more.",
        query=WaitlistQuerySerializer,
        answer=WaitlistEntrySerializer,
        is_list=True,
        answer_examples={"One person": [examples.WAITING]},
        links=examples.links("getWaitlistEntry", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getWaitlistEntry",
        summary="Read who waits",
        answer=WaitlistEntrySerializer,
        answer_examples={"With an offer": examples.OFFERED},
    ),
    destroy=Operation(
        id="leaveWaitlist",
        summary="Leave the waitlist",
        description=(
            "With their `token`, or by who may read the waitlist. What was kept for them goes to "
            "the next in line. Twice is as good as once."
        ),
        body=LeaveWaitlistSerializer,
        conflicts=[WaitIsOver.reason],
        body_examples={"With their token": {"token": examples.MANAGE_TOKEN}},
        answer_examples={"Left": None},
        conflict_examples={"They have booked": {"reason": WaitIsOver.reason}},
    ),
)
class WaitlistViewSet(TenantViewSet[WaitlistEntry]):
    queryset = WaitlistEntry.objects.all()
    serializer_class = WaitlistEntrySerializer
    scope = "waitlist"

    def create(self, request: Request) -> Response:
        self.refuse_query()
        entry_id = uuid7()
        data = self.validated(JoinWaitlistSerializer)
        if "group_session_id" in data:
            entry = self._wait_for_a_place(data, entry_id)
        else:
            entry = self._wait_for_a_time(data, entry_id)
        answer = present(row_of(entry.pk), positions_of([entry]).get(entry.pk))
        answer |= {"token": waitlist_token(entry), "url": waitlist_url(entry)}
        return Response(success(answer), status=status.HTTP_201_CREATED)

    def _wait_for_a_time(self, data: dict[str, Any], entry_id: UUID) -> WaitlistEntry:
        service = data.get("service_id") or default_service(self.organization_id)
        zone = data.get("timezone") or service.organization.timezone
        wanted = WaitRequest(
            service=service,
            customer=_customer(data, zone),
            from_at=_moment(data["from_"], zone),
            to_at=_moment(data["to"], zone),
            minutes=data["duration"],
            resource=data.get("resource_id"),
            inquiry=data.get("inquiry", ""),
        )
        return join_waitlist(wanted, caller=self.caller, entry_id=entry_id)

    def _wait_for_a_place(self, data: dict[str, Any], entry_id: UUID) -> WaitlistEntry:
        wanted = PlaceWait(
            session=data["group_session_id"],
            customer=_customer(data, data.get("timezone", "")),
            inquiry=data.get("inquiry", ""),
        )
        return wait_for_place(wanted, caller=self.caller, entry_id=entry_id)

    def list(self, request: Request) -> Response:
        query = self.validated_query(WaitlistQuerySerializer)
        entries = filtered(self.get_queryset(), query)
        rows, pagination = paginate(entries, query=query, order=BY_AGE, columns=COLUMNS)
        places = positions_of(rows)
        told = [present_person(row, places.get(row["id"])) for row in rows]
        return Response(success(told, pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        row = self.get_queryset().filter(pk=self.id_in_path()).values(*COLUMNS).first()
        if row is None:
            raise NotFound
        return Response(success(present_person(row, positions_of([row]).get(row["id"]))))

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        token = self.validated(LeaveWaitlistSerializer).get("token")
        rows = self.get_queryset().select_related("hold")
        entry = rows.filter(pk=self.id_in_path()).first()
        is_theirs = entry is not None and token and generation_of(token, entry) is not None
        if entry is None or not (is_theirs or self.caller.may("waitlist:read")):
            raise NotFound
        leave_waitlist(entry, caller=self.caller)
        return Response(success(None, message="No longer on the waitlist."))


def _customer(data: Mapping[str, Any], zone: str) -> CustomerDetails:
    return CustomerDetails(
        name=data["name"],
        email=data["email"],
        company=data.get("company", ""),
        phone=data.get("phone") or "",
        timezone=zone,
    )


def _moment(given: datetime | date, zone: str) -> datetime:
    return given if isinstance(given, datetime) else midnight(given, ZoneInfo(zone))
