"""The organization's own settings, and its logo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import pictures
from core.api.envelope import success
from core.api.fields import TextField, WholeNumberField, YesNoField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.models import Organization
from core.outbound import LONGEST_ADDRESS, NotFetched
from core.services.logo import remove_logo, set_logo, set_logo_from
from core.services.organization import MOST_ORIGINS, update_organization

LANGUAGES = [code for code, _name in settings.LANGUAGES]
EXAMPLE: dict[str, Any] = {
    "id": "01a1f90c-1a52-7d60-8f0e-3b6f5a0c9d14",
    "slug": "salon",
    "name": "Salon Soleil",
    "timezone": "Europe/Berlin",
    "locale": "de",
    "currency": "EUR",
    "accentColor": "#0f766e",
    "logoUrl": "https://book.example.com/logos/01a1f90c-1a52-7d60-8f0e-3b6f5a0c9d14?v=9f86d081884c",
    "contactEmail": "hello@salon.example",
    "adminEmail": "desk@salon.example",
    "hasPage": True,
    "embedOrigins": ["https://www.salon.example"],
    "customerRetentionMonths": 36,
    "messageRetentionDays": 90,
}
LOGO = "On the organization's pages and in its mails"


def _months_or_days(most: int, text: str) -> WholeNumberField:
    return WholeNumberField(
        min_value=1, max_value=most, required=False, allow_null=True, help_text=text
    )


class UpdateOrganizationSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    name = TextField(max_length=200, required=False)
    timezone = TextField(max_length=64, required=False, help_text="IANA, e.g. `Europe/Berlin`.")
    locale = serializers.ChoiceField(
        LANGUAGES,
        required=False,
        help_text="Of mails to people whose language is not known.",
    )
    currency = TextField(max_length=3, required=False, help_text="ISO 4217, e.g. `EUR`.")
    accent_color = TextField(max_length=7, required=False, help_text="Like `#0f766e`.")
    contact_email = TextField(
        max_length=254, required=False, allow_blank=True, help_text="Customers may write there."
    )
    admin_email = TextField(
        max_length=254, required=False, allow_blank=True, help_text="Hears of new bookings."
    )
    has_page = YesNoField(required=False, help_text="Anybody may book on the booking page.")
    embed_origins = serializers.ListField(
        child=TextField(max_length=200),
        max_length=MOST_ORIGINS,
        required=False,
        help_text="Websites that may show that page in a frame, like `https://www.example.com`.",
    )
    customer_retention_months = _months_or_days(
        600, "Who has not been here for that long is erased at night; null: never."
    )
    message_retention_days = _months_or_days(
        3650, "What older messages said is emptied at night; null: never."
    )


class OrganizationSerializer(HouseSerializer):
    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="In addresses. It stays.")
    name = serializers.CharField()
    timezone = serializers.CharField()
    locale = serializers.CharField()
    currency = serializers.CharField()
    accent_color = serializers.CharField()
    logo_url = serializers.URLField(allow_null=True, help_text="PNG, 480 by 144 pixels at most.")
    contact_email = serializers.CharField(allow_blank=True)
    admin_email = serializers.CharField(allow_blank=True)
    has_page = serializers.BooleanField()
    embed_origins = serializers.ListField(child=serializers.CharField())
    customer_retention_months = serializers.IntegerField(allow_null=True)
    message_retention_days = serializers.IntegerField(allow_null=True)


class LogoAddressSerializer(HouseSerializer):
    url = TextField(max_length=LONGEST_ADDRESS, help_text="HTTPS. It is fetched once, and now.")


def present(organization: Organization) -> dict[str, Any]:
    """Return an organization as it is read."""
    return {
        "id": organization.pk,
        "slug": organization.slug,
        "name": organization.name,
        "timezone": organization.timezone,
        "locale": organization.locale,
        "currency": organization.currency,
        "accentColor": organization.accent_color,
        "logoUrl": organization.logo_url or None,
        "contactEmail": organization.contact_email,
        "adminEmail": organization.admin_email,
        "hasPage": organization.has_page,
        "embedOrigins": organization.embed_origins,
        "customerRetentionMonths": organization.customer_retention_months,
        "messageRetentionDays": organization.message_retention_days,
    }


@documented(
    "Organization",
    retrieve=Operation(
        id="getOrganization",
        summary="Read the settings of your organization",
        answer=OrganizationSerializer,
        answer_examples={"A salon": EXAMPLE},
    ),
    partial_update=Operation(
        id="updateOrganization",
        summary="Change the settings of your organization",
        description=(
            "Bookings stay as they were made. That everybody signs in with a second factor is "
            "decided in the console, by somebody who has one."
        ),
        body=UpdateOrganizationSerializer,
        answer=OrganizationSerializer,
        body_examples={
            "A color": {"accentColor": "#b45309"},
            "Keep customers": {"customerRetentionMonths": None},
        },
        answer_examples={"A salon": EXAMPLE},
    ),
    set_logo=Operation(
        id="setLogo",
        summary=f"Show a logo: a file. {LOGO}",
        description=(
            "The body is the file: JPEG, PNG or WebP, 5 MB and 50 megapixels at most, sent as "
            "`application/octet-stream` or as what it is (`image/png`). It is kept as PNG of 480 "
            "by 144 pixels at most."
        ),
        upload=[pictures.BytesParser.media_type],
        answer=OrganizationSerializer,
        answer_examples={"With a logo": EXAMPLE},
    ),
    take_logo=Operation(
        id="takeLogo",
        summary=f"Show a logo: by its address on the web. {LOGO}",
        description=(
            "Fetched once and kept here, so that nobody's browser asks that website. An address "
            "that leads into a private network, or to another address, is a 409, and so is one "
            "that does not answer."
        ),
        body=LogoAddressSerializer,
        answer=OrganizationSerializer,
        conflicts=[NotFetched.reason],
        body_examples={"A website's": {"url": "https://www.salon.example/logo.png"}},
        answer_examples={"With a logo": EXAMPLE},
        conflict_examples={"It does not answer": {"reason": NotFetched.reason}},
    ),
    remove_logo=Operation(
        id="removeLogo",
        summary="Show the name alone",
        answer=OrganizationSerializer,
        answer_examples={"Without": {**EXAMPLE, "logoUrl": None}},
    ),
)
class OrganizationViewSet(TenantViewSet):
    """There is one: the caller's own. Its path names none."""

    queryset = Organization.objects.all()
    serializer_class = OrganizationSerializer
    scope = "organization"
    answers_are_kept = False  # fetching is no part of a transaction

    @classmethod
    def of_settings(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view({"get": "retrieve", "patch": "partial_update"})

    @classmethod
    def of_logo(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view({"put": "set_logo", "post": "take_logo", "delete": "remove_logo"})

    def get_parsers(self) -> Sequence[BaseParser]:  # type: ignore[override]
        if getattr(self.request, "method", "") == "PUT":
            return [parser() for parser in pictures.PARSERS]
        return super().get_parsers()

    def retrieve(self, request: Request) -> Response:
        return self._answer(self._organization())

    def partial_update(self, request: Request) -> Response:
        organization = self._organization()
        columns = self.validated(UpdateOrganizationSerializer)
        return self._answer(update_organization(organization, columns, caller=self.caller))

    def set_logo(self, request: Request) -> Response:
        organization = self._organization()
        return self._answer(set_logo(organization, pictures.sent_in(request), caller=self.caller))

    def take_logo(self, request: Request) -> Response:
        organization = self._organization()
        url = self.validated(LogoAddressSerializer)["url"]
        return self._answer(set_logo_from(organization, url, caller=self.caller))

    def remove_logo(self, request: Request) -> Response:
        return self._answer(remove_logo(self._organization(), caller=self.caller))

    def _organization(self) -> Organization:
        self.refuse_query()
        return Organization.objects.get(pk=self.organization_id)

    def _answer(self, organization: Organization) -> Response:
        return Response(success(present(organization)))
