"""What clients send and read about bookings. Shapes and ownership; services check the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rest_framework import serializers

from bookings.api.fields import (
    AnswersField,
    TimezoneField,
    consents_field,
)
from bookings.models import Booking, BundlePurchase, Resource, Service
from bookings.services.details import LONGEST_LOCATION, wrong_with_details
from bookings.services.questions import questions_of, read_answers
from core.api.fields import EnumField, IdField, OwnedField, TextField, WholeNumberField, YesNoField
from core.api.pagination import PageQuery
from core.api.serializers import HouseSerializer, InstantField, InstantOrDateField

LONGEST_NAME, LONGEST_EMAIL, LONGEST_PHONE, LONGEST_TEXT = 200, 254, 32, 10_000
LONGEST_REASON = 2_000
LONGEST_DURATION_MINUTES = 24 * 60
DETAILS = ("company", "phone", "inquiry", "location")  # what a service may or may not ask for


class TimeSlotSerializer(HouseSerializer):
    """When, as a client asks for it. `endTime` may be sent back as it was read, if it agrees."""

    start_time = InstantField(help_text="In the future, on a whole minute.")
    duration = WholeNumberField(
        min_value=1,
        max_value=LONGEST_DURATION_MINUTES,
        help_text="Minutes; one of the service's durations.",
    )
    end_time = InstantField(
        required=False, help_text="May be sent back as it was read; it has to agree."
    )
    timezone = TimezoneField(
        required=False, help_text="The zone in which the customer reads times."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs["start_time"], attrs.get("end_time")
        if start.second or start.microsecond:
            raise serializers.ValidationError({"startTime": ["Give whole minutes."]})
        if end is not None and end - start != timedelta(minutes=attrs["duration"]):
            raise serializers.ValidationError(
                {"endTime": ["This does not agree with startTime and duration."]}
            )
        return attrs


class CreateBookingSerializer(HouseSerializer):
    """A booking as it is asked for. A service may make `company` and `inquiry` optional."""

    name = TextField(max_length=LONGEST_NAME)
    company = TextField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False)
    phone = TextField(max_length=LONGEST_PHONE, required=False, allow_blank=True, allow_null=True)
    inquiry = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    notes = TextField(
        max_length=LONGEST_TEXT,
        required=False,
        allow_blank=True,
        help_text="What only staff read.",
    )
    answers = AnswersField(
        required=False, help_text="What the service asks, by the key of each question."
    )
    location = TextField(
        max_length=LONGEST_LOCATION,
        required=False,
        allow_blank=True,
        help_text="Where; only for a service whose location is of the kind `CUSTOMER`.",
    )
    time_slot = TimeSlotSerializer()
    service_id = OwnedField(
        queryset=Service.objects.filter(is_active=True).select_related("organization"),
        required=False,
        allow_null=True,
        help_text="What is booked; null is the default service.",
    )
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody who is free.",
    )
    bundle_purchase_id = OwnedField(
        queryset=BundlePurchase.objects.all(),
        needs="bookings:write",
        required=False,
        allow_null=True,
        help_text="What pays for it: a bundle of the customer with this address.",
    )
    consents = consents_field()
    hold_id = IdField(required=False, help_text="The hold on this time, with its token.")
    hold_token = TextField(max_length=200, required=False)
    schema_rules = {"dependentRequired": {"holdId": ["holdToken"], "holdToken": ["holdId"]}}

    def to_internal_value(self, data: Any) -> Any:
        """Name everything that is wrong at once, what only the service asks for included."""
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            missing = missing_for(self.context["service_of"](data), data)
            raise serializers.ValidationError({**missing, **error.detail}) from error  # type: ignore[dict-item]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("hold_id" in attrs) != ("hold_token" in attrs):
            missing = "holdToken" if "hold_id" in attrs else "holdId"
            raise serializers.ValidationError({missing: ["A hold is used with its id and token."]})
        return attrs


def missing_for(service: Service, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what `service` asks for beyond every other and `data` does not say rightly."""
    answers = data.get("answers")
    said = answers if isinstance(answers, Mapping) else {}
    _, wrong = read_answers(questions_of(service), {str(key): said[key] for key in said})
    texts = {name: str(data.get(name) or "") for name in DETAILS}
    return wrong | wrong_with_details(service, **texts)


def reason_field() -> TextField:
    return TextField(
        max_length=LONGEST_REASON,
        required=False,
        allow_blank=True,
        help_text="Why, in words; kept encrypted with the booking's history.",
    )


def return_credit_field() -> YesNoField:
    return YesNoField(
        required=False,
        allow_null=True,
        help_text="What a bundle paid: true returns it, false keeps it; null is the rule.",
    )


class UpdateBookingSerializer(HouseSerializer):
    """What should be different; what is left out stays. A resource of null means any."""

    inquiry = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    time_slot = TimeSlotSerializer(required=False)
    resource_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="With whom or what; null is anybody who is free.",
    )
    reason = reason_field()


class ChangeStatusSerializer(HouseSerializer):
    status = EnumField(Booking.Status)
    reason = reason_field()
    return_credit = return_credit_field()
    schema_rules = {
        "dependentSchemas": {
            name: {"properties": {"status": {"const": "CANCELLED"}}}
            for name in ("reason", "returnCredit")
        }
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["status"] == Booking.Status.CANCELLED:
            return attrs
        wrong = {}
        if "reason" in attrs:
            wrong["reason"] = ["Only cancelling has a reason."]
        if "return_credit" in attrs:
            wrong["returnCredit"] = ["Only cancelling returns what was paid."]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class CancelOwnBookingSerializer(HouseSerializer):
    reason = reason_field()


class CancelBookingSerializer(CancelOwnBookingSerializer):
    return_credit = return_credit_field()


class BookingQuerySerializer(PageQuery):
    """The filters of a list. A bare date is that whole day in the organization's zone."""

    status = EnumField(Booking.Status, required=False)
    date_from = InstantOrDateField(
        required=False, help_text="Starts at or after this; a bare date is that day from midnight."
    )
    date_to = InstantOrDateField(
        required=False, help_text="Starts before this; a bare date is until the end of that day."
    )
    email = serializers.EmailField(
        max_length=LONGEST_EMAIL,
        required=False,
        trim_whitespace=False,
        help_text="Exactly this address, in upper or lower case.",
    )
    service_id = OwnedField(
        queryset=Service.objects.all(), required=False, help_text="What was booked."
    )
    resource_id = OwnedField(
        queryset=Resource.objects.all(), required=False, help_text="With whom or what."
    )
    search = TextField(
        max_length=LONGEST_NAME,
        required=False,
        help_text=(
            "A reference, an exact e-mail address or telephone number, or the beginnings of names."
        ),
    )
