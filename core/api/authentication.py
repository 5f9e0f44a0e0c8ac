"""Who is asking? The caller behind `Authorization: Bearer <key>` or `X-API-Key: <key>`.

A person who signed in sends an access token as Bearer, and names the organization they work in
as `X-Organization: <slug>` when they have several.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from core import known_keys, known_people
from core.access import Caller, Person
from core.errors import Forbidden, Unavailable
from core.known_keys import Known
from core.services.exposure import note_exposed
from core.tokens import looks_like_token

if TYPE_CHECKING:  # settings name this module, so it may not import DRF's views when it loads
    from uuid import UUID

    from rest_framework.request import Request

    from core.errors import DomainError

CHALLENGE = 'Bearer realm="Holdfast"'
LONGEST_KEY = 256  # characters; nothing longer is worth a digest
LONGEST_TOKEN = 1024
# A name that says key, a key of ours, an access token.
IN_THE_ADDRESS = re.compile(
    r"(?:^|&)(?:(?:x[-_])?api[-_]?key|access[-_]?token|authorization)="
    r"|[sp]k_[0-9a-f]{8}_[0-9a-f]{8}|eyJ[\w-]{8,}\.",
    re.IGNORECASE,
)
NAME_OF_ONE = re.compile(r"(?:x[-_])?api[-_]?key|access[-_]?token|authorization", re.IGNORECASE)
KEY_OR_TOKEN = re.compile(r"[sp]k_[0-9a-f]{8}_[0-9a-f]{64}|eyJ[\w-]+\.[\w-]+\.[\w-]+")
MOST_IN_AN_ADDRESS = 3  # are looked up


class BadCredential(Exception):
    """A credential was given and is none: 401, whatever was asked for."""


class OriginNotAllowed(Forbidden):
    """A publishable key is bound to websites, and none of them sent this."""

    message = "This key is good on certain websites alone, and none of them sent this."


class Credential(NamedTuple):
    """A key or an access token, and the organization that the request names beside it."""

    text: str
    organization: str = ""

    @property
    def digest(self) -> bytes:
        """Return what it is remembered by: a person is another caller in each organization."""
        if not looks_like_token(self.text):
            return known_keys.digest_of(self.text)
        return known_keys.digest_of(f"{self.text}\0{self.organization}")


@dataclass(frozen=True, slots=True)
class CallerUser:
    """What REST framework and the logs take for a user: an id, and that it is somebody."""

    caller: Caller | Person
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False

    @property
    def pk(self) -> UUID | None:
        return self.caller.id


class ApiKeyAuthentication(BaseAuthentication):
    """Make the caller `request.auth`. No credential is no caller; a bad one is a 401."""

    def authenticate(self, request: Request) -> tuple[CallerUser, Any] | None:
        try:
            caller = identify(request._request)  # noqa: SLF001  (Django's own request)
        except BadCredential as error:
            raise AuthenticationFailed from error
        return None if caller is None else (CallerUser(caller), caller)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PersonAuthentication(ApiKeyAuthentication):
    """Make the person `request.auth`, whichever organization they work in; a key stays a key."""

    def authenticate(self, request: Request) -> tuple[CallerUser, Any] | None:
        try:
            who = identify_person(request._request)  # noqa: SLF001  (Django's own request)
        except BadCredential as error:
            raise AuthenticationFailed from error
        return None if who is None else (CallerUser(who), who)


def identify(request: HttpRequest) -> Caller | None:
    """Return the caller of `request`, found once: the rate limiter usually did it before.

    Raises BadCredential, Unavailable, and for a person who is in no organization here
    OrganizationNotNamed or NotAMember.
    """
    _look(request)
    problem: type[DomainError] | None = getattr(request, "problem", None)
    if problem is not None:
        raise problem
    caller: Caller | None = request.caller  # type: ignore[attr-defined]
    return caller


def identify_person(request: HttpRequest) -> Person | Caller | None:
    """Return the person who signed in, else the caller behind a key, else None.

    Raises BadCredential, Unavailable.
    """
    _look(request)
    person: Person | None = getattr(request, "person", None)
    return person or request.caller  # type: ignore[attr-defined]


def _look(request: HttpRequest) -> None:
    if not hasattr(request, "caller"):
        credential = credential_of(request)
        if credential is None:
            remember(request, None)
        else:
            remember_known(request, known_for(credential))
    if getattr(request, "credential_is_bad", False):
        raise BadCredential


def remember(request: HttpRequest, caller: Caller | None, *, is_bad: bool = False) -> None:
    """Write on `request` who is asking."""
    request.caller = caller  # type: ignore[attr-defined]
    request.credential_is_bad = is_bad  # type: ignore[attr-defined]


def remember_known(request: HttpRequest, known: Known) -> None:
    """Write on `request` whose credential it carries."""
    remember(request, known.caller)
    request.person = known.person  # type: ignore[attr-defined]
    is_allowed = known.is_good_from(request.META.get("HTTP_ORIGIN"))
    request.problem = known.problem if is_allowed else OriginNotAllowed  # type: ignore[attr-defined]


def caller_for(text: str, *, generation: bytes | None = None) -> Caller:
    """Return who stands behind a key. Raises BadCredential, Unavailable."""
    caller = known_for(Credential(text), generation=generation).caller
    if caller is None:
        raise BadCredential
    return caller


def known_for(credential: Credential, *, generation: bytes | None = None) -> Known:
    """Return who stands behind a credential, from this process' memory or the database.

    Raises BadCredential when it is unknown, expired or revoked, or its organization closed.
    """
    digest = credential.digest
    known = known_keys.recall(digest)
    if known is not None and known.is_good(generation):
        return known
    if looks_like_token(credential.text):
        known = known_people.look_up(*credential, digest=digest, generation=generation)
    else:
        known = known_keys.look_up(digest, generation=generation)
    if known is None:
        raise BadCredential
    return known


def is_key_in(query: str) -> bool:
    """Say whether a query string, as it was sent, holds what belongs in a header."""
    return IN_THE_ADDRESS.search(unquote(query)) is not None


def note_key_in(query: str) -> None:
    """Write down of each good key or access token in a query string that it was exposed.

    Whoever asked is refused in any case, so what cannot be looked up now is passed over.
    """
    named = [
        value.removeprefix("Bearer ").strip()
        for name, value in parse_qsl(query)
        if NAME_OF_ONE.fullmatch(name)
    ]
    found = dict.fromkeys([*named, *KEY_OR_TOKEN.findall(unquote(query))])
    for text in [text for text in found if _can_be_one(text)][:MOST_IN_AN_ADDRESS]:
        with suppress(BadCredential, Unavailable):
            note_exposed(known_for(Credential(text)))


def credential_of(request: HttpRequest) -> Credential | None:
    """Return what is in the headers; never what is in the address, which is logged on its way.

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
    if keys or not _can_be_one(key):
        raise BadCredential
    return Credential(key, request.META.get("HTTP_X_ORGANIZATION", "").strip())


def _can_be_one(text: str) -> bool:
    longest = LONGEST_TOKEN if looks_like_token(text) else LONGEST_KEY
    return 0 < len(text) <= longest and text.isascii() and " " not in text
