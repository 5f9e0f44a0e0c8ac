"""The headers of requests and answers, each said once and referred to by name."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "description": (
        "Your own id of this request: 1 to 128 of `A-Z a-z 0-9 . _ -`. It is answered, logged "
        "and written on every event. Anything else is replaced by an id of ours."
    ),
    "schema": {"type": "string", "examples": ["checkout-4711"]},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "Make a repetition safe: for 24 hours the same key, path and body get the first answer "
        "again, whatever it was short of a 5xx. Use a new UUID for every new intention."
    ),
    "schema": {
        "type": "string",
        "pattern": r"^[\x21-\x7e]{1,255}$",
        "examples": ["5f1c6f0e-0f4b-4a53-9d2e-1a5f0c3b7e11"],
    },
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": (
        "Change this only if it is still as it was read: the `ETag` of that answer. `*` is any "
        "version, as is leaving the header out."
    ),
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[\x21\x23-\x7e]*")$', "examples": ['"3"']},
}

PARAMETERS: dict[str, Json] = {
    "RequestId": REQUEST_ID,
    "IdempotencyKey": IDEMPOTENCY_KEY,
    "IfMatch": IF_MATCH,
}

_COUNT = {"type": "integer", "minimum": 0}
HEADERS: dict[str, Json] = {
    "API-Version": {
        "description": "The version of the API that answered.",
        "required": True,
        "schema": {"type": "string", "const": "1"},
    },
    "X-Request-ID": {
        "description": "The id of this request, yours or ours. Quote it when you ask for help.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "X-RateLimit-Limit": {
        "description": "How many requests one window of time allows this client.",
        "required": True,
        "schema": {**_COUNT, "examples": [100]},
    },
    "X-RateLimit-Remaining": {
        "description": "How many are left in this window.",
        "required": True,
        "schema": {**_COUNT, "examples": [99]},
    },
    "X-RateLimit-Reset": {
        "description": "Seconds until the next window begins.",
        "required": True,
        "schema": {**_COUNT, "examples": [42]},
    },
    "ETag": {
        "description": "The version of what was answered, for `If-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": r'^"\d+"$', "examples": ['"1"']},
    },
    "Idempotency-Replayed": {
        "description": "This is the first answer to this `Idempotency-Key`, repeated.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "Ask again after so many seconds.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "examples": [5]},
    },
    "Retry-After-If-Running": {
        "description": (
            "Ask again after so many seconds; only while the first request with this "
            "`Idempotency-Key` is still running."
        ),
        "schema": {"type": "integer", "minimum": 0, "examples": [3]},
    },
    "WWW-Authenticate": {
        "description": "How to show who you are.",
        "required": True,
        "schema": {"type": "string", "examples": ['Bearer realm="Holdfast"']},
    },
}
# On every answer, errors included; a load balancer's questions are neither counted nor refused.
ALWAYS = ("API-Version", "X-Request-ID")
COUNTED = (*ALWAYS, "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def headers(*names: str) -> dict[str, Json]:
    """Return references to the headers of an answer, by name."""
    return {name.removesuffix("-If-Running"): _ref("headers", name) for name in names}


def parameters(*names: str) -> list[Json]:
    """Return references to the headers of a request, by their names in PARAMETERS."""
    return [_ref("parameters", name) for name in names]


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
