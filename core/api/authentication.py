"""Whose key is this? The caller behind `Authorization: Bearer <key>` or `X-API-Key: <key>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from core import known_keys
from core.access import Caller

if TYPE_CHECKING:  # settings name this module, so it may not import DRF's views when it loads
    from uuid import UUID

    from rest_framework.request import Request

CHALLENGE = 'Bearer realm="Holdfast"'
LONGEST_KEY = 256  # characters; nothing longer is worth a digest


class BadCredential(Exception):
    """A credential was given and is none: 401, whatever was asked for."""


@dataclass(frozen=True, slots=True)
class CallerUser:
    """What REST framework and the logs take for a user: an id, and that it is somebody."""

    caller: Caller
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False

    @property
    def pk(self) -> UUID | None:
        return self.caller.id


class ApiKeyAuthentication(BaseAuthentication):
    """Make the caller `request.auth`. No credential is no caller; a bad one is a 401."""

    def authenticate(self, request: Request) -> tuple[CallerUser, Caller] | None:
        try:
            caller = identify(request._request)  # noqa: SLF001  (Django's own request)
        except BadCredential as error:
            raise AuthenticationFailed from error
        return None if caller is None else (CallerUser(caller), caller)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def identify(request: HttpRequest) -> Caller | None:
    """Return the caller of `request`, found once: the rate limiter usually did it before.

    Raises BadCredential, Unavailable.
    """
    if not hasattr(request, "caller"):
        text = credential_of(request)
        remember(request, None if text is None else caller_for(text))
    if getattr(request, "credential_is_bad", False):
        raise BadCredential
    caller: Caller | None = request.caller  # type: ignore[attr-defined]
    return caller


def remember(request: HttpRequest, caller: Caller | None, *, is_bad: bool = False) -> None:
    """Write on `request` who is asking."""
    request.caller = caller  # type: ignore[attr-defined]
    request.credential_is_bad = is_bad  # type: ignore[attr-defined]


def caller_for(text: str, *, generation: bytes | None = None) -> Caller:
    """Return who stands behind a key, from this process' memory or the database.

    Raises BadCredential when it is unknown, expired or revoked, or its organization closed.
    """
    digest = known_keys.digest_of(text)
    known = known_keys.recall(digest)
    if known is None or not known.is_good(generation):
        known = known_keys.look_up(digest, generation=generation)
    if known is None:
        raise BadCredential
    return known.caller


def credential_of(request: HttpRequest) -> str | None:
    """Return the key in the headers; never one in the address, which is logged on its way.

    Raises BadCredential for two different keys and for what cannot be a key. Another scheme
    than Bearer is none of ours, and therefore no credential.
    """
    scheme, _, bearer = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    given = [request.META.get("HTTP_X_API_KEY")]
    if scheme.lower() == "bearer":
        given.append(bearer)
    keys = {text.strip() for text in given if text is not None}
    if not keys:
        return None
    key = keys.pop()
    if keys or not 0 < len(key) <= LONGEST_KEY or not key.isascii() or " " in key:
        raise BadCredential
    return key
