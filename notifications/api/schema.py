"""The mail providers' door in the OpenAPI document: a plain view, so said by hand."""

from __future__ import annotations

from typing import Any

from core.api.schema.failures import refused_uncounted
from core.api.schema.headers import ALWAYS, headers, parameters
from notifications.api.mail_reports import VIEWS

Json = dict[str, Any]


def add_paths(result: Json, **_: Any) -> Json:
    """Add the door to the document (a hook)."""
    components = result["components"]
    components["schemas"]["MailProvider"] = {"type": "string", "enum": sorted(VIEWS)}
    components["securitySchemes"]["mailReports"] = {
        "type": "http",
        "scheme": "basic",
        "description": "Name and password of `MAIL_WEBHOOK_SECRET`.",
    }
    provider = {
        "name": "provider",
        "in": "path",
        "required": True,
        "description": "The one that mails are sent by; every other is a 404.",
        "schema": {"$ref": "#/components/schemas/MailProvider"},
    }
    result["paths"]["/api/webhooks/mail/{provider}"] = {
        "post": {
            "operationId": "reportMail",
            "summary": "Tell what became of mails",
            "description": (
                "For the mail provider, in its own format. Reports about mails that are none of "
                "ours are taken and ignored."
            ),
            "tags": ["Mail reports"],
            "parameters": [provider, *parameters("RequestId")],
            "security": [{"mailReports": []}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {}}},
            },
            "responses": {
                "200": {"description": "Taken", "headers": headers(*ALWAYS)},
                **refused_uncounted(400, 401, 404, 413, 500, 503),
            },
        }
    }
    return result
