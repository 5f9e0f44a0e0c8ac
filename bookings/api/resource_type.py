"""What resources are: staff, rooms, kennels, equipment."""

from __future__ import annotations

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import catalog_examples, examples
from bookings.api.catalog import CatalogViewSet
from bookings.errors import KeyTaken, TypeInUse
from bookings.models import ResourceType
from bookings.services.resource_type import (
    create_resource_type,
    delete_resource_type,
    rename_resource_type,
)
from core.api.envelope import success
from core.api.fields import SlugTextField, TextField
from core.api.pagination import PageQuery
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.models import Organization


class ResourceTypeSerializer(HouseSerializer):
    id = serializers.UUIDField()
    key = serializers.CharField(help_text="For programs: `staff`, `room`. It never changes.")
    name = serializers.CharField()


class CreateResourceTypeSerializer(HouseSerializer):
    """A type as it is made. Without a key it is made from the name."""

    key = SlugTextField(max_length=40, required=False)
    name = TextField(max_length=120)


class UpdateResourceTypeSerializer(HouseSerializer):
    name = TextField(max_length=120)


@documented(
    "Catalogue",
    list=Operation(
        id="listResourceTypes",
        summary="List what resources are",
        description="Oldest first.",
        query=PageQuery,
        answer=ResourceTypeSerializer,
        is_list=True,
        answer_examples={"One type": [catalog_examples.RESOURCE_TYPE]},
        links=examples.links("getResourceType", id_at="$response.body#/data/0/id"),
    ),
    create=Operation(
        id="createResourceType",
        summary="Add a type of resource",
        body=CreateResourceTypeSerializer,
        answer=ResourceTypeSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[KeyTaken.reason],
        conflict_details=catalog_examples.FIELDS,
        body_examples={"Rooms": {"key": "room", "name": "Room"}},
        answer_examples={"Rooms": catalog_examples.RESOURCE_TYPE},
        links=examples.links("getResourceType", "renameResourceType", "deleteResourceType"),
    ),
    retrieve=Operation(
        id="getResourceType",
        summary="Read a type of resource",
        answer=ResourceTypeSerializer,
        answer_examples={"Rooms": catalog_examples.RESOURCE_TYPE},
    ),
    partial_update=Operation(
        id="renameResourceType",
        summary="Call a type of resource something else",
        body=UpdateResourceTypeSerializer,
        answer=ResourceTypeSerializer,
        body_examples={"Another name": {"name": "Treatment room"}},
        answer_examples={"Rooms": {**catalog_examples.RESOURCE_TYPE, "name": "Treatment room"}},
    ),
    destroy=Operation(
        id="deleteResourceType",
        summary="Remove a type of resource",
        description="Only while no resource is of this type and no service needs one.",
        conflicts=[TypeInUse.reason],
        conflict_details={
            "resources": {"type": "integer", "description": "So many are of this type."},
            "services": {"type": "integer", "description": "So many need one."},
        },
        conflict_examples={
            "Two rooms": {"reason": TypeInUse.reason, "resources": 2, "services": 0}
        },
        answer_examples={"Gone": None},
    ),
)
class ResourceTypeViewSet(CatalogViewSet[ResourceType]):
    queryset = ResourceType.objects.all()
    serializer_class = ResourceTypeSerializer
    query_class = PageQuery
    has_states = False
    columns = {"id": "id", "key": "key", "name": "name"}

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateResourceTypeSerializer)
        organization = Organization.objects.get(pk=self.organization_id)
        kind = create_resource_type(organization=organization, **data, caller=self.caller)
        return self.answer(kind.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        kind = self.row()
        data = self.validated(UpdateResourceTypeSerializer)
        return self.answer(rename_resource_type(kind, **data, caller=self.caller).pk)

    def destroy(self, request: Request, pk: str) -> Response:
        delete_resource_type(self.row(), caller=self.caller)
        return Response(success(None, message="This type is gone."))
