"""What clients read of a bundle, and of its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from bookings.api.catalog import price
from bookings.api.fields import MoneySerializer
from bookings.models import BundlePurchase, CreditEntry
from core.api.fields import EnumField
from core.api.serializers import HouseSerializer, InstantField, instant

READS_BUNDLES = "bundles:read"
ADJUSTS_BUNDLES = "bundles:adjust"
BUNDLE_COLUMNS = (
    "id",
    "created_at",
    "customer_id",
    "service_id",
    "product_id",
    "coverage",
    "total_sessions",
    "remaining_sessions",
    "valid_from_at",
    "valid_to_at",
    "price_amount",
    "price_currency",
)
ENTRY_COLUMNS = ("id", "created_at", "number", "kind", "amount", "balance", "booking_id", "reason")


class BundleSerializer(HouseSerializer):
    """Made by `present_bundle`."""

    id = serializers.UUIDField()
    student_id = serializers.UUIDField(help_text="The customer's.")
    course_id = serializers.UUIDField(help_text="The service's.")
    product_id = serializers.UUIDField()
    coverage_type = EnumField(BundlePurchase.Coverage)
    total_sessions = serializers.IntegerField()
    remaining_sessions = serializers.IntegerField()
    valid_from = InstantField(help_text="Pays for what begins at or after this.")
    valid_to = InstantField(help_text="Pays for what begins before this.")
    status = EnumField(
        BundlePurchase.Status,
        help_text="`ACTIVE`: something is left and it is not over; it may begin later.",
    )
    price = MoneySerializer(help_text="What it cost.")


class CreditEntrySerializer(HouseSerializer):
    """Made by `present_entry`."""

    number = serializers.IntegerField(help_text="From 1, without a gap.")
    kind = EnumField(CreditEntry.Kind)
    amount = serializers.IntegerField(help_text="Sessions more, or with a minus less.")
    balance = serializers.IntegerField(help_text="Sessions left after it.")
    booking_id = serializers.UUIDField(allow_null=True)
    at = InstantField()
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text=f"Of an adjustment; only for who has the scope `{ADJUSTS_BUNDLES}`.",
    )


def present_bundle(row: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return one bundle as it is read, from its columns."""
    bundle = BundlePurchase(**{name: row[name] for name in BUNDLE_COLUMNS})
    return {
        "id": bundle.pk,
        "studentId": bundle.customer_id,
        "courseId": bundle.service_id,
        "productId": bundle.product_id,
        "coverageType": bundle.coverage,
        "totalSessions": bundle.total_sessions,
        "remainingSessions": bundle.remaining_sessions,
        "validFrom": instant(bundle.valid_from_at),
        "validTo": instant(bundle.valid_to_at),
        "status": bundle.status_at(now),
        "price": price(bundle.price_amount, bundle.price_currency),
    }


def present_entry(row: Mapping[str, Any], *, with_reason: bool) -> dict[str, Any]:
    """Return one line of a ledger as it is read, from its columns."""
    entry = {name: row[name] for name in ("number", "kind", "amount", "balance")} | {
        "bookingId": row["booking_id"],
        "at": instant(row["created_at"]),
    }
    return entry | {"reason": row["reason"]} if with_reason else entry
