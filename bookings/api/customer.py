"""Who books: list, read, add, change. Never for a key that may sit in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.api.fields import TimezoneField
from bookings.api.serializers import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PHONE
from bookings.errors import CustomerExists
from bookings.models import Customer
from bookings.selectors.customer import filtered
from bookings.services.customer import CustomerDetails, create_customer, update_customer
from core.api.envelope import success
from core.api.fields import TextField
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.audit.searches import record_search_of_list
from core.errors import NotFound

BY_AGE = Order("created_at")
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"
# The columns of one customer, in the order in which they are read on the wire.
COLUMNS = ("id", "name", "email", "company", "phone", "timezone", "locale")
# What is not known is null on the wire and empty in the row.
NULLABLE = ("phone", "timezone", "locale")


@extend_schema_field({"type": "string", "pattern": LANGUAGE, "examples": ["de", "en-GB"]})
class LanguageField(serializers.RegexField):
    """A language as browsers name it (BCP 47): `de`, `en-GB`."""

    default_error_messages = {"invalid": "This is not a language, for example de or en-GB."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LANGUAGE, max_length=16, trim_whitespace=False, **kwargs)


def _phone() -> TextField:
    return TextField(max_length=LONGEST_PHONE, required=False, allow_blank=True, allow_null=True)


class UpdateCustomerSerializer(HouseSerializer):
    """What should be different; what is left out stays, and null forgets."""

    name = TextField(max_length=LONGEST_NAME, required=False)
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False, required=False)
    company = TextField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    phone = _phone()
    timezone = TimezoneField(
        required=False, allow_null=True, help_text="The zone in which they read times."
    )
    locale = LanguageField(
        required=False, allow_null=True, help_text="The language of their mails."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: "" if value is None else value for name, value in attrs.items()}


class CreateCustomerSerializer(UpdateCustomerSerializer):
    """Somebody who has not booked yet."""

    name = TextField(max_length=LONGEST_NAME)
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False)


class CustomerQuerySerializer(PageQuery):
    email = serializers.EmailField(
        max_length=LONGEST_EMAIL,
        required=False,
        trim_whitespace=False,
        help_text="Exactly this address, in upper or lower case.",
    )
    phone = TextField(
        max_length=LONGEST_PHONE,
        required=False,
        help_text="Exactly this number, however it is spaced.",
    )
    search = TextField(
        max_length=LONGEST_NAME,
        required=False,
        help_text=(
            "The beginnings of names, three letters or more each; or an exact e-mail address or "
            "telephone number."
        ),
    )


class CustomerSerializer(HouseSerializer):
    """What a client reads. Made by `present`, which a test holds to these fields."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    company = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_null=True)
    timezone = serializers.CharField(
        allow_null=True, help_text="The zone in which they read times."
    )
    locale = serializers.CharField(allow_null=True, help_text="The language of their mails.")


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one customer as a client reads them, from their columns."""
    return {name: (row[name] or None) if name in NULLABLE else row[name] for name in COLUMNS}


@documented(
    "Customers",
    create=Operation(
        id="createCustomer",
        summary="Add a customer",
        description="There is one customer for each e-mail address. Whoever books becomes one.",
        body=CreateCustomerSerializer,
        answer=CustomerSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[CustomerExists.reason],
        conflict_details=examples.WHOSE_ADDRESS,
        body_examples=examples.NEW_CUSTOMERS,
        answer_examples={"A customer": examples.CUSTOMER},
        conflict_examples=examples.KNOWN,
        links=examples.links("getCustomer", "updateCustomer"),
    ),
    list=Operation(
        id="listCustomers",
        summary="List customers",
        description="Those who have been known longest come first.",
        query=CustomerQuerySerializer,
        answer=CustomerSerializer,
        is_list=True,
        answer_examples={"One customer": [examples.CUSTOMER]},
        links=examples.links("getCustomer", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getCustomer",
        summary="Read a customer",
        answer=CustomerSerializer,
        answer_examples={"A customer": examples.CUSTOMER},
    ),
    partial_update=Operation(
        id="updateCustomer",
        summary="Change what is known of a customer",
        description=(
            "What is left out stays, and null forgets. Bookings keep what was typed for them."
        ),
        body=UpdateCustomerSerializer,
        answer=CustomerSerializer,
        conflicts=[CustomerExists.reason],
        conflict_details=examples.WHOSE_ADDRESS,
        body_examples={"Another number": {"phone": "+49 30 7654321"}},
        answer_examples={"Changed": {**examples.CUSTOMER, "phone": "+49 30 7654321"}},
        conflict_examples=examples.KNOWN,
    ),
)
class CustomerViewSet(TenantViewSet[Customer]):
    queryset = Customer.objects.filter(erased_at=None)
    serializer_class = CustomerSerializer
    scope = "customers"

    def create(self, request: Request) -> Response:
        self.refuse_query()
        details = CustomerDetails(**self.validated(CreateCustomerSerializer))
        customer = create_customer(
            details, organization_id=self.organization_id, caller=self.caller
        )
        return Response(success(_answer(customer)), status=status.HTTP_201_CREATED)

    def list(self, request: Request) -> Response:
        query = self.validated_query(CustomerQuerySerializer)
        rows, pagination = paginate(
            filtered(self.get_queryset(), query),
            query=query,
            order=BY_AGE,
            columns=(*COLUMNS, "created_at"),
        )
        answer = success([present(row) for row in rows], pagination=pagination)
        record_search_of_list("customers", query, answer, caller=self.caller)
        return Response(answer)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(success(_answer(self._customer())))

    def partial_update(self, request: Request, pk: str) -> Response:
        customer = self._customer()
        changes = self.validated(UpdateCustomerSerializer)
        return Response(success(_answer(update_customer(customer, changes, caller=self.caller))))

    def _customer(self) -> Customer:
        self.refuse_query()
        customer = self.get_queryset().filter(pk=self.id_in_path()).first()
        if customer is None:
            raise NotFound
        return customer


def _answer(customer: Customer) -> dict[str, Any]:
    return present({name: getattr(customer, name) for name in COLUMNS})
