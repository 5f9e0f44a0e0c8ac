"""What the calls about people send and are answered, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl"  # noqa: S105
REFRESH_TOKEN = "pZ2n0xVq7mYh3bJk8sTfLr5wCdGaUe1oXiN4vQyRtEw"  # noqa: S105

ME: dict[str, Any] = {
    "user": {
        "id": "01934d1a-52c1-7bb0-9d3e-6a0f4c2b8e10",
        "email": "anna@salon.example",
        "name": "Anna",
    },
    "organizations": [
        {
            "id": "01934d1a-4f00-7c3a-8b21-5d6e7f809a1b",
            "slug": "salon",
            "name": "Salon Soleil",
            "role": "OWNER",
            "scopes": ["*"],
            "onlyOwnResources": False,
            "resourceIds": [],
        }
    ],
}
TOKENS: dict[str, Any] = {"accessToken": TOKEN, "expiresIn": 900}
PASSWORD = "correct horse battery staple"  # noqa: S105

LOGIN: dict[str, Any] = {
    "A website": {"email": "anna@salon.example", "password": PASSWORD},
    "An app": {"email": "anna@salon.example", "password": PASSWORD, "cookie": False},
    "With a code": {"email": "anna@salon.example", "password": PASSWORD, "otp": "287082"},
}
SIGNED_IN: dict[str, Any] = {
    "A website": {**TOKENS, **ME},
    "An app": {**TOKENS, "refreshToken": REFRESH_TOKEN, **ME},
}
REFRESH: dict[str, Any] = {"A website": {}, "An app": {"refreshToken": REFRESH_TOKEN}}
RENEWED: dict[str, Any] = {
    "A website": TOKENS,
    "An app": {**TOKENS, "refreshToken": "Jm4yTq9cVb1nXz6wKr2hLp8sDf5gAeYu3oIt7vQjRiM"},
}
PASSWORDS: dict[str, Any] = {
    "A longer one": {"password": PASSWORD, "newPassword": "nine purple herons at dawn"}
}
RESET: dict[str, Any] = {
    "Forgotten": {"email": "anna@salon.example"},
    "With the link": {
        "token": "AZNNGlLBe7Cdzmm2TCuOEGY0q0vXo2rQ8uJx5kLhTdc",
        "password": "nine purple herons at dawn",
    },
}
SESSIONS: dict[str, Any] = {
    "sessions": [
        {
            "id": "01934d1a-9a10-7e52-b0c4-1f2e3d4c5b6a",
            "kind": "API",
            "device": "Mozilla/5.0 (X11; Linux x86_64) Firefox/132.0",
            "network": "203.0.113.7",
            "createdAt": "2026-11-03T07:00:00Z",
            "lastUsedAt": "2026-11-03T09:30:00Z",
            "endsAt": "2026-11-10T09:30:00Z",
            "current": True,
        },
        {
            "id": "01934d19-0b77-7a91-a3d5-8c7b6a594837",
            "kind": "CONSOLE",
            "device": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15",
            "network": "198.51.100.21",
            "createdAt": "2026-11-02T08:00:00Z",
            "lastUsedAt": "2026-11-02T17:45:00Z",
            "endsAt": "2026-11-16T17:45:00Z",
            "current": False,
        },
    ]
}
SECOND_FACTOR: dict[str, Any] = {
    "confirmedAt": "2026-11-03T07:00:00Z",
    "recoveryCodesLeft": 10,
}
NO_SECOND_FACTOR: dict[str, Any] = {"confirmedAt": None, "recoveryCodesLeft": 0}
ENROLMENT: dict[str, Any] = {
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "uri": (
        "otpauth://totp/Holdfast:anna%40salon.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Holdfast"
    ),
    "qr": '<svg viewBox="0 0 45 45" class="segno"></svg>',
}
RECOVERY_CODES: dict[str, Any] = {
    "recoveryCodes": [
        "k7wqm-3dhxr",
        "9fpta-ucz4v",
        "xn2eb-6sygj",
        "m5rkc-8wdhq",
        "t3vza-pf7nu",
        "b9xjg-4ysem",
        "hq6dw-2crtk",
        "u8pnf-zv5ax",
        "e4gmy-7jbsh",
        "w2tkr-q9dcu",
    ]
}
OWN_PASSWORD: dict[str, Any] = {"One's own": {"password": PASSWORD}}
PROOF: dict[str, Any] = {
    "The app": {"password": PASSWORD, "otp": "287082"},
    "A recovery code": {"password": PASSWORD, "otp": "k7wqm-3dhxr"},
}
