"""What an organization may do about how its people are signed in.

A session is a person's and not an organization's: it opens every organization that they work
in, and so does an account that is let in again. Therefore both are only for who works nowhere
else. Of anybody else the person ends their sessions, and whoever runs the installation does
(`manage.py end_sessions`, `unlock_sign_in`); the organization can remove them, which shuts them
out of it at once.
"""

from __future__ import annotations

from core.access import Caller
from core.db import in_one_transaction
from core.errors import Conflict
from core.models import Membership, User
from core.services import guarding
from core.services.membership import NotOnlyYours, lock_member_of_ours
from core.services.person_events import By, record_for_person
from core.services.sessions import end_other_sessions


class SignInNotOnlyYours(Conflict):
    reason = "SIGN_IN_NOT_ONLY_YOURS"
    message = "This person also works elsewhere, so how they sign in is not yours to change."


@in_one_transaction
def end_sessions_of(membership: Membership, *, caller: Caller) -> int:
    """Sign a member out everywhere, at once; return in how many places they were signed in.

    Records sign_in.ended of each. Raises SignInNotOnlyYours, NotYoursToGive, Forbidden, NotFound.
    """
    return end_other_sessions(_of_ours(membership, caller).user, by=caller)


@in_one_transaction
def unlock_member(membership: Membership, *, caller: Caller) -> bool:
    """Forget a member's wrong passwords, so that they are let in; say whether there were any.

    Those of the network that they came from still count. Records sign_in.unlocked. Raises
    SignInNotOnlyYours, NotYoursToGive, Forbidden, NotFound.
    """
    return unlock_account(_of_ours(membership, caller).user, by=caller)


@in_one_transaction
def unlock_account(user: User, *, by: By) -> bool:
    """Forget an account's wrong passwords; say whether there were any.

    Records sign_in.unlocked, for each of the person's organizations.
    """
    had_failures = guarding.unlock(index=guarding.index_of_account(user.email))
    if had_failures:
        record_for_person(user, "sign_in.unlocked", by=by)
    return had_failures


def _of_ours(membership: Membership, caller: Caller) -> Membership:
    try:
        return lock_member_of_ours(membership, caller)
    except NotOnlyYours as error:
        raise SignInNotOnlyYours from error
