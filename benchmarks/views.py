"""The floor: what Django and REST framework cost with nothing of ours but key and limit."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.models import FloorRow
from bookings.api.booking import BookingViewSet
from bookings.models import Booking
from core.access import Caller
from core.models import TenantQuerySet

COLUMNS = [field.name for field in FloorRow._meta.fields]
PAGE = 50


class FloorSerializer(serializers.ModelSerializer):
    class Meta:
        model = FloorRow
        fields = COLUMNS


class FloorView(APIView):
    scope = "bookings"

    def rows(self, request: Request) -> Any:
        mine = FloorRow.objects.filter(organization_id=request.auth.organization_id)
        return mine.order_by("starts_at", "id")


class Insert(FloorView):
    """One INSERT of what was sent, validated by a serializer."""

    class Body(serializers.Serializer):
        name = serializers.CharField(max_length=200)
        company = serializers.CharField(max_length=200)
        email = serializers.EmailField()
        inquiry = serializers.CharField(max_length=10_000)
        starts_at = serializers.DateTimeField()
        ends_at = serializers.DateTimeField()

    def post(self, request: Request) -> Response:
        body = self.Body(data=request.data)
        body.is_valid(raise_exception=True)
        row = FloorRow.objects.create(
            organization_id=request.auth.organization_id,
            reference="K7PM-4XQ2",
            status="PENDING",
            phone="",
            **body.validated_data,
        )
        return Response({"id": str(row.pk)}, status=201)


class ListOfValues(FloorView):
    def get(self, request: Request) -> HttpResponse:
        rows = list(self.rows(request).values(*COLUMNS)[:PAGE])
        return HttpResponse(orjson.dumps(rows), content_type="application/json")


class ListOfModels(FloorView):
    def get(self, request: Request) -> Response:
        return Response(FloorSerializer(self.rows(request)[:PAGE], many=True).data)


class OneRow(FloorView):
    def get(self, request: Request, pk: str) -> HttpResponse:
        row = self.rows(request).filter(pk=pk).values(*COLUMNS).first()
        return HttpResponse(orjson.dumps(row), content_type="application/json")


class OpenBookings(BookingViewSet):
    """The product's own list of bookings with nobody at the door: the path says whose it is."""

    authentication_classes = ()
    permission_classes = ()

    @property
    def caller(self) -> Caller:
        return Caller.command(self.kwargs["organization"])

    def get_queryset(self) -> TenantQuerySet[Booking]:
        return Booking.objects.filter(organization_id=self.kwargs["organization"])

    def list(self, request: Request, organization: UUID) -> Response:
        return super().list(request)
