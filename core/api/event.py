"""The audit trail: who did what, when. Read, and never written, here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import CallerKind
from core.api.envelope import success
from core.api.fields import IdField, TextField, read_id
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantOrDateField, instant
from core.api.viewsets import TenantViewSet
from core.audit.reading import filtered
from core.models import Event
from core.text import camel_case

NEWEST_FIRST = Order("created_at", descending=True)
COLUMNS = (
    "id",
    "name",
    "subject_type",
    "subject_id",
    "actor_kind",
    "actor_id",
    "created_at",
    "request_id",
    "data",
)
KINDS = [kind.value.upper() for kind in CallerKind]
EXAMPLE = {
    "id": "01a1f90c-4bb0-7c31-8f4e-6c0a0f5d2b11",
    "name": "booking.cancelled",
    "subject": {"type": "booking", "id": "01a1f90c-32de-7306-bd10-4ca72e14c6d3"},
    "actor": {"kind": "USER", "id": "01a1f90c-1f00-7a54-9d5b-7d9f6a0c3e21"},
    "at": "2026-11-20T09:30:12.481Z",
    "requestId": "01a1f90c-4ba8-7d02-b1f3-90c2a7e45d10",
    "data": {"version": 3, "fromStatus": "CONFIRMED"},
}


@extend_schema_field(
    {
        "anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "enum": KINDS}],
        "examples": ["CUSTOMER"],
    }
)
class ActorField(serializers.Field):
    """Somebody's id, or a kind of those who act."""

    default_error_messages = {"invalid": f"This is neither an id nor one of {', '.join(KINDS)}."}

    def to_internal_value(self, data: Any) -> Any:
        if (found := read_id(data)) is not None:
            return found
        if data not in KINDS:
            self.fail("invalid")
        return CallerKind(data.lower())


class EventQuerySerializer(PageQuery):
    subject = IdField(required=False, help_text="The id of what it happened to.")
    name = TextField(max_length=80, required=False, help_text="Exactly, as `booking.cancelled`.")
    actor = ActorField(required=False, help_text="Who did it: an id, or a kind.")
    from_ = InstantOrDateField(
        required=False, help_text="From then on. A bare date is midnight in your zone."
    )
    to = InstantOrDateField(required=False, help_text="Before then.")


class SubjectSerializer(HouseSerializer):
    type = serializers.CharField(help_text="What kind of thing, as `booking`.")
    id = serializers.UUIDField()


class ActorSerializer(HouseSerializer):
    kind = serializers.ChoiceField(KINDS)
    id = serializers.UUIDField(
        allow_null=True, help_text="Of the user or the key; null of all others."
    )


class EventSerializer(HouseSerializer):
    """What a client reads. Made by `present`, which a test holds to these fields."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="What happened: `noun.past_participle`.")
    subject = SubjectSerializer(help_text="What it happened to.")
    actor = ActorSerializer(help_text="Who did it.")
    at = serializers.DateTimeField()
    request_id = serializers.CharField(
        allow_null=True, help_text="The request that did it; null of what no request did."
    )
    data = serializers.DictField(  # type: ignore[assignment]  # hides Serializer.data
        help_text="Ids and facts, different for each name."
    )


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one event as a client reads it, from its columns."""
    return {
        "id": row["id"],
        "name": row["name"],
        "subject": {"type": row["subject_type"], "id": row["subject_id"]},
        "actor": {"kind": row["actor_kind"].upper(), "id": row["actor_id"]},
        "at": instant(row["created_at"]),
        "requestId": row["request_id"] or None,
        "data": {camel_case(name): value for name, value in row["data"].items()},
    }


@documented(
    "Audit trail",
    list=Operation(
        id="listEvents",
        summary="List what happened",
        description=(
            "Every change is an event, the newest first. Events are never changed or deleted, and "
            "hold ids and facts, never a name or an address."
        ),
        query=EventQuerySerializer,
        answer=EventSerializer,
        is_list=True,
        answer_examples={"One event": [EXAMPLE]},
    ),
)
class EventViewSet(TenantViewSet[Event]):
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    scope = "events"

    def list(self, request: Request) -> Response:
        query = self.validated_query(EventQuerySerializer)
        rows, pagination = paginate(
            filtered(self.get_queryset(), query, organization_id=self.organization_id),
            query=query,
            order=NEWEST_FIRST,
            columns=COLUMNS,
        )
        return Response(success([present(row) for row in rows], pagination=pagination))
