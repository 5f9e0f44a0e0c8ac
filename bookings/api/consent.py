"""What customers are asked to agree to before they book: public, and written in the console."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.consent_examples import TEXT
from bookings.models import ConsentText
from bookings.selectors.consent import latest_texts
from core.api.envelope import success
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField
from core.api.viewsets import TenantViewSet

BY_AGE = Order("created_at")
COLUMNS = ("id", "created_at", "key", "version", "is_required", "texts")


class ConsentWordsSerializer(HouseSerializer):
    locale = serializers.CharField(help_text="The language: `en`, `de`.")
    text = serializers.CharField()


class ConsentTextSerializer(HouseSerializer):
    key = serializers.CharField(help_text="Which text; it stays the same.")
    version = serializers.IntegerField(min_value=1, help_text="Rises with every change of it.")
    required = serializers.BooleanField(  # type: ignore[assignment]  # hides Field.required
        help_text="Nobody books for themselves without."
    )
    texts = ConsentWordsSerializer(many=True, help_text="The words, in one language at least.")
    since = InstantField(help_text="When this version was written.")


@documented(
    "Catalogue",
    list=Operation(
        id="listConsents",
        summary="List what customers are asked to agree to",
        description=(
            "The version of each text that is asked now; those of longest standing first. Send "
            "back the `key` and the `version` of what the customer agreed to in `consents` of "
            "`POST /api/bookings`."
        ),
        query=PageQuery,
        answer=ConsentTextSerializer,
        is_list=True,
        answer_examples={"A privacy notice": [TEXT]},
    ),
)
class ConsentViewSet(TenantViewSet[ConsentText]):
    queryset = ConsentText.objects.all()
    serializer_class = ConsentTextSerializer
    scope = "catalog"

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        asked = latest_texts(self.organization_id).filter(is_asked=True)
        rows, pagination = paginate(asked, query=query, order=BY_AGE, columns=COLUMNS)
        return Response(success([_present(row) for row in rows], pagination=pagination))


def _present(row: Any) -> dict[str, Any]:
    return {
        "key": row["key"],
        "version": row["version"],
        "required": row["is_required"],
        "texts": [{"locale": code, "text": text} for code, text in sorted(row["texts"].items())],
        "since": row["created_at"],
    }
