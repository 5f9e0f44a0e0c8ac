"""How an API key is read, made and replaced over HTTP, with examples."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from core.access import SCOPES
from core.api.fields import EnumField, TextField, WholeNumberField
from core.api.serializers import HouseSerializer, InstantField
from core.models import ApiKey
from core.services.api_key import (
    LONGEST_NAME,
    LONGEST_ORIGIN,
    LONGEST_OVERLAP_HOURS,
    MOST_ORIGINS,
    MOST_PER_MINUTE,
    USUAL_OVERLAP_HOURS,
)

LONGEST_SCOPE = 40
SHOWN_ONCE = "The key itself is in this answer alone: it is kept nowhere and never shown again."
EXAMPLE: dict[str, Any] = {
    "id": "01934900-7a11-7c02-9d3e-4f5061728394",
    "name": "accounting",
    "kind": "SECRET",
    "prefix": "sk_0a1b2c3d",
    "scopes": ["bookings:read", "exports:read"],
    "origins": [],
    "requestsPerMinute": None,
    "state": "GOOD",
    "replacesId": None,
    "createdAt": "2026-11-20T09:30:00Z",
    "expiresAt": "2027-11-20T00:00:00Z",
    "revokedAt": None,
    "lastUsedAt": None,
}
NEW = {**EXAMPLE, "key": "sk_0a1b2c3d_" + "1f" * 32}
REVOKED = {**EXAMPLE, "state": "REVOKED", "revokedAt": "2026-12-01T08:00:00Z"}
ROTATED = {**NEW, "replacesId": "01934900-7a11-7c02-9d3e-4f5061728300"}
BODIES = {
    "For accounting": {
        "name": "accounting",
        "kind": "SECRET",
        "scopes": ["bookings:read", "exports:read"],
        "expiresAt": "2099-11-20T00:00:00Z",
    },
    "For a website": {
        "name": "website",
        "kind": "PUBLISHABLE",
        "origins": ["https://www.example.com"],
        "requestsPerMinute": 600,
    },
}


class KeyKind(TextChoices):
    SECRET = "SECRET"  # noqa: S105  (a kind, not a password)
    PUBLISHABLE = "PUBLISHABLE"


class ApiKeySerializer(HouseSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="What uses it.")
    kind = EnumField(KeyKind)
    prefix = serializers.CharField(help_text="How the key begins.")
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="`*` is every scope of the organization."
    )
    origins = serializers.ListField(
        child=serializers.CharField(), help_text="Websites that it is good on; none is all."
    )
    requests_per_minute = serializers.IntegerField(
        allow_null=True, help_text="Null: the installation's limit counts."
    )
    state = EnumField(ApiKey.State)
    replaces_id = serializers.UUIDField(allow_null=True, help_text="Which key it was made for.")
    created_at = InstantField()
    expires_at = InstantField(allow_null=True, help_text="Null: good until it is revoked.")
    revoked_at = InstantField(allow_null=True)
    last_used_at = InstantField(allow_null=True, help_text="To the minute.")


class NewApiKeySerializer(ApiKeySerializer):
    key = serializers.CharField(help_text=SHOWN_ONCE)


class CreateApiKeySerializer(HouseSerializer):
    name = TextField(max_length=LONGEST_NAME)
    kind = EnumField(KeyKind)
    scopes = serializers.ListField(
        child=TextField(max_length=LONGEST_SCOPE),
        required=False,
        max_length=len(SCOPES) + 1,
        help_text="Left out: all that its kind may have and you have yourself.",
    )
    origins = serializers.ListField(
        child=TextField(max_length=LONGEST_ORIGIN),
        required=False,
        default=list,
        max_length=MOST_ORIGINS,
        help_text=(
            "Of a publishable key: the websites that it is good on, as `https://www.example.com`. "
            "A call without one of them as its `Origin` is a 403. None: it is good everywhere."
        ),
    )
    requests_per_minute = WholeNumberField(
        min_value=1,
        max_value=MOST_PER_MINUTE,
        required=False,
        allow_null=True,
        default=None,
        help_text="Its own limit. Left out, the installation's counts.",
    )
    expires_at = InstantField(required=False, allow_null=True, default=None)


class RotateApiKeySerializer(HouseSerializer):
    overlap_hours = WholeNumberField(
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        required=False,
        default=USUAL_OVERLAP_HOURS,
        help_text="For how long the old key stays good; 0: it is refused at once.",
    )
