"""Asking a colleague to work here: invited by mail, invited again, revoked, accepted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from core import events, known_keys
from core.access import Caller, CallerKind, Role
from core.db import in_one_transaction, violation_of
from core.errors import Conflict, NotFound
from core.models import Invitation, Membership, Organization, User
from core.services.limiting import UNLIMITED, Limit, checked_limit, limit_of
from core.services.membership import (
    MemberAlready,
    check_email,
    check_may_give,
    check_password,
    checked_grants,
)

LASTS = timedelta(days=7)
# However often somebody presses the button, the mailbox is not flooded.
BETWEEN_TWO_MAILS = timedelta(minutes=5)


class InvitedAlready(Conflict):
    reason = "INVITED_ALREADY"
    message = "This person is invited already."


class InvitationOver(Conflict):
    reason = "INVITATION_OVER"
    message = "This invitation was used, replaced or revoked, or its time is over."


class InvitedJustNow(Conflict):
    reason = "INVITED_JUST_NOW"
    message = "This invitation was sent less than five minutes ago. Give the mail time to arrive."


class SignInFirst(Conflict):
    reason = "SIGN_IN_FIRST"
    message = "Somebody signs in with this address already. They accept while they are signed in."


class NotInvited(Conflict):
    reason = "NOT_INVITED"
    message = "This invitation is for another address."


@in_one_transaction
def invite(
    *,
    organization: Organization,
    email: str,
    role: Role,
    grants: Iterable[str] = (),
    limit: Limit = UNLIMITED,
    caller: Caller,
) -> Invitation:
    """Ask somebody by e-mail to work here. The link is good for LASTS, once.

    Records invitation.created, from which the mail follows. Raises Forbidden, NotYoursToGive,
    MemberAlready, InvitedAlready, Invalid for an address or a grant that is none, and what
    checked_limit raises.
    """
    caller.require("members:write")
    email, grants = email.strip(), checked_grants(grants)
    check_email(email)
    check_may_give(caller, role, grants)
    limit = checked_limit(limit, role=role, grants=grants, organization_id=organization.pk)
    members = Membership.objects.for_organization(organization.pk)
    if members.filter(user__email__iexact=email).exists():
        raise MemberAlready
    now = timezone.now()
    earlier = Invitation.objects.for_organization(organization.pk).filter(email__iexact=email)
    # One whose time is over does not stand in the way of the next.
    earlier.filter(accepted_at=None, revoked_at=None, expires_at__lte=now).update(revoked_at=now)
    invitation = Invitation(
        organization=organization,
        email=email,
        role=role,
        grants=grants,
        invited_by_id=caller.id if caller.kind == CallerKind.USER else None,
        expires_at=now + LASTS,
        **limit.columns,
    )
    with violation_of("invitation_is_one_at_a_time", becomes=InvitedAlready):
        invitation.save(force_insert=True)
    facts = {"role": role, "grants": grants, **limit.columns}
    events.record("invitation.created", invitation, caller=caller, **facts)
    return invitation


@in_one_transaction
def invite_again(invitation: Invitation, *, caller: Caller) -> Invitation:
    """Send a new link, good for LASTS from now; the one that was sent before opens nothing.

    Records invitation.sent_again. Raises Forbidden, NotYoursToGive, InvitationOver, and
    InvitedJustNow until BETWEEN_TWO_MAILS have passed since the mail before.
    """
    caller.require("members:write")
    invitation = _locked(invitation)
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise InvitationOver
    check_may_give(caller, Role(invitation.role), invitation.grants)
    now = timezone.now()
    if now - _sent_at(invitation) < BETWEEN_TWO_MAILS:
        raise InvitedJustNow
    invitation.generation += 1
    invitation.expires_at = now + LASTS
    invitation.save(update_fields=["generation", "expires_at", "updated_at"])
    events.record("invitation.sent_again", invitation, caller=caller)
    return invitation


@in_one_transaction
def revoke_invitation(invitation: Invitation, *, caller: Caller) -> Invitation:
    """Let nobody in by this invitation. Revoking it again changes nothing.

    Records invitation.revoked. Raises Forbidden, and InvitationOver when it was accepted first.
    """
    caller.require("members:write")
    invitation = _locked(invitation)
    if invitation.accepted_at is not None:
        raise InvitationOver
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at", "updated_at"])
        events.record("invitation.revoked", invitation, caller=caller)
    return invitation


@in_one_transaction
def accept_as_somebody_new(invitation: Invitation, *, name: str, password: str) -> Membership:
    """Make the account of whoever was invited, and let them work here.

    `invitation` is as the link was checked against it. Records membership.created. Raises
    InvitationOver, SignInFirst, and Invalid for a password that is not good enough.
    """
    opened = _opened(invitation)
    if account_of(opened) is not None:
        raise SignInFirst
    user = User(email=opened.email, name=name.strip())
    check_password(password, user)
    user.set_password(password)
    with violation_of("user_email_is_unique", becomes=SignInFirst):
        user.save(force_insert=True)
    return _accept(opened, user)


@in_one_transaction
def accept_as_user(invitation: Invitation, user: User) -> Membership:
    """Let somebody work here who is signed in with the address that was invited.

    Records membership.created. Raises InvitationOver, NotInvited, MemberAlready.
    """
    opened = _opened(invitation)
    if user.email.casefold() != opened.email.casefold():
        raise NotInvited
    return _accept(opened, user)


def account_of(invitation: Invitation) -> User | None:
    """Return who signs in with the invited address already."""
    return User.objects.filter(email__iexact=invitation.email).first()


def is_open(invitation: Invitation) -> bool:
    """Say whether it still can be accepted."""
    ended = invitation.accepted_at or invitation.revoked_at
    return ended is None and invitation.expires_at > timezone.now()


def _sent_at(invitation: Invitation) -> datetime:
    """Return when its mail of now was asked for: it lasts from then on."""
    return invitation.expires_at - LASTS


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update().filter(pk=invitation.pk)
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def _opened(invitation: Invitation) -> Invitation:
    """Lock it, and see that it still is what the link opened."""
    found = _locked(invitation)
    if not is_open(found) or found.generation != invitation.generation:
        raise InvitationOver
    return found


def _accept(invitation: Invitation, user: User) -> Membership:
    membership = Membership(
        organization_id=invitation.organization_id,
        user=user,
        role=invitation.role,
        grants=invitation.grants,
        **limit_of(invitation).columns,
    )
    with violation_of("membership_is_unique", becomes=MemberAlready):
        membership.save(force_insert=True)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by", "updated_at"])
    events.record(
        "membership.created",
        membership,
        caller=Caller(CallerKind.USER, invitation.organization_id, id=user.pk),
        user_id=user.pk,
        role=invitation.role,
        grants=invitation.grants,
        **limit_of(invitation).columns,
        invitation_id=invitation.pk,
    )
    transaction.on_commit(known_keys.forget_everywhere)
    return membership
