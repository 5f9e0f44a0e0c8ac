from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.errors import NotFound
from core.models import TenantQuerySet

_DIGITS = re.compile(r"-?[0-9]{1,18}")
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class TextField(serializers.CharField):
    """Text from a client. Kept as it was sent; NUL, which no database text can hold, is refused.

    REST framework trims white space by default; we only refuse what is blank all through.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        value: str = super().to_internal_value(data)
        try:
            value.encode()
        except UnicodeEncodeError:  # a lone surrogate: valid in JSON's escapes, no character
            self.fail("invalid")
        if not value.strip() and not self.allow_blank:
            self.fail("blank")
        return value


class SlugTextField(serializers.SlugField):
    """Letters, digits, hyphens and underscores, as a JSON text: a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: 30, or 30.0, which is the same; no text, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        is_whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        if isinstance(data, bool) or not is_whole:
            self.fail("invalid")
        return super().to_internal_value(int(data))


class YesNoField(serializers.BooleanField):
    """true or false, and nothing that REST framework also takes for one: no text, no number."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryNumberField(serializers.IntegerField):
    """A whole number in a query: digits, and nothing that Python also takes for some."""

    def to_internal_value(self, data: Any) -> int:
        if not (isinstance(data, str) and _DIGITS.fullmatch(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class EnumField(serializers.ChoiceField):
    """One of an enumeration's values, which are one type in the OpenAPI document."""

    def __init__(self, choices: type[TextChoices], **kwargs: Any) -> None:
        super().__init__(choices.choices, **kwargs)
        schema = {"type": "string", "enum": choices.values}
        name = choices.__qualname__.replace(".", "")
        extend_schema_field(schema, component_name=name)(self)  # type: ignore[type-var]

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """A UUID as it is usually written, in 36 characters."""

    def to_internal_value(self, data: Any) -> UUID:
        if (found := read_id(data)) is None:
            self.fail("invalid", value=data)
        return found


def read_id(text: Any) -> UUID | None:
    """Return the UUID that is written in 36 characters, or None: UUID() takes far more."""
    return UUID(text) if isinstance(text, str) and _ID.fullmatch(text) else None


class NamedIdField(IdField):
    """An id that the view looks up itself, with what it asks anyway: absent, it is `not_there`."""


def not_there(field: str | None) -> NotFound:
    """Return the refusal of an id that is not there, or somebody else's: in the same words."""
    return NotFound(fields={field: ["There is nothing with this id."]})


@extend_schema_field(OpenApiTypes.UUID)
class OwnedField(serializers.Field):
    """The id of something that the caller sees: of their organization, and of their own resources
    if they are limited to these.

    Anything else is a 404 that names the field: what is not there and what is somebody
    else's are told in the same words. Who lacks the scope that naming one `needs` is refused
    before it is looked for.
    """

    default_error_messages = {"invalid": "This is not an id."}

    def __init__(
        self,
        *,
        queryset: TenantQuerySet[Any],
        by: str = "pk",
        needs: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.queryset = queryset
        self.needs = needs
        self.by = by  # what the id is of, if not of the row itself
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        wanted = read_id(data)
        if wanted is None:
            self.fail("invalid")
        if self.needs is not None:
            self.context["caller"].require(self.needs)
        owned = self.queryset.all().for_caller(self.context["caller"])
        # Not `first()`: wording an order by costs as much as the rest of the question.
        row = next(iter(owned.filter(**{self.by: wanted}).order_by()), None)
        if row is None:
            raise not_there(self.field_name)
        return row

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, "pk", value))
