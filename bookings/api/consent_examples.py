"""What consents look like on the wire, and how a call is refused without them."""

from __future__ import annotations

from typing import Any

from bookings.errors import ConsentMissing, ConsentOutdated

Json = dict[str, Any]

AGREED: Json = {"key": "privacy", "version": 1}
TEXT: Json = {
    **AGREED,
    "required": True,
    "texts": [
        {"locale": "en", "text": "I have read the privacy notice: https://salon.example/privacy"},
        {"locale": "de", "text": "Ich habe gelesen: https://salon.example/datenschutz"},
    ],
    "since": "2026-11-01T08:00:00Z",
}
REFUSED = (ConsentMissing.reason, ConsentOutdated.reason)
DETAILS: Json = {
    "consents": {
        "description": (
            "With CONSENT_MISSING: what has to be agreed to. With CONSENT_OUTDATED: what is asked "
            "now."
        ),
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "key": {"type": "string"},
                "version": {"type": "integer", "minimum": 1},
            },
            "required": ["key", "version"],
        },
    }
}
NOT_AGREED: dict[str, Json] = {
    "Something required is missing": {"reason": ConsentMissing.reason, "consents": [AGREED]},
    "Agreed to older words": {"reason": ConsentOutdated.reason, "consents": [AGREED]},
}


def wishes(wish: Json) -> dict[str, Json]:
    return {"By a customer who agrees": {**wish, "consents": [AGREED]}}
