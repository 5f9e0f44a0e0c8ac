"""What a person who signed in over the API has: access tokens (RFC 7519), and refresh tokens.

Nothing else knows the library. An access token is signed under JWT_ACCESS_SECRET with
HMAC-SHA256 and lasts ACCESS_TOKEN_TTL. It names a person and the session in which they signed
in, and no organization: X-Organization does. A good signature alone opens nothing: the session
has to be there still (core.known_people). A refresh token is 256 random bits, of which an HMAC
under JWT_REFRESH_SECRET is kept.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from django.conf import settings
from django.utils import timezone
from jwt.types import Options

ALGORITHM = "HS256"
CLAIMS = ("sub", "sid", "iat", "exp", "jti")
# The clocks of two servers differ: when it was issued is written down and refuses nothing.
OPTIONS: Options = {"require": list(CLAIMS), "verify_iat": False}
BEGINNING = "eyJ"  # of every token: its header, in base64url


class BadToken(Exception):
    """Tampered with, expired, signed by somebody else or not at all, or no token."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    user_id: UUID
    session_id: UUID
    expires_at: datetime


def looks_like_token(text: str) -> bool:
    """Tell an access token from a key. Whether it is a good one is not said."""
    return text.startswith(BEGINNING) and text.count(".") == 2


def make_access_token(*, user_id: UUID, session_id: UUID) -> str:
    """Return a token that is good from now on for ACCESS_TOKEN_TTL."""
    now = timezone.now()
    claims = {
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": now,
        "exp": now + timedelta(seconds=settings.ACCESS_TOKEN_TTL_SECONDS),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, settings.JWT_ACCESS_SECRET, algorithm=ALGORITHM)


def read_access_token(text: str) -> AccessToken:
    """Return what a token says. Raises BadToken."""
    try:
        claims = jwt.decode(
            text, settings.JWT_ACCESS_SECRET, algorithms=[ALGORITHM], options=OPTIONS
        )
        return AccessToken(
            UUID(claims["sub"]),
            UUID(claims["sid"]),
            datetime.fromtimestamp(claims["exp"], tz=UTC),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadToken from error


def make_refresh_token() -> str:
    """Return the text of a new one: 43 characters, never shown again."""
    return secrets.token_urlsafe(32)


def refresh_digest(text: str) -> bytes:
    """Return the 32 bytes that a refresh token is kept as, and found by."""
    key = settings.JWT_REFRESH_SECRET.encode()
    return hmac.digest(key, text.encode("utf-8", "replace"), "sha256")
