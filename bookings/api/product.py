"""What a course sells: single sessions, bundles, passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import course_examples, examples
from bookings.api.catalog import BY_AGE, CatalogQuery, CatalogViewSet, price
from bookings.api.catalog_examples import FIELDS
from bookings.api.fields import MoneySerializer
from bookings.api.service_changes import amount_of
from bookings.api.service_shapes import PriceSerializer
from bookings.errors import ProductTaken
from bookings.models import Product, Service
from bookings.services.bundle import LONGEST_DAYS
from bookings.services.credit import MOST_SESSIONS
from bookings.services.product import (
    create_product,
    update_product,
)
from core.api.envelope import success
from core.api.fields import EnumField, TextField, WholeNumberField, YesNoField
from core.api.pagination import paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.errors import NotFound
from core.models import Organization

# The name of a change on the wire, and the column.
COLUMN_OF = {
    "product_type": "kind",
    "name": "name",
    "sessions": "sessions",
    "valid_days": "valid_days",
    "active": "is_active",
}
PRODUCT_COLUMNS = (
    "id",
    "created_at",
    "service_id",
    "kind",
    "name",
    "price_amount",
    "organization__currency",
    "sessions",
    "valid_days",
    "is_active",
)


class UpdateProductSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    name = TextField(max_length=200, required=False)
    base_price = PriceSerializer(required=False)
    sessions = WholeNumberField(
        min_value=1,
        max_value=MOST_SESSIONS,
        required=False,
        allow_null=True,
        help_text="Of a bundle or pass; null: it is said when one is sold.",
    )
    valid_days = WholeNumberField(
        min_value=1,
        max_value=LONGEST_DAYS,
        required=False,
        allow_null=True,
        help_text="Of a bundle or pass; null: it is said when one is sold.",
    )
    active = YesNoField(required=False)


class CreateProductSerializer(UpdateProductSerializer):
    """A product as it is made. Without a name it is called what its kind is called."""

    product_type = EnumField(Product.Kind)
    base_price = PriceSerializer()


class ProductSerializer(HouseSerializer):
    """Made by `present_product`."""

    id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    product_type = EnumField(Product.Kind)
    name = serializers.CharField()
    base_price = MoneySerializer()
    sessions = serializers.IntegerField(allow_null=True, help_text="Of a bundle or pass.")
    valid_days = serializers.IntegerField(allow_null=True, help_text="Of a bundle or pass.")
    active = serializers.BooleanField()


def present_product(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one product as it is read, from its columns."""
    return {
        "id": row["id"],
        "courseId": row["service_id"],
        "productType": row["kind"],
        "name": row["name"],
        "basePrice": price(row["price_amount"], row["organization__currency"]),
        "sessions": row["sessions"],
        "validDays": row["valid_days"],
        "active": row["is_active"],
    }


@documented(
    "Courses",
    of_course=Operation(
        id="listProducts",
        summary="List what a course sells",
        description="Oldest first; only what is on sale, unless `active` asks for more.",
        query=CatalogQuery,
        answer=ProductSerializer,
        is_list=True,
        answer_examples={"Two products": [course_examples.SINGLE, course_examples.PRODUCT]},
        links=examples.links("getProduct", id_at="$response.body#/data/0/id"),
    ),
    create=Operation(
        id="createProduct",
        summary="Sell something of a course",
        description=(
            "A course has one product of each kind. `INDIVIDUAL_SESSION` is what one session "
            "costs, whatever its length; the others are sold as bundles of sessions."
        ),
        body=CreateProductSerializer,
        answer=ProductSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[ProductTaken.reason],
        conflict_details=FIELDS,
        body_examples=course_examples.NEW_PRODUCTS,
        answer_examples={"A product": course_examples.PRODUCT},
        links=examples.links("getProduct", "updateProduct"),
    ),
    retrieve=Operation(
        id="getProduct",
        summary="Read a product",
        answer=ProductSerializer,
        answer_examples={"A product": course_examples.PRODUCT},
    ),
    partial_update=Operation(
        id="updateProduct",
        summary="Change a product",
        description=(
            "From the next sale on. What was sold, and what was booked, keeps its price and its "
            "sessions."
        ),
        body=UpdateProductSerializer,
        answer=ProductSerializer,
        body_examples=course_examples.PRODUCT_CHANGES,
        answer_examples={"A product": course_examples.PRODUCT},
    ),
)
class ProductViewSet(CatalogViewSet[Product]):
    """Below a course (`of_course`, `create`) the id in the path is the course's."""

    queryset = Product.objects.exclude(service__code="")
    serializer_class = ProductSerializer
    columns = {name: name for name in PRODUCT_COLUMNS}

    def of_course(self, request: Request, pk: str) -> Response:
        query = self.validated_query(CatalogQuery)
        rows = self._of_state(self.get_queryset(), query["active"]).filter(service=self._course())
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=PRODUCT_COLUMNS)
        return Response(success(self.present(found), pagination=pagination))

    def create(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        course = self._course()
        columns = self._columns_in(self.validated(CreateProductSerializer))
        product = create_product(course, columns, caller=self.caller)
        return self.answer(product.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        product = self.row()
        columns = self._columns_in(self.validated(UpdateProductSerializer))
        return self.answer(update_product(product, columns, caller=self.caller).pk)

    def present(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        return [present_product(row) for row in rows]

    def _course(self) -> Service:
        """Return the course in the path, if the caller may read it. Raises NotFound."""
        courses = Service.objects.for_caller(self.caller).exclude(code="")
        if not self.sees_everything:
            courses = courses.filter(is_active=True)
        course = courses.filter(pk=self.id_in_path()).first()
        if course is None:
            raise NotFound
        return course

    def _columns_in(self, data: Mapping[str, Any]) -> dict[str, Any]:
        columns = {column: data[name] for name, column in COLUMN_OF.items() if name in data}
        if "base_price" in data:
            organization = Organization.objects.get(pk=self.organization_id)
            columns["price_amount"] = amount_of(data["base_price"], "basePrice", organization)
        return columns
