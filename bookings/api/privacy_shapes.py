"""What a person gets who asks for everything that is known of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bookings.api import examples
from bookings.api.consent import ConsentWordsSerializer
from bookings.api.consent_examples import AGREED, TEXT
from bookings.api.fields import MoneySerializer
from bookings.models import ConsentEntry
from core.api.fields import EnumField
from core.api.serializers import HouseSerializer, InstantField

Json = dict[str, Any]


class ExportedOrganizationSerializer(HouseSerializer):
    name = serializers.CharField()
    slug = serializers.CharField()


class _Person(HouseSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    company = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_null=True)
    timezone = serializers.CharField(allow_null=True)
    created_at = InstantField()


class ExportedCustomerSerializer(_Person):
    locale = serializers.CharField(allow_null=True)


class ExportedAnswerSerializer(HouseSerializer):
    question = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)


class ExportedReasonSerializer(HouseSerializer):
    version = serializers.IntegerField()
    text = serializers.CharField()


class ExportedBookingSerializer(_Person):
    """As it was typed for this booking, and what became of it."""

    reference = serializers.CharField()
    status = serializers.CharField()
    service = serializers.CharField(help_text="Its name.")
    resource = serializers.CharField(help_text="The name of who it is with.")
    starts_at = InstantField()
    ends_at = InstantField()
    inquiry = serializers.CharField(allow_blank=True)
    notes = serializers.CharField(allow_blank=True)
    answers = ExportedAnswerSerializer(many=True)
    location = serializers.CharField(allow_blank=True)
    cancel_reason = serializers.CharField(allow_blank=True)
    change_reasons = ExportedReasonSerializer(many=True)
    price = MoneySerializer(allow_null=True)
    fee = MoneySerializer(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # hides Field.source
    cancelled_at = InstantField(allow_null=True)


class ExportedSeriesSerializer(HouseSerializer):
    id = serializers.UUIDField()
    service = serializers.CharField()
    recurrence = serializers.CharField()
    starts_at = InstantField()
    created_at = InstantField()


class ExportedWaitSerializer(_Person):
    status = serializers.CharField()
    service = serializers.CharField()
    from_ = InstantField()
    to = InstantField()
    inquiry = serializers.CharField(allow_blank=True)


class ExportedEntrySerializer(HouseSerializer):
    at = InstantField()
    kind = serializers.CharField()
    amount = serializers.IntegerField()
    balance = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)


class ExportedBundleSerializer(HouseSerializer):
    id = serializers.UUIDField()
    product = serializers.CharField()
    course = serializers.CharField()
    total_sessions = serializers.IntegerField()
    remaining_sessions = serializers.IntegerField()
    valid_from = InstantField()
    valid_to = InstantField()
    price = MoneySerializer()
    bought_at = InstantField()
    ledger = ExportedEntrySerializer(many=True)


class ExportedLinkSerializer(HouseSerializer):
    sent_at = InstantField()
    opened_at = InstantField(allow_null=True)


class ExportedConsentSerializer(HouseSerializer):
    at = InstantField()
    kind = EnumField(ConsentEntry.Kind)
    key = serializers.CharField()
    version = serializers.IntegerField()
    texts = ConsentWordsSerializer(many=True)
    door = EnumField(ConsentEntry.Door)
    booking_id = serializers.UUIDField(allow_null=True)


class ExportedMessageSerializer(HouseSerializer):
    message = serializers.CharField()
    audience = serializers.CharField()
    sent_to = serializers.CharField(
        allow_null=True, help_text="Their own address; null where it went to somebody else."
    )
    status = serializers.CharField()
    created_at = InstantField()
    sent_at = InstantField(allow_null=True)
    subject = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)


class HappeningSerializer(HouseSerializer):
    at = InstantField()
    event = serializers.CharField()
    subject_id = serializers.UUIDField()


class CustomerExportSerializer(HouseSerializer):
    """Made by `bookings.selectors.privacy.everything_about`."""

    exported_at = InstantField()
    organization = ExportedOrganizationSerializer()
    customer = ExportedCustomerSerializer()
    bookings = ExportedBookingSerializer(many=True)
    series = ExportedSeriesSerializer(many=True)
    waitlist = ExportedWaitSerializer(many=True)
    bundles = ExportedBundleSerializer(many=True)
    links = ExportedLinkSerializer(many=True)
    consents = ExportedConsentSerializer(many=True)
    messages = ExportedMessageSerializer(many=True)
    history = HappeningSerializer(many=True)


class ErasedCustomerSerializer(HouseSerializer):
    id = serializers.UUIDField(help_text="Their bookings keep it; it finds nobody any more.")
    erased_at = InstantField()


_TYPED = {name: examples.CUSTOMER[name] for name in ("name", "email", "company", "phone")} | {
    "timezone": "Europe/Berlin"
}
_MADE = examples.BOOKING["createdAt"]
EXPORT: Json = {
    "exportedAt": "2026-12-01T08:00:00Z",
    "organization": {"name": "Salon Soleil", "slug": "salon"},
    "customer": {**examples.CUSTOMER, "createdAt": _MADE},
    "bookings": [
        {
            **_TYPED,
            "id": examples.BOOKING["id"],
            "reference": "K7PM-4XQ2",
            "status": "COMPLETED",
            "service": "Haircut",
            "resource": "Anna",
            "startsAt": "2026-11-24T13:00:00Z",
            "endsAt": "2026-11-24T13:30:00Z",
            "inquiry": "As last time, please.",
            "notes": "",
            "answers": [{"question": "Any allergies?", "answer": "Henna"}],
            "location": "Sonnenallee 5, Berlin",
            "cancelReason": "",
            "changeReasons": [],
            "price": {"amount": "40.00", "currency": "EUR"},
            "fee": None,
            "source": "API",
            "createdAt": _MADE,
            "cancelledAt": None,
        }
    ],
    "series": [],
    "waitlist": [],
    "bundles": [],
    "links": [],
    "consents": [
        {
            **AGREED,
            "at": _MADE,
            "kind": "GIVEN",
            "texts": TEXT["texts"],
            "door": "PAGE",
            "bookingId": examples.BOOKING["id"],
        }
    ],
    "messages": [],
    "history": [
        {"at": _MADE, "event": "booking.created", "subjectId": examples.BOOKING["id"]},
    ],
}
