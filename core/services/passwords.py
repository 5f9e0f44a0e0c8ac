"""Changing one's password, and setting a new one that was forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from core import events
from core.access import Caller, CallerKind
from core.db import in_one_transaction
from core.errors import Invalid, NotFound
from core.ids import uuid7
from core.models import Membership, Organization, PasswordReset, SignInSession, User
from core.services import guarding
from core.services.membership import check_password as check_good_enough
from core.services.person_events import kept_if, record_for_person
from core.services.sessions import end_other_sessions
from core.services.sign_in import is_right, note_failure

WRONG = "This is not your password."
RESET_LASTS = timedelta(hours=1)
# However often somebody asks in an address's name, its mailbox is not flooded.
MOST_RESETS_IN_AN_HOUR = 3


class ResetOver(NotFound):
    message = "This link was used, or its time is over."


def change_password(
    *, user: User, password: str, new_password: str, keep: UUID | None, network: str
) -> None:
    """Replace `password` by `new_password`, and end all of the person's sessions but `keep`.

    A wrong one counts as one at sign-in does. Records user.password_changed.
    Raises TooManyAttempts, and Invalid for a wrong password and for a new one that is too weak.
    """
    check_good_enough(new_password, user, field="newPassword")
    attempt = guarding.count_attempt(email=user.email, network=network)
    if not is_right(user, password):
        note_failure(user, attempt)
        raise Invalid.at("password", WRONG)
    guarding.take_back(attempt)
    _set(user, new_password, keep=keep, name="user.password_changed")


@in_one_transaction
def request_reset(email: str) -> None:
    """Send whoever signs in with this address a link, if somebody does who works somewhere.

    Somebody's mail is of the organization in which they have worked longest; that of who
    administers the installation and works in none, of the oldest. Without any organization
    nobody is sent one. Records password_reset.requested, from which the mail follows. Whoever
    asks must not learn whether there is such an account: for one that is not there, or that had
    MOST_RESETS_IN_AN_HOUR, the same is read, written and undone.
    """
    now = timezone.now()
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first() or User()
    theirs = Membership.objects.filter(user=user.pk, organization__is_active=True)
    theirs_id = (
        theirs.order_by("created_at", "id").values_list("organization_id", flat=True).first()
    )
    active = Organization.objects.filter(is_active=True).order_by("created_at", "id")
    oldest_id = active.values_list("id", flat=True).first()
    asked = PasswordReset.objects.filter(user=user.pk, created_at__gt=now - timedelta(hours=1))
    is_flooded = asked.count() >= MOST_RESETS_IN_AN_HOUR
    if oldest_id is None:
        return
    works_somewhere = theirs_id is not None or user.is_superuser
    is_granted = works_somewhere and not is_flooded
    with kept_if(is_granted):
        reset = PasswordReset(
            organization_id=theirs_id or oldest_id,
            user_id=user.pk if is_granted else uuid7(),
            expires_at=now + RESET_LASTS,
        )
        reset.save(force_insert=True)
        caller = Caller(CallerKind.USER, reset.organization_id, scopes=frozenset())
        events.build("password_reset.requested", reset, caller=caller, user_id=reset.user_id).save(
            force_insert=True
        )
    events.relay_after_commit()


def is_open(reset: PasswordReset) -> bool:
    """Say whether a link still sets a password."""
    return reset.used_at is None and reset.expires_at > timezone.now() and reset.user.is_active


@in_one_transaction
def reset_password(reset: PasswordReset, *, password: str) -> None:
    """Set a new password, which ends all sessions, every such link, and a wait for wrong ones.

    Of two who use a link at once one does. Records user.password_reset.
    Raises ResetOver, and Invalid for a password that is not good enough.
    """
    rows = PasswordReset.objects.select_for_update(of=["self"]).select_related("user")
    locked = rows.get(pk=reset.pk)
    if not is_open(locked):
        raise ResetOver
    check_good_enough(password, locked.user)
    _set(locked.user, password, keep=None, name="user.password_reset")
    guarding.unlock(index=guarding.index_of_account(locked.user.email))


@in_one_transaction
def _set(user: User, new_password: str, *, keep: UUID | None, name: str) -> None:
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(new_password)
    user.save(update_fields=["password", "updated_at"])
    now = timezone.now()
    PasswordReset.objects.filter(user=user, used_at=None).update(used_at=now, updated_at=now)
    reason = SignInSession.EndReason.PASSWORD
    end_other_sessions(user, keep=keep, by=user.pk, reason=reason)
    record_for_person(user, name, by=user.pk)
