"""What a person may ask of whoever keeps their data, through the program that they use."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.privacy_shapes import EXPORT, CustomerExportSerializer
from bookings.models import Customer
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
            "places on waitlists, bundles, consents, every message with its text, and what "
            "happened. Three a minute; who took it is written down."
        ),
        answer=CustomerExportSerializer,
        answer_examples={"A customer who was here once": EXPORT},
    ),
)
class CustomerPrivacyViewSet(TenantViewSet[Customer]):
    queryset = Customer.objects.all()
    serializer_class = CustomerExportSerializer
    scope = "customers"
    scopes = {"export": "exports:read"}

    @limited(RateClass.STRICT)
    def export(self, request: Request, pk: str) -> Response:
        told = export_customer(self._customer(), caller=self.caller, kind="json")
        return Response(success(told))

    def _customer(self) -> Customer:
        self.refuse_query()
        customer = self.get_queryset().filter(pk=self.id_in_path()).first()
        if customer is None:
            raise NotFound
        return customer
