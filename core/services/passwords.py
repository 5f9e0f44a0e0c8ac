"""Changing one's password, and setting a new one that was forgotten."""

from __future__ import annotations

from uuid import UUID

from core.db import in_one_transaction
from core.errors import Invalid
from core.models import SignInSession, User
from core.services import guarding
from core.services.membership import check_password as check_good_enough
from core.services.person_events import record_for_person
from core.services.sessions import end_other_sessions
from core.services.sign_in import is_right, note_failure

WRONG = "This is not your password."


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
def _set(user: User, new_password: str, *, keep: UUID | None, name: str) -> None:
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(new_password)
    user.save(update_fields=["password", "updated_at"])
    reason = SignInSession.EndReason.PASSWORD
    end_other_sessions(user, keep=keep, by=user.pk, reason=reason)
    record_for_person(user, name, by=user.pk)
