from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.errors import NotFound
from core.models import TenantQuerySet


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


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: no text, no boolean. In a query a text of digits."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.UUID)
class OwnedField(serializers.Field):
    """The id of something of the caller's organization.

    Anything else is a 404 that names the field: what is not there and what is somebody
    else's are told in the same words.
    """

    default_error_messages = {"invalid": "This is not an id."}

    def __init__(self, *, queryset: TenantQuerySet[Any], **kwargs: Any) -> None:
        self.queryset = queryset
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        try:
            wanted = UUID(data)
        except (ValueError, TypeError, AttributeError):
            self.fail("invalid")
        owned = self.queryset.all().for_organization(self.context["caller"].organization_id)
        row = owned.filter(pk=wanted).first()
        if row is None:
            raise NotFound(fields={self.field_name: ["There is nothing with this id."]})
        return row

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, "pk", value))
