"""What a person may ask of whoever keeps their data, through the program that they use."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.examples import CUSTOMER_ID
from bookings.api.privacy_shapes import EXPORT, CustomerExportSerializer, ErasedCustomerSerializer
from bookings.models import Customer
from bookings.services.erasing import erase_customer
from bookings.services.privacy import export_customer
from core.api.envelope import success
from core.api.schema import Operation, documented
from core.api.throttling import limited
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.rates import RateClass


@documented(
    "Customers",
    export=Operation(
        id="exportCustomer",
        summary="Export everything about a customer",
        description=(
            "For a person who asks what is known of them: their bookings with notes and reasons, "
            "places on waitlists, bundles, every message with its text, and what "
            "happened. Three a minute; who took it is written down."
        ),
        answer=CustomerExportSerializer,
        answer_examples={"A customer who was here once": EXPORT},
    ),
    erase=Operation(
        id="eraseCustomer",
        summary="Erase a customer for good",
        description=(
            "What is ahead of them is cancelled, and everything that says who they are goes from "
            "their bookings, places on waitlists, bundles and messages. That something was "
            "booked, when and for how much stays. They are not written to any more: cancel "
            "beforehand what they should hear of. Nothing brings it back. Twice is as good as "
            "once."
        ),
        answer=ErasedCustomerSerializer,
        answer_examples={
            "Forgotten": {"id": CUSTOMER_ID, "erasedAt": "2026-12-01T08:00:00Z"},
        },
    ),
)
class CustomerPrivacyViewSet(TenantViewSet[Customer]):
    queryset = Customer.objects.all()
    serializer_class = CustomerExportSerializer
    scope = "customers"
    scopes = {"export": "exports:read", "erase": "customers:erase"}

    @limited(RateClass.STRICT)
    def export(self, request: Request, pk: str) -> Response:
        told = export_customer(self._customer(), caller=self.caller, kind="json")
        return Response(success(told))

    def erase(self, request: Request, pk: str) -> Response:
        erased = erase_customer(self._customer(), caller=self.caller)
        return Response(success({"id": erased.pk, "erasedAt": erased.erased_at}))

    def _customer(self) -> Customer:
        self.refuse_query()
        customer = self.get_queryset().filter(pk=self.id_in_path()).first()
        if customer is None:
            raise NotFound
        return customer
