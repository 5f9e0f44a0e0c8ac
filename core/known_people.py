"""Who stands behind an access token: as with keys, looked up once and remembered for seconds.

Whatever ends a session or changes what somebody may do changes the generation that
core.known_keys describes, so a token that was revoked is refused by every process at once.
"""

from __future__ import annotations

from time import monotonic

from django.utils import timezone

from core import known_keys, members
from core.access import Person
from core.db import retrying
from core.known_keys import REMEMBERED_FOR_SECONDS, Known
from core.models import SignInSession
from core.tokens import AccessToken, BadToken, read_access_token


def look_up(
    text: str, organization: str, *, digest: bytes, generation: bytes | None
) -> Known | None:
    """Ask the database about an access token, and remember a good one under `digest`.

    `organization` is the slug that the request names, or empty. None: the token is none, has
    expired, or its session is over. Raises Unavailable.
    """
    try:
        token = read_access_token(text)
    except BadToken:
        return None
    known = retrying(_find, token, organization, generation)
    if known is not None:
        known_keys.keep(digest, known)
    return known


def _find(token: AccessToken, organization: str, generation: bytes | None) -> Known | None:
    now = timezone.now()
    session = (
        SignInSession.objects.filter(
            pk=token.session_id,
            user=token.user_id,
            kind=SignInSession.Kind.API,
            revoked_at=None,
            ends_at__gt=now,
            user__is_active=True,
        )
        .values_list("user__is_superuser", "has_second_factor", "ends_at")
        .first()
    )
    if session is None:
        return None
    is_superuser, has_second_factor, ends_at = session
    caller, problem = members.caller_in(
        organization,
        user_id=token.user_id,
        is_superuser=is_superuser,
        has_second_factor=has_second_factor,
    )
    lasts = (min(token.expires_at, ends_at) - now).total_seconds()
    return Known(
        caller=caller,
        generation=generation,
        fresh_until=monotonic() + min(REMEMBERED_FOR_SECONDS, lasts),
        person=Person(token.user_id, token.session_id, has_second_factor=has_second_factor),
        problem=problem,
    )
