"""API keys: listed, made with their text shown once, replaced, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.api_key_shapes import (
    BODIES,
    EXAMPLE,
    NEW,
    REVOKED,
    ROTATED,
    SHOWN_ONCE,
    ApiKeySerializer,
    CreateApiKeySerializer,
    NewApiKeySerializer,
    RotateApiKeySerializer,
)
from core.api.envelope import success
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import instant
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.models import ApiKey, Organization
from core.services.api_key import (
    KeyEnded,
    KeyReplaced,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)

NEWEST_FIRST = Order("created_at", descending=True)
COLUMNS = [
    "id",
    "name",
    "kind",
    "prefix",
    "scopes",
    "origins",
    "requests_per_minute",
    "replaces_id",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
]


@documented(
    "API keys",
    list=Operation(
        id="listApiKeys",
        summary="List API keys",
        description="Newest first, the revoked and expired ones too.",
        query=PageQuery,
        answer=ApiKeySerializer,
        is_list=True,
        answer_examples={"One key": [EXAMPLE]},
    ),
    create=Operation(
        id="createApiKey",
        summary="Make an API key",
        description=f"It may do no more than the credential that makes it. {SHOWN_ONCE}",
        body=CreateApiKeySerializer,
        answer=NewApiKeySerializer,
        status=status.HTTP_201_CREATED,
        body_examples=BODIES,
        answer_examples={"A new key": NEW},
    ),
    retrieve=Operation(
        id="getApiKey",
        summary="Read about an API key",
        answer=ApiKeySerializer,
        answer_examples={"A key": EXAMPLE},
    ),
    destroy=Operation(
        id="revokeApiKey",
        summary="Revoke an API key",
        description="It is refused from now on, for good. Twice is as good as once.",
        answer=ApiKeySerializer,
        answer_examples={"Revoked": REVOKED},
    ),
    rotate=Operation(
        id="rotateApiKey",
        summary="Replace an API key",
        description=(
            "Makes a key that may do the same. The old one stays good for `overlapHours`, so that "
            f"what uses it can be changed in peace. {SHOWN_ONCE}"
        ),
        body=RotateApiKeySerializer,
        answer=NewApiKeySerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[KeyEnded.reason, KeyReplaced.reason],
        body_examples={"Two days": {"overlapHours": 48}, "At once": {"overlapHours": 0}},
        answer_examples={"The new key": ROTATED},
    ),
)
class ApiKeyViewSet(TenantViewSet[ApiKey]):
    queryset = ApiKey.objects.all()
    serializer_class = ApiKeySerializer
    scope = "keys"
    answers_are_kept = False

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        rows = self.get_queryset()
        found, pagination = paginate(rows, query=query, order=NEWEST_FIRST, columns=COLUMNS)
        return Response(success([present(row) for row in found], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(success(present(_columns(self._key()))))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateApiKeySerializer)
        key, text = create_api_key(
            organization=Organization.objects.get(pk=self.organization_id),
            kind=ApiKey.Kind(data["kind"].lower()),
            name=data["name"],
            scopes=data.get("scopes"),
            origins=data["origins"],
            requests_per_minute=data["requests_per_minute"],
            expires_at=data["expires_at"],
            caller=self.caller,
        )
        return _shown_once(key, text)

    def destroy(self, request: Request, pk: str) -> Response:
        key = revoke_api_key(key=self._key(), caller=self.caller)
        return Response(success(present(_columns(key))))

    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        key, text = rotate_api_key(
            key=self._key(),
            overlap_hours=self.validated(RotateApiKeySerializer)["overlap_hours"],
            caller=self.caller,
        )
        return _shown_once(key, text)

    def _key(self) -> ApiKey:
        self.refuse_query()
        key = self.get_queryset().filter(pk=self.id_in_path()).first()
        if key is None:
            raise NotFound
        return key


def _shown_once(key: ApiKey, text: str) -> Response:
    answer = {**present(_columns(key)), "key": text}
    return Response(
        success(answer),
        status=status.HTTP_201_CREATED,
        headers={"Cache-Control": "no-store"},
    )


def _columns(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in COLUMNS}


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a key as it is read, from its columns."""
    key = ApiKey(expires_at=row["expires_at"], revoked_at=row["revoked_at"])
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "kind": row["kind"].upper(),
        "prefix": row["prefix"],
        "scopes": row["scopes"],
        "origins": row["origins"],
        "requestsPerMinute": row["requests_per_minute"],
        "state": key.state(timezone.now()).value,
        "replacesId": str(row["replaces_id"]) if row["replaces_id"] else None,
        "createdAt": instant(row["created_at"]),
        "expiresAt": _instant(row["expires_at"]),
        "revokedAt": _instant(row["revoked_at"]),
        "lastUsedAt": _instant(row["last_used_at"]),
    }


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at else None
