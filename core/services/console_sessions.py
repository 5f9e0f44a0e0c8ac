"""Sessions of the console: listed beside those of the API, and ended like them, at once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from core import known_keys
from core.access import Person
from core.db import in_one_transaction, retrying
from core.known_keys import REMEMBERED_FOR_SECONDS, Known
from core.models import SignInSession, User
from core.services.person_events import record_for_person
from core.services.sign_in import Place

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def begin_console_session(user_id: UUID, *, key: str, place: Place) -> SignInSession:
    """Write down that somebody is signed in to the console, in the session with this key.

    Who signs in again without having signed out keeps the session, and its row.
    """
    now = timezone.now()
    session, _ = SignInSession.objects.update_or_create(
        console_digest=hashlib.sha256(key.encode()).digest(),
        defaults={
            "user_id": user_id,
            "kind": SignInSession.Kind.CONSOLE,
            "device": place.device,
            "network": place.network,
            "has_second_factor": False,
            "last_used_at": now,
            "ends_at": _end_after(now),
            "revoked_at": None,
            "end_reason": "",
        },
    )
    _keep(session.pk, user_id, known_keys.present_generation())
    return session


@in_one_transaction
def note_console_sign_in(user: User, session_id: UUID) -> None:
    """Record sign_in.succeeded."""
    kind = SignInSession.Kind.CONSOLE
    record_for_person(user, "sign_in.succeeded", by=user.pk, session_id=session_id, kind=kind)


def note_second_factor(session_id: UUID) -> None:
    """Write down that the second factor was proved in a session of the console."""
    SignInSession.objects.filter(pk=session_id).update(has_second_factor=True)


def is_live(session_id: UUID) -> bool:
    """Say whether a session of the console was not ended from elsewhere, and note its use.

    Asked with every page, so it is remembered as a key is: core.known_keys.
    """
    generation = known_keys.present_generation()
    known = known_keys.recall(_digest(session_id))
    if known is not None and known.is_good(generation):
        return True
    user_id = retrying(_find, session_id)
    if user_id is None:
        return False
    _keep(session_id, user_id, generation)
    return True


def _find(session_id: UUID) -> UUID | None:
    rows = SignInSession.objects.filter(
        pk=session_id, kind=SignInSession.Kind.CONSOLE, revoked_at=None
    )
    found = rows.values_list("user_id", "last_used_at").first()
    if found is None:
        return None
    user_id, last_used_at = found
    now = timezone.now()
    if last_used_at < now - USE_IS_NOTED_EVERY:
        rows.update(last_used_at=now)
    return UUID(str(user_id))


def _keep(session_id: UUID, user_id: UUID, generation: bytes | None) -> None:
    known = Known(
        caller=None,
        generation=generation,
        fresh_until=monotonic() + REMEMBERED_FOR_SECONDS,
        person=Person(user_id, session_id),
    )
    known_keys.keep(_digest(session_id), known)


def _digest(session_id: UUID) -> bytes:
    """Return what it is remembered by: no key and no token has this digest."""
    return known_keys.digest_of(f"console session\0{session_id}")


def _end_after(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
