"""What can go wrong, in words that a client can act on. No HTTP here: see core.api.errors."""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """A rule said no.

    `code` is the family (CONFLICT, NOT_FOUND …, one per HTTP status);
    `reason` is the one word a client switches on, and never changes. Keyword arguments
    become `details`: ids and facts, never a person's data.
    """

    code: ClassVar[str] = "CONFLICT"
    reason: str = ""
    message: ClassVar[str] = "This is not allowed."

    def __init__(self, message: str | None = None, **details: object) -> None:
        super().__init__(message or self.message)
        self.details = details


class Invalid(DomainError):
    """The input breaks a rule that this input alone shows. `fields` maps a path to messages."""

    code = "VALIDATION_ERROR"
    message = "Some fields are not right."

    def __init__(
        self, message: str | None = None, *, fields: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.details = {"fields": dict(fields)} if fields else {}

    @classmethod
    def at(cls, path: str, sentence: str) -> "Invalid":
        """Name one field by its path on the wire, e.g. `timeSlot.startTime`."""
        return cls(fields={path: [sentence]})


class NotFound(DomainError):
    """Not there, or not in the caller's organization: the two are told in the same words."""

    code = "NOT_FOUND"
    message = "There is nothing here."


class Forbidden(DomainError):
    code = "FORBIDDEN"
    message = "This credential may not do that."


class NotSignedIn(DomainError):
    """No good credential: a password, a code or a token that is wrong, spent or over."""

    code = "UNAUTHORIZED"
    message = "Sign in again."


class TooManyAttempts(DomainError):
    """A password was wrong too often; nobody is let in before `retry_after_seconds` are over."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class Conflict(DomainError):
    """The request is fine in itself, but not as things stand now."""

    code = "CONFLICT"
    message = "This does not go together with how things are now."


class StaleVersion(DomainError):
    code = "PRECONDITION_FAILED"
    message = "This was changed since you read it. Read it again and repeat your change."


class Unavailable(DomainError):
    """Our side cannot do it at the moment; asking again can help."""

    code = "DATABASE_ERROR"
    message = "The database cannot be reached at the moment. Try again shortly."
    retry_after_seconds: ClassVar[int] = 5


class Busy(Unavailable):
    """Somebody else holds a lock for longer than we wait."""

    message = "This is being changed by somebody else right now. Try again shortly."
    retry_after_seconds = 1


class TimedOut(Unavailable):
    code = "TIMEOUT"
    message = "This took too long and was stopped. Nothing was changed."
