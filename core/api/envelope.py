"""The one shape of every answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse

from core.observability.context import current_request_id


def success(
    data: Any, *, message: str | None = None, pagination: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body of a good answer."""
    body: dict[str, Any] = {"success": True, "data": data}
    if message:
        body["message"] = message
    if pagination is not None:
        body["pagination"] = pagination
    return body


def failure(
    *, status: int, code: str, message: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body of a refusal."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "success": False,
        "error": {
            "statusCode": status,
            "errorCode": code,
            "message": message,
            "details": details or {},
            "timestamp": now,
            "requestId": current_request_id(),
        },
    }


def error_response(
    *,
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with a refusal from outside of REST framework: middleware, 404 and 500 handlers."""
    body = failure(status=status, code=code, message=message, details=details)
    return HttpResponse(
        orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers=dict(headers or {}),
    )
