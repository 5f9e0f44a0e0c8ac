"""Values of which our answers and bodies are made."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.services.consent import LONGEST_KEY, Consent
from core.api.fields import TextField, WholeNumberField
from core.api.serializers import HouseSerializer


@extend_schema_field({"type": "string", "examples": ["Europe/Berlin"]})
class TimezoneField(TextField):
    """The name of an IANA time zone."""

    default_error_messages = {
        "unknown": "This is not an IANA time zone, for example Europe/Berlin."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in available_timezones():
            self.fail("unknown")
        return name


_ANSWER = {
    "description": "Text, a number, a date as 2026-11-24, an option, several options, yes or no.",
    "anyOf": [
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string"}},
    ],
}


@extend_schema_field(_ANSWER)
class AnswerField(serializers.Field):
    """One answer as it is kept. Read only: what is sent is checked by its question."""


@extend_schema_field(
    {"type": "object", "additionalProperties": {"anyOf": [*_ANSWER["anyOf"], {"type": "null"}]}}
)
class AnswersField(serializers.Field):
    """Answers by the key of their question. Whether they are any, the service's questions say."""

    default_error_messages = {"invalid": "Give an object: the key of each question, its answer."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "string", "pattern": r"^\d{1,10}\.\d{2}$", "examples": ["40.00"]})
class AmountField(serializers.DecimalField):
    """An amount of money as text, so that no client rounds it."""


class MoneySerializer(HouseSerializer):
    amount = AmountField(max_digits=12, decimal_places=2)
    currency = serializers.CharField(min_length=3, max_length=3, help_text="ISO 4217: EUR.")


class ConsentSerializer(HouseSerializer):
    """What the customer agrees to: a text of `GET /api/consents`, in the version they read."""

    key = TextField(max_length=LONGEST_KEY)
    version = WholeNumberField(min_value=1, max_value=2**31 - 1)

    def to_internal_value(self, data: Any) -> Consent:
        return Consent(**super().to_internal_value(data))


def consents_field() -> Any:
    return ConsentSerializer(
        many=True,
        required=False,
        help_text=(
            "What the customer agrees to. With a publishable key, or the customer's own link, all "
            "that `GET /api/consents` calls required has to be among them."
        ),
    )
