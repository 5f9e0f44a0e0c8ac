"""Model fields whose column in the database is unreadable without ENCRYPTION_KEY.

They are django-fernet-fields' with AES-256-GCM in place of Fernet. NULL stays NULL, an empty
text is encrypted like any other. A value opens only in the table and column it was written
for: who renames one gives the field `context="old_table.old_column"`, which is then kept.

What such a column cannot do, and says so when asked: be searched (but `isnull`; put a blind
index beside it, core/blind_index.py), be unique, have a default in the database, be filled
from an expression. `bulk_update` and `update(field="a value")` work.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import DataError, NotSupportedError, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Case, Col, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import Lookup
from django.utils.encoding import force_str
from django.utils.functional import cached_property

from core.encryption import ColumnCipher

if TYPE_CHECKING:
    EncryptedField = models.Field
else:
    from fernet_fields.fields import EncryptedField

Converter = Callable[[Any, Any, Any], Any]


class Encrypted(EncryptedField):
    """What all our encrypted fields share. A subclass says how its value becomes bytes."""

    def __init__(self, *args: Any, context: str = "", **kwargs: Any) -> None:
        """Take `context` to keep on opening what was written before a table was renamed."""
        if "db_default" in kwargs:
            # It would stand readable in the table's definition.
            raise ImproperlyConfigured(f"{type(self).__name__} does not support db_default.")
        self._pinned_context = context
        super().__init__(*args, **kwargs)

    @property
    def context(self) -> str:
        """`table.column`, which every value is bound to."""
        if self._pinned_context:
            return self._pinned_context
        if not hasattr(self, "model"):
            raise FieldError("An encrypted field encrypts for its own column, and this has none.")
        return f"{self.model._meta.db_table}.{self.column}"

    @cached_property
    def fernet(self) -> ColumnCipher:
        """The cipher of this column."""
        return ColumnCipher(self.context)

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        # A field of an abstract model is copied into each table, and so is what it has cached.
        self.__dict__.pop("fernet", None)
        super().contribute_to_class(cls, name, private_only)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self._pinned_context:
            kwargs["context"] = self._pinned_context
        return name, path, args, kwargs

    def to_bytes(self, value: Any) -> bytes:
        """Return what is encrypted. Raises DataError for what the column cannot hold."""
        raise NotImplementedError

    def from_bytes(self, data: bytes) -> Any:
        raise NotImplementedError

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        if value.__class__ is not str and hasattr(value, "as_sql"):
            if not self._is_written_here(value):
                raise FieldError(
                    f"{self.context} is encrypted: it takes a value, not an expression, "
                    "because the database cannot encrypt."
                )
            return value
        return self.fernet.encrypt(self.to_bytes(value))

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> NoReturn:
        # Reached by what would send the value readable: an ArrayField of this, a literal.
        raise NotSupportedError(f"{self.context} can only be saved, not be part of a query.")

    def _is_written_here(self, expression: Any) -> bool:
        """Say whether an expression yields only what this column holds or encrypts itself.

        That is what bulk_update sends (Cast(Case(When(then=Value(…))))), and the column.
        """
        match expression:
            case Value():
                return expression.value is None or bool(expression.output_field == self)
            case Col():
                return bool(expression.target == self)
            case When():
                return self._is_written_here(expression.result)
            case Case():
                results = [*expression.cases, expression.default]
                return all(self._is_written_here(result) for result in results)
            case Cast():
                source = expression.get_source_expressions()[0]
                return bool(expression.output_field == self) and self._is_written_here(source)
        return False

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Converter]:
        """Return what reads one column of one query: asked once, called for each row."""
        decrypt, from_bytes = self.fernet.opener(), self.from_bytes

        def read(value: bytes | None, expression: Any, connection: Any) -> Any:
            return None if value is None else from_bytes(decrypt(value))

        return [read]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else self.from_bytes(self.fernet.decrypt(value))

    def get_lookup(self, lookup_name: str) -> type[Lookup] | None:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.context} is encrypted and cannot be searched by {lookup_name}: "
            "ask for the blind index beside it."
        )

    def get_transform(self, name: str) -> Any:
        return None


class EncryptedText(Encrypted):
    """What our encrypted texts share: `max_length` and NUL are refused as by a plain column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validators.append(ProhibitNullCharactersValidator())
        if self.max_length is not None and isinstance(self, models.TextField):
            self.validators.append(MaxLengthValidator(self.max_length))

    def to_bytes(self, value: Any) -> bytes:
        text = value if value.__class__ is str else force_str(value)
        if self.max_length is not None and len(text) > self.max_length:
            raise DataError(f"{self.context} holds at most {self.max_length} characters.")
        if "\0" in text:
            raise DataError(f"{self.context} cannot hold a NUL character.")
        try:
            return text.encode()
        except UnicodeEncodeError:  # would quote the text
            raise DataError(f"{self.context} cannot hold half a surrogate pair.") from None

    def from_bytes(self, data: bytes) -> str:
        return data.decode()


class EncryptedTextField(EncryptedText, models.TextField):
    """A text of any length, or of `max_length`, which here holds in the database too."""


class EncryptedCharField(EncryptedText, models.CharField):
    """A line of text."""


class EncryptedEmailField(EncryptedText, models.EmailField):
    """An e-mail address."""


class EncryptedJSONField(Encrypted, models.JSONField):
    """Anything JSON can say. It cannot be searched by key; None is NULL."""

    def to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, cls=self.encoder, allow_nan=False).encode()

    def from_bytes(self, data: bytes) -> Any:
        return json.loads(data, cls=self.decoder)
