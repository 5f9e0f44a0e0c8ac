"""The document about itself, and about the page to read it on."""

from __future__ import annotations

from typing import Any

from core.api.schema.failures import refused
from core.api.schema.headers import COUNTED, headers, parameters

Json = dict[str, Any]

REFUSED = refused(429, 500)


def add_paths(result: Json, **_: Any) -> Json:
    """Add the two doors to this document (a hook)."""
    result["paths"] |= {
        "/api/docs": {
            "get": {
                "operationId": "getDocument",
                "summary": "This document",
                "description": "OpenAPI 3.1 as JSON. No credential is needed.",
                "tags": ["Documents"],
                "parameters": parameters("RequestId"),
                "security": [],
                "responses": {
                    "200": {
                        "description": "This document",
                        "headers": headers(*COUNTED),
                        "content": {"application/json": {"schema": DOCUMENT}},
                    },
                    **REFUSED,
                },
            }
        },
        "/api/docs/ui": {
            "get": {
                "operationId": "showDocument",
                "summary": "This document as a page",
                "description": "Swagger UI, from files of this server. No credential is needed.",
                "tags": ["Documents"],
                "parameters": parameters("RequestId"),
                "security": [],
                "responses": {
                    "200": {
                        "description": "A page for people",
                        "headers": headers(*COUNTED),
                        "content": {"text/html": {"schema": {"type": "string"}}},
                    },
                    **REFUSED,
                },
            }
        },
    }
    return result


DOCUMENT: Json = {
    "type": "object",
    "properties": {
        "openapi": {"type": "string", "const": "3.1.0"},
        "info": {"type": "object"},
        "servers": {"type": "array", "items": {"type": "object"}},
        "tags": {"type": "array", "items": {"type": "object"}},
        "paths": {"type": "object"},
        "components": {"type": "object"},
    },
    "required": ["openapi", "info", "paths", "components"],
}
