"""The contract's table of errors, a row each; the conflicts are told by each call itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.api.errors import SENTENCES


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One row of the contract's table of errors."""

    status: int
    name: str
    codes: tuple[str, ...]
    when: str
    message: str
    details: str = "NoDetails"
    example: Mapping[str, Any] = field(default_factory=dict)
    extra_headers: tuple[str, ...] = ()


ALL = (
    Failure(
        status=400,
        name="ValidationFailure",
        codes=("VALIDATION_ERROR",),
        when="The input is malformed, or breaks a rule that this input alone shows.",
        message="Some fields are not right.",
        details="FieldDetails",
        example={"fields": {"timeSlot.startTime": ["This time is in the past."]}},
    ),
    Failure(
        status=401,
        name="UnauthorizedFailure",
        codes=("UNAUTHORIZED",),
        when="There is no credential, or it is wrong, expired or revoked.",
        message=SENTENCES[401],
        extra_headers=("WWW-Authenticate",),
    ),
    Failure(
        status=403,
        name="ForbiddenFailure",
        codes=("FORBIDDEN",),
        when="The credential is good, but may not do this.",
        message=SENTENCES[403],
    ),
    Failure(
        status=404,
        name="NotFoundFailure",
        codes=("NOT_FOUND",),
        when="There is nothing with this id in your organization.",
        message=SENTENCES[404],
        details="FieldDetails",
    ),
    Failure(
        status=405,
        name="MethodNotAllowedFailure",
        codes=("METHOD_NOT_ALLOWED",),
        when="This path does not know this method; `Allow` says which it knows.",
        message='Method "POST" not allowed.',
    ),
    Failure(
        status=406,
        name="NotAcceptableFailure",
        codes=("NOT_ACCEPTABLE",),
        when="`Accept` wants something other than JSON.",
        message="Could not satisfy the request Accept header.",
    ),
    Failure(
        status=412,
        name="StaleFailure",
        codes=("PRECONDITION_FAILED",),
        when="`If-Match` names another version than the one there is now.",
        message="This was changed since you read it. Read it again and repeat your change.",
        details="VersionDetails",
        example={"version": 4},
    ),
    Failure(
        status=413,
        name="TooLargeFailure",
        codes=("PAYLOAD_TOO_LARGE",),
        when="The body is larger than 1 MiB.",
        message="The body is larger than 1 MiB.",
    ),
    Failure(
        status=415,
        name="MediaTypeFailure",
        codes=("UNSUPPORTED_MEDIA_TYPE",),
        when="The body is something other than JSON.",
        message='Unsupported media type "text/plain" in request.',
    ),
    Failure(
        status=422,
        name="IdempotencyFailure",
        codes=("IDEMPOTENCY_MISMATCH",),
        when="This `Idempotency-Key` was used with another body.",
        message="This Idempotency-Key was used with another body.",
    ),
    Failure(
        status=429,
        name="RateFailure",
        codes=("RATE_LIMITED",),
        when="Too many requests in this window of time.",
        message="Too many requests. Try again in 42 s.",
        extra_headers=("Retry-After",),
    ),
    Failure(
        status=500,
        name="InternalFailure",
        codes=("INTERNAL_ERROR",),
        when="Our mistake. Quote `requestId` when you tell us.",
        message="Something went wrong on our side.",
    ),
    Failure(
        status=503,
        name="UnavailableFailure",
        codes=("DATABASE_ERROR", "TIMEOUT"),
        when="It cannot be done at the moment. Nothing was changed; ask again.",
        message="The database cannot be reached at the moment. Try again shortly.",
        extra_headers=("Retry-After",),
    ),
)
