"""The only place where an exception becomes an HTTP response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from core.api.authentication import CHALLENGE
from core.api.envelope import failure
from core.errors import DomainError, Unavailable

log = structlog.get_logger(__name__)

STATUS_OF = {
    "VALIDATION_ERROR": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "CONFLICT": 409,
    "PRECONDITION_FAILED": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_MISMATCH": 422,
    "RATE_LIMITED": 429,
    "INTERNAL_ERROR": 500,
    "DATABASE_ERROR": 503,
    "TIMEOUT": 503,
}
CODE_OF = {status: code for code, status in STATUS_OF.items() if code != "TIMEOUT"}

# The framework's own sentences name its internals; ours say what to do.
SENTENCES = {
    401: "Send a valid key: `Authorization: Bearer <key>` or `X-API-Key: <key>`.",
    403: "This credential may not do that.",
    404: "There is nothing here.",
}


def answer_error(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer any error in the one shape of the contract. None: a bug, so a 500."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, OperationalError | InterfaceError):
        exc = Unavailable()
    if isinstance(exc, DomainError):
        return refusal(exc)
    if isinstance(exc, exceptions.APIException):
        return _framework_error(exc)
    return None


def refusal(error: DomainError) -> Response:
    """Answer a rule that said no."""
    status = STATUS_OF[error.code]
    details = dict(error.details)
    if error.reason:
        details = {"reason": error.reason, **details}
    headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else {}
    if wait := getattr(error, "retry_after_seconds", None):
        headers["Retry-After"] = str(wait)
    body = failure(status=status, code=error.code, message=str(error), details=details)
    return Response(body, status, headers=headers)


def _framework_error(error: exceptions.APIException) -> Response:
    status = error.status_code
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    if isinstance(error, exceptions.ValidationError):
        fields: dict[str, list[str]] = {}
        for path, sentence in _leaves(error.detail):
            fields.setdefault(path, []).append(sentence)
        message, details = "Some fields are not right.", {"fields": fields}
    else:
        message, details = SENTENCES.get(status, str(error.detail)), {}
    code = CODE_OF.get(status, "VALIDATION_ERROR")
    body = failure(status=status, code=code, message=message, details=details)
    return Response(body, status, headers=headers)


def _leaves(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield `(timeSlot.startTime, sentence)` for every leaf of DRF's nested errors."""
    if isinstance(detail, dict):
        for name, item in detail.items():
            here = path if name == "non_field_errors" else f"{path}.{name}".strip(".")
            yield from _leaves(item, here)
    elif isinstance(detail, list):
        for number, item in enumerate(detail):
            nested = isinstance(item, dict) and item
            yield from _leaves(item, f"{path}.{number}" if nested else path)
    else:
        yield path, str(detail)
