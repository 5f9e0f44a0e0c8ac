"""Every refusal of the API as a response of the document: status, code, details, headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.api.schema.contract import ALL, Failure
from core.api.schema.headers import ALWAYS, COUNTED, HEADERS, PARAMETERS, headers

Json = dict[str, Any]

NO_DETAILS: Json = {"type": "object", "maxProperties": 0}
FIELDS: Json = {
    "type": "object",
    "properties": {
        "fields": {
            "type": "object",
            "description": "What is wrong with each field, by its path: `timeSlot.startTime`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        }
    },
}
VERSION: Json = {
    "type": "object",
    "properties": {"version": {"type": "integer", "description": "The version it has now."}},
}

BY_STATUS = {failure.status: failure for failure in ALL}
OF_EVERY_CALL = (400, 401, 403, 406, 429, 500, 503)


def refused(*statuses: int) -> Json:
    """Return the responses of these statuses, as references."""
    return {
        str(status): {"$ref": f"#/components/responses/{BY_STATUS[status].name}"}
        for status in sorted(statuses)
    }


def refused_uncounted(*statuses: int) -> Json:
    """Return the responses of a door whose calls no rate limit counts."""
    return {str(status): _response(BY_STATUS[status], ALWAYS) for status in sorted(statuses)}


def conflict(
    name: str,
    reasons: Sequence[str],
    details: Mapping[str, Any],
    *,
    examples: Mapping[str, Mapping[str, Any]] | None = None,
    may_be_running: bool,
) -> tuple[Json, Json]:
    """Return the 409 of one call and its schemas: `details.reason` is one of `reasons`."""
    schemas = {
        f"{name}Reason": {"type": "string", "enum": list(reasons)},
        f"{name}Details": {
            "type": "object",
            "properties": {"reason": _schema(f"{name}Reason"), **details},
            "required": ["reason"],
        },
        **_envelope(name, 409, ("CONFLICT",), f"{name}Details"),
    }
    message = "This does not go together with how things are now."
    shown = examples or {reasons[0]: {"reason": reasons[0]}}
    response = {
        "description": "Fine in itself, but not as things stand now: `details.reason` says why.",
        "headers": headers(*COUNTED, *(["Retry-After-If-Running"] if may_be_running else [])),
        "content": _content(
            name,
            {key: _example(409, "CONFLICT", message, value) for key, value in shown.items()},
        ),
    }
    return response, schemas


def add_to_components(result: Json, **_: Any) -> Json:
    """Put the refusals and the headers where the document refers to them (a hook)."""
    components = result["components"]
    schemas, responses = components["schemas"], components.setdefault("responses", {})
    schemas |= {"NoDetails": NO_DETAILS, "FieldDetails": FIELDS, "VersionDetails": VERSION}
    for failure in ALL:
        schemas |= _envelope(failure.name, failure.status, failure.codes, failure.details)
        responses[failure.name] = _response(failure, COUNTED)
    components["headers"] = dict(HEADERS)
    components["parameters"] = dict(PARAMETERS)
    for kind, parts in components.items():
        components[kind] = dict(sorted(parts.items()))
    return result


def _response(failure: Failure, names: tuple[str, ...]) -> Json:
    example = _example(failure.status, failure.codes[0], failure.message, failure.example)
    return {
        "description": failure.when,
        "headers": headers(*names, *failure.extra_headers),
        "content": _content(failure.name, {failure.codes[0]: example}),
    }


def _envelope(name: str, status: int, codes: tuple[str, ...], details: str) -> Json:
    """Return the schema of an answer that refuses, and of the error in it."""
    error = f"{name}Error"
    parts = {
        "statusCode": {"type": "integer", "const": status},
        "errorCode": {"type": "string", "const": codes[0]},
        "message": {"type": "string", "description": "A sentence for people; it may change."},
        "details": _schema(details),
        "timestamp": {"type": "string", "format": "date-time"},
        "requestId": {"type": "string"},
    }
    schemas: Json = {}
    if len(codes) > 1:
        parts["errorCode"] = _schema(f"{error}Code")
        schemas[f"{error}Code"] = {"type": "string", "enum": list(codes)}
    schemas[error] = {"type": "object", "properties": parts, "required": list(parts)}
    schemas[name] = {
        "type": "object",
        "properties": {"success": {"type": "boolean", "const": False}, "error": _schema(error)},
        "required": ["success", "error"],
    }
    return schemas


def _example(status: int, code: str, message: str, details: Mapping[str, Any]) -> Json:
    error = {
        "statusCode": status,
        "errorCode": code,
        "message": message,
        "details": dict(details),
        "timestamp": "2026-11-20T09:30:00.000Z",
        "requestId": "0193494c-7a3e-7c31-8a52-3f0d6b1c9e77",
    }
    return {"value": {"success": False, "error": error}}


def _content(schema: str, examples: Json) -> Json:
    return {"application/json": {"schema": _schema(schema), "examples": examples}}


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
