"""The places where somebody is signed in: which they are, ending one, or all others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core import known_keys
from core.db import in_one_transaction
from core.errors import NotFound
from core.models import RefreshToken, SignInSession, User
from core.services.person_events import By, record_for_person
from core.tokens import refresh_digest

EndReason = SignInSession.EndReason
# For who looks into what happened.
KEPT_AFTER_THE_END = timedelta(days=90)


def open_sessions_of(user_id: UUID) -> QuerySet[SignInSession]:
    """Return where somebody is signed in now, used last first."""
    return SignInSession.objects.filter(
        user=user_id, revoked_at=None, ends_at__gt=timezone.now()
    ).order_by("-last_used_at", "-id")


@in_one_transaction
def end_session(
    session_id: UUID, *, user_id: UUID, by: UUID, reason: EndReason = EndReason.REVOKED
) -> None:
    """End one session of somebody's, at once in every process. Records sign_in.ended.

    Ending it again changes nothing. Raises NotFound for a session that is not theirs.
    """
    rows = SignInSession.objects.filter(pk=session_id, user=user_id)
    session = rows.select_for_update(of=["self"]).select_related("user").first()
    if session is None:
        raise NotFound
    if session.revoked_at is None:
        end(session, reason)
        record_ended(session.user, [session], by=by, reason=reason)


@in_one_transaction
def sign_out(refresh_token: str) -> None:
    """End the session of a refresh token. One that is good for nothing is none to end."""
    tokens = RefreshToken.objects.filter(digest=refresh_digest(refresh_token))
    found = tokens.values_list("session_id", "session__user_id").first()
    if found is not None:
        end_session(found[0], user_id=found[1], by=found[1], reason=EndReason.SIGNED_OUT)


@in_one_transaction
def end_other_sessions(
    user: User,
    *,
    keep: UUID | None = None,
    by: By,
    reason: EndReason = EndReason.REVOKED,
) -> int:
    """End all sessions of somebody's but `keep`; return how many. Records sign_in.ended of each."""
    rows = open_sessions_of(user.pk).order_by("pk")
    rows = rows if keep is None else rows.exclude(pk=keep)
    sessions = list(rows.select_for_update(of=["self"]))
    for session in sessions:
        end(session, reason)
    record_ended(user, sessions, by=by, reason=reason)
    return len(sessions)


def end(session: SignInSession, reason: EndReason) -> None:
    """Write on a locked session that it is over. Whoever calls this records why."""
    session.revoked_at = timezone.now()
    session.end_reason = reason
    session.save(update_fields=["revoked_at", "end_reason", "updated_at"])
    transaction.on_commit(known_keys.forget_everywhere)


def record_ended(
    user: User,
    sessions: Iterable[SignInSession],
    *,
    by: By,
    reason: EndReason,
) -> None:
    for session in sessions:
        record_for_person(
            user, "sign_in.ended", by=by, session_id=session.pk, kind=session.kind, reason=reason
        )


def forget_old_sessions() -> None:
    """Delete tokens that have expired, and sessions a while after they were over."""
    now = timezone.now()
    RefreshToken.objects.filter(expires_at__lt=now).delete()
    over = Q(ends_at__lt=now - KEPT_AFTER_THE_END) | Q(revoked_at__lt=now - KEPT_AFTER_THE_END)
    SignInSession.objects.filter(over).delete()
