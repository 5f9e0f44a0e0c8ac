"""What can be booked and with whom: the public part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.fields import MoneySerializer
from bookings.models import Resource, Service
from core.api.envelope import success
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import M, TenantViewSet
from core.errors import NotFound

BY_AGE = Order("created_at")


class ServiceSerializer(HouseSerializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    durations = serializers.ListField(
        child=serializers.IntegerField(), help_text="Minutes, ascending; the first is the default."
    )
    slot_step_minutes = serializers.IntegerField()
    minimum_notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    needs_approval = serializers.BooleanField()
    company_required = serializers.BooleanField()
    inquiry_required = serializers.BooleanField()
    is_default = serializers.BooleanField()
    price = MoneySerializer(allow_null=True)
    location = serializers.CharField(allow_blank=True)


class ResourceSerializer(HouseSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.CharField(help_text="The key of its type: staff, room, …")
    timezone = serializers.CharField()
    active = serializers.BooleanField()


class CatalogViewSet(TenantViewSet[M]):
    """A list and its rows, oldest first, of what is active."""

    scope = "catalog"
    columns: ClassVar[dict[str, str]]  # the name on the wire -> the column

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        columns = sorted({"created_at", *self.columns.values()})
        rows, pagination = paginate(self.get_queryset(), query=query, order=BY_AGE, columns=columns)
        return Response(success([self.present(row) for row in rows], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        rows = self.get_queryset().filter(pk=self.id_in_path())
        row = rows.values(*self.columns.values()).first()
        if row is None:
            raise NotFound
        return Response(success(self.present(row)))

    def present(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: row[column] for name, column in self.columns.items()}


@documented(
    "Catalogue",
    list=Operation(
        id="listServices",
        summary="List what can be booked",
        description="Oldest first.",
        query=PageQuery,
        answer=ServiceSerializer,
        is_list=True,
        answer_examples={"One service": [examples.SERVICE]},
        links=examples.links("getService", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getService",
        summary="Read a service",
        answer=ServiceSerializer,
        answer_examples={"A service": examples.SERVICE},
    ),
)
class ServiceViewSet(CatalogViewSet[Service]):
    queryset = Service.objects.filter(is_active=True)
    serializer_class = ServiceSerializer
    columns = {
        "id": "id",
        "slug": "slug",
        "code": "code",
        "name": "name",
        "description": "description",
        "durations": "durations",
        "slotStepMinutes": "slot_step_minutes",
        "minimumNoticeMinutes": "minimum_notice_minutes",
        "horizonDays": "horizon_days",
        "needsApproval": "needs_approval",
        "companyRequired": "company_required",
        "inquiryRequired": "inquiry_required",
        "isDefault": "is_default",
        "price": "price_amount",
        "currency": "organization__currency",
        "location": "location",
    }

    def present(self, row: Mapping[str, Any]) -> dict[str, Any]:
        service = super().present(row)
        currency, amount = service.pop("currency"), service["price"]
        if amount is not None:
            service["price"] = {"amount": f"{amount:.2f}", "currency": currency}
        return service


@documented(
    "Catalogue",
    list=Operation(
        id="listResources",
        summary="List whom and what it can be booked with",
        description="Oldest first.",
        query=PageQuery,
        answer=ResourceSerializer,
        is_list=True,
        answer_examples={"One member of staff": [examples.RESOURCE]},
        links=examples.links("getResource", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getResource",
        summary="Read a member of staff, a room, a piece of equipment",
        answer=ResourceSerializer,
        answer_examples={"A member of staff": examples.RESOURCE},
    ),
)
class ResourceViewSet(CatalogViewSet[Resource]):
    queryset = Resource.objects.filter(is_active=True)
    serializer_class = ResourceSerializer
    columns = {
        "id": "id",
        "name": "name",
        "type": "type__key",
        "timezone": "timezone",
        "active": "is_active",
    }
