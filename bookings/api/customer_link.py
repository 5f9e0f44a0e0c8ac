"""Sending a customer the one-time link to everything of their own."""

from __future__ import annotations

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.models import Customer
from bookings.services.customer_link import send_link
from core.api.envelope import success
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.errors import NotFound


class CustomerLinkSerializer(HouseSerializer):
    expires_at = serializers.DateTimeField(help_text="Until then it can be opened, once.")


@documented(
    "Customers",
    create=Operation(
        id="sendCustomerLink",
        summary="Send a customer the link to their own view",
        description=(
            "They get an e-mail with a link that opens once, and then see their appointments, "
            "group sessions and bundles. The link is in the e-mail alone."
        ),
        answer=CustomerLinkSerializer,
        status=status.HTTP_202_ACCEPTED,
        answer_examples={"On its way": {"expiresAt": "2026-11-03T07:30:00Z"}},
    ),
)
class CustomerLinkViewSet(TenantViewSet[Customer]):
    queryset = Customer.objects.filter(erased_at=None)
    serializer_class = CustomerLinkSerializer
    scope = "customers"

    def create(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        customer = self.get_queryset().filter(pk=self.id_in_path()).first()
        if customer is None:
            raise NotFound
        link = send_link(customer, caller=self.caller)
        return Response(success({"expiresAt": link.expires_at}), status=status.HTTP_202_ACCEPTED)
