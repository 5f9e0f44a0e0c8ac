"""The health checks in the OpenAPI document: plain views, so said by hand."""

from __future__ import annotations

from typing import Any

from core.api.schema.failures import refused
from core.api.schema.headers import ALWAYS, COUNTED, headers, parameters

Json = dict[str, Any]

_WHOLE = {"type": "integer", "minimum": 0}
_TIME = {"type": "string", "format": "date-time"}
_AT = {"timestamp": _TIME, "uptime": {"type": "number", "description": "Seconds."}}


def add_paths(result: Json, **_: Any) -> Json:
    """Add the health checks to the document (a hook)."""
    result["components"]["schemas"] |= SCHEMAS
    result["paths"] |= {
        "/health": {"get": _alive("isServerAlive", "X-Request-ID")},
        "/health/lb": {"get": _load_balancer()},
        "/api/health": {"get": _alive("isAlive", *ALWAYS)},
        "/api/health/db": {"get": _database()},
        "/api/health/detailed": {"get": _detailed()},
    }
    return result


def _alive(operation_id: str, *names: str) -> Json:
    return _operation(
        operation_id,
        "Does the process answer?",
        "Nothing else is asked. No credential is needed, and it is not counted.",
        {"200": _answer("It does", "Health", names)},
    )


def _load_balancer() -> Json:
    return _operation(
        "shouldGetRequests",
        "Should a load balancer send requests here?",
        "Answers within 2 s, asks the database, is never kept in a cache. Before a process "
        "stops, this is a 503 first. No credential is needed.",
        {
            "200": _answer("Yes", "LoadBalancerHealth", ("X-Request-ID",)),
            "503": _answer("No", "LoadBalancerTrouble", ("X-Request-ID",)),
        },
    )


def _database() -> Json:
    return _operation(
        "isDatabaseWell",
        "Is the database well?",
        "As this process saw it at most 30 s ago. No credential is needed, and it is not counted.",
        {
            "200": _answer("It is", "DatabaseHealth", ALWAYS),
            "503": _answer("It is not", "DatabaseTrouble", ALWAYS),
        },
    )


def _detailed() -> Json:
    unwell = {
        "description": "Some part is not well, or the key could not be looked up.",
        "headers": headers(*COUNTED),
        "content": {
            "application/json": {
                "schema": {"oneOf": [_schema("DetailedHealth"), _schema("UnavailableFailure")]}
            }
        },
    }
    return {
        **_operation(
            "isEverythingWell",
            "Is every part well?",
            "A key with the scope `system:status` may do this.",
            {
                "200": _answer("Every part is", "DetailedHealth", COUNTED),
                **refused(401, 403, 429, 500),
                "503": unwell,
            },
        ),
        "security": [{"bearer": ["system:status"]}, {"apiKey": ["system:status"]}],
    }


def _operation(operation_id: str, summary: str, description: str, responses: Json) -> Json:
    return {
        "operationId": operation_id,
        "summary": summary,
        "description": description,
        "tags": ["Health"],
        "parameters": parameters("RequestId"),
        "security": [],
        "responses": responses,
    }


def _answer(description: str, schema: str, names: tuple[str, ...]) -> Json:
    return {
        "description": description,
        "headers": headers(*names),
        "content": {
            "application/json": {
                "schema": _schema(schema),
                "examples": {schema: {"value": EXAMPLES[schema]}},
            }
        },
    }


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, *optional: str) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _const(value: str) -> Json:
    return {"type": "string", "const": value}


SCHEMAS: Json = {
    "Health": _object({"status": _const("healthy"), **_AT, "version": {"type": "string"}}),
    "LoadBalancerHealth": _object({"status": _const("healthy"), **_AT}),
    "LoadBalancerTrouble": _object(
        {
            "status": _const("unhealthy"),
            "reason": {"type": "string", "enum": ["database_unavailable", "shutting_down"]},
            **_AT,
        }
    ),
    "Connections": _object({"active": _WHOLE, "idle": _WHOLE, "total": _WHOLE}),
    "DatabaseHealth": _object(
        {
            "status": _const("healthy"),
            "responseTime": {**_WHOLE, "description": "Milliseconds."},
            "connections": _schema("Connections"),
        }
    ),
    "DatabaseTrouble": _object(
        {"status": _const("unhealthy"), "reason": _const("database_unavailable")}
    ),
    "HealthStatus": {"type": "string", "enum": ["healthy", "unhealthy"]},
    "PartHealth": {
        **_object(
            {
                "status": _schema("HealthStatus"),
                "responseTime": {**_WHOLE, "description": "Milliseconds."},
                "reason": {"type": "string", "description": "Why it is not well, in one word."},
            },
            "reason",
        ),
        "description": "One part, and what it tells about itself.",
        "additionalProperties": True,
    },
    "DetailedHealth": _object(
        {
            "overall": _schema("HealthStatus"),
            "timestamp": _TIME,
            "services": {
                "type": "object",
                "description": "The parts by name: database, redis, worker, outbox, mail …",
                "additionalProperties": _schema("PartHealth"),
            },
        }
    ),
}
_NOW = "2026-11-20T09:30:00.000Z"
EXAMPLES: Json = {
    "Health": {"status": "healthy", "timestamp": _NOW, "uptime": 3600, "version": "1.0.0"},
    "LoadBalancerHealth": {"status": "healthy", "timestamp": _NOW, "uptime": 3600},
    "LoadBalancerTrouble": {
        "status": "unhealthy",
        "reason": "shutting_down",
        "timestamp": _NOW,
        "uptime": 3600,
    },
    "DatabaseHealth": {
        "status": "healthy",
        "responseTime": 4,
        "connections": {"active": 5, "idle": 15, "total": 20},
    },
    "DatabaseTrouble": {"status": "unhealthy", "reason": "database_unavailable"},
    "DetailedHealth": {
        "overall": "healthy",
        "timestamp": _NOW,
        "services": {"redis": {"status": "healthy", "responseTime": 1}},
    },
}
