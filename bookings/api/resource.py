"""Resources: with whom and with what can be booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Count, Q
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import catalog_examples, examples
from bookings.api.catalog import CatalogQuery, CatalogViewSet
from bookings.api.hours import EVEN_IF, OUTSIDE, OUTSIDE_DETAILS
from bookings.api.resource_shapes import (
    CreateResourceSerializer,
    ResourceSerializer,
    UpdateResourceSerializer,
)
from bookings.errors import BookingsOutside, PlaceInUse, UserTaken
from bookings.models import Resource, ResourceType
from bookings.selectors.photos import photo_url
from bookings.services.photo import remove_photo, set_photo
from bookings.services.resource import ResourceChanges, create_resource, update_resource
from core.api import pictures
from core.api.schema import Operation, documented
from core.errors import NotFound
from core.models import Organization, TenantQuerySet

CONFLICTS: dict[str, Any] = {
    "conflicts": [PlaceInUse.reason, BookingsOutside.reason, UserTaken.reason],
    "conflict_details": {**OUTSIDE_DETAILS, **catalog_examples.FIELDS},
    "conflict_examples": OUTSIDE,
}
HOLIDAYS = {
    "observed": "observes_holidays",
    "country": "holiday_country",
    "region": "holiday_region",
}
PLAIN = {"name": "name", "timezone": "timezone", "bio": "bio", "qualification": "qualification"}


@documented(
    "Catalogue",
    list=Operation(
        id="listResources",
        summary="List whom and what it can be booked with",
        description=(
            "Oldest first. With the scope `catalog:write` every setting is told, otherwise what "
            "a customer needs to know."
        ),
        query=CatalogQuery,
        answer=ResourceSerializer,
        is_list=True,
        answer_examples={"One member of staff": [catalog_examples.RESOURCE]},
        links=examples.links("getResource", id_at="$response.body#/data/0/id"),
    ),
    create=Operation(
        id="createResource",
        summary="Add a member of staff, a room, a piece of equipment",
        description="It has no opening hours yet, so nobody can book it before it has some.",
        body=CreateResourceSerializer,
        names_others=True,
        answer=ResourceSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[UserTaken.reason],
        conflict_details=catalog_examples.FIELDS,
        body_examples=catalog_examples.NEW_RESOURCES,
        answer_examples={"A member of staff": catalog_examples.RESOURCE_IN_FULL},
        links=examples.links("getResource", "updateResource", "deactivateResource"),
    ),
    retrieve=Operation(
        id="getResource",
        summary="Read a member of staff, a room, a piece of equipment",
        answer=ResourceSerializer,
        answer_examples={
            "As a customer may read it": catalog_examples.RESOURCE,
            "In full": catalog_examples.RESOURCE_IN_FULL,
        },
    ),
    partial_update=Operation(
        id="updateResource",
        summary="Change a member of staff, a room, a piece of equipment",
        body=UpdateResourceSerializer,
        answer=ResourceSerializer,
        body_examples={"Holidays of another country": {"holidays": {"country": "AT"}}},
        answer_examples={"A member of staff": catalog_examples.RESOURCE_IN_FULL},
        **CONFLICTS,
    ),
    destroy=Operation(
        id="deactivateResource",
        summary="No longer let anybody book it",
        description=(
            "It is not deleted, since its bookings stay, those ahead included; `active` is false "
            "afterwards, and true makes it bookable again."
        ),
        answer=ResourceSerializer,
        answer_examples={"Off": {**catalog_examples.RESOURCE_IN_FULL, "active": False}},
    ),
    photo=Operation(
        id="setPhoto",
        summary="Show a picture of somebody or something",
        description=(
            "The body is the file: JPEG, PNG or WebP, 5 MB and 50 megapixels at most, sent as "
            "`application/octet-stream` or as what it is (`image/jpeg`). It is kept as WebP of 512 "
            "pixels, without what the camera wrote into it."
        ),
        upload=[pictures.BytesParser.media_type],
        answer=ResourceSerializer,
        answer_examples={"A member of staff": catalog_examples.RESOURCE_IN_FULL},
    ),
    remove_photo=Operation(
        id="removePhoto",
        summary="Show no picture",
        answer=ResourceSerializer,
        answer_examples={"Without": {**catalog_examples.RESOURCE_IN_FULL, "photoUrl": None}},
    ),
)
class ResourceViewSet(CatalogViewSet[Resource]):
    queryset = Resource.objects.all()
    serializer_class = ResourceSerializer
    columns = {
        "id": "id",
        "type": "type__key",
        "active": "is_active",
        **PLAIN,
        "photoUrl": "photo__digest",
    }
    internal_columns = {
        "places": "places",
        "alwaysOpen": "is_always_open",
        "userId": "user_id",
        **{column: column for column in HOLIDAYS.values()},
    }

    def get_queryset(self) -> TenantQuerySet[Resource]:
        rows = super().get_queryset()
        if not self.sees_everything:
            return rows
        places = Count("lanes", filter=Q(lanes__is_active=True))
        return cast("TenantQuerySet[Resource]", rows.annotate(places=places))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        changes = self._changes(self.validated(CreateResourceSerializer))
        organization = Organization.objects.get(pk=self.organization_id)
        resource = create_resource(organization=organization, changes=changes, caller=self.caller)
        return self.answer(resource.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        resource = self.row()
        data = self.validated(UpdateResourceSerializer)
        update_resource(
            resource,
            self._changes(data),
            caller=self.caller,
            even_if_bookings_fall_outside=data[EVEN_IF],
        )
        return self.answer(resource.pk)

    def destroy(self, request: Request, pk: str) -> Response:
        off = ResourceChanges(columns={"is_active": False})
        return self.answer(update_resource(self.row(), off, caller=self.caller).pk)

    @action(detail=True, methods=["put"], parser_classes=pictures.PARSERS)
    def photo(self, request: Request, pk: str) -> Response:
        resource = self.row()
        set_photo(resource, pictures.sent_in(request), caller=self.caller)
        return self.answer(resource.pk)

    @photo.mapping.delete
    def remove_photo(self, request: Request, pk: str) -> Response:
        resource = self.row()
        remove_photo(resource, caller=self.caller)
        return self.answer(resource.pk)

    def present(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        found = super().present(rows)
        for one in found:
            one["photoUrl"] = photo_url(one["id"], one["photoUrl"])
        if self.sees_everything:
            for one in found:
                one["holidays"] = {name: one.pop(column) for name, column in HOLIDAYS.items()}
        return found

    def _changes(self, data: Mapping[str, Any]) -> ResourceChanges:
        columns = {column: data[name] for name, column in PLAIN.items() if name in data}
        holidays = data.get("holidays", {})
        columns |= {HOLIDAYS[name]: value for name, value in holidays.items()}
        for name, column in (("active", "is_active"), ("always_open", "is_always_open")):
            if name in data:
                columns[column] = data[name]
        if "user_id" in data:
            columns["user"] = data["user_id"].user if data["user_id"] else None
        if "type" in data:
            columns["type"] = self._type(data["type"])
        return ResourceChanges(columns=columns, places=data.get("places"))

    def _type(self, key: str) -> ResourceType:
        kinds = ResourceType.objects.for_caller(self.caller)
        found = kinds.filter(key=key).first()
        if found is None:
            raise NotFound(fields={"type": ["There is nothing with this key."]})
        return found
