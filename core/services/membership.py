"""Who works for an organization, and in which role."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from core import events, known_keys
from core.access import GRANTS, Caller, Role, scopes_of
from core.db import in_one_transaction, violation_of
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.models import Membership, Organization, SignInSession, User
from core.services.limiting import UNLIMITED, Limit, checked_limit, limit_of
from core.services.sessions import end_other_sessions


class MemberAlready(Conflict):
    reason = "MEMBER_ALREADY"
    message = "This person is a member already."


class LastOwner(Conflict):
    reason = "LAST_OWNER"
    message = "An organization keeps at least one owner."


class NotYoursToGive(Forbidden):
    """Nobody gives, or takes away, what they do not have themselves."""

    reason = "NOT_YOURS_TO_GIVE"
    message = "You cannot give, or take away, what you may not do yourself."


class NotOnlyYours(Conflict):
    reason = "NOT_ONLY_YOURS"
    message = "This person also works elsewhere, so only they can change their password."


@in_one_transaction
def add_member(
    *,
    organization: Organization,
    email: str,
    name: str,
    role: Role,
    password: str,
    limit: Limit = UNLIMITED,
    caller: Caller,
) -> Membership:
    """Let somebody work here. Who signs in with this address already keeps name and password.

    Records membership.created. Raises Forbidden, NotYoursToGive, MemberAlready, Invalid for an
    address that is none, and for somebody new without a password that is good enough; and what
    checked_limit raises.
    """
    caller.require("members:write")
    check_may_give(caller, role)
    limit = checked_limit(limit, role=role, organization_id=organization.pk)
    email = email.strip()
    check_email(email)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User(email=email, name=name.strip())
        check_password(password, user)
        user.set_password(password)
        user.save(force_insert=True)
    membership = Membership(organization=organization, user=user, role=role, **limit.columns)
    with violation_of("membership_is_unique", becomes=MemberAlready):
        membership.save(force_insert=True)
    events.record(
        "membership.created", membership, caller=caller, user_id=user.pk, role=role, **limit.columns
    )
    return membership


@in_one_transaction
def change_member(
    membership: Membership,
    *,
    caller: Caller,
    role: Role,
    grants: Iterable[str] = (),
    limit: Limit = UNLIMITED,
) -> Membership:
    """Give a member a role, with grants on top of it, and limit them to their own resources or to
    nothing. Counts from their next request on.

    Records membership.updated. Raises LastOwner, NotYoursToGive, Forbidden, Invalid for what is no
    grant, and what checked_limit raises.
    """
    membership = _locked(membership, caller)
    grants = checked_grants(grants)
    limit = checked_limit(
        limit, role=role, grants=grants, organization_id=membership.organization_id
    )
    before = limit_of(membership)
    was = {"was": membership.role, "was_granted": membership.grants, "was_own": before.resource_ids}
    if (membership.role, membership.grants, before) == (role, grants, limit):
        return membership
    check_may_give(caller, Role(membership.role), membership.grants)
    check_may_give(caller, role, grants)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(membership)
    membership.role, membership.grants = role, grants
    membership.only_own_resources = limit.only_own
    membership.own_resource_ids = limit.resource_ids
    membership.save(update_fields=["role", "grants", *limit.columns, "updated_at"])
    events.record(
        "membership.updated",
        membership,
        caller=caller,
        user_id=membership.user_id,
        role=role,
        grants=grants,
        **limit.columns,
        **was,
    )
    transaction.on_commit(known_keys.forget_everywhere)
    return membership


@in_one_transaction
def remove_member(membership: Membership, *, caller: Caller) -> None:
    """End somebody's work here; what they did stays. Records membership.removed.

    Raises LastOwner, NotYoursToGive, Forbidden.
    """
    membership = _locked(membership, caller)
    check_may_give(caller, Role(membership.role), membership.grants)
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    events.record(
        "membership.removed",
        membership,
        caller=caller,
        user_id=membership.user_id,
        role=membership.role,
    )
    membership.delete()
    transaction.on_commit(known_keys.forget_everywhere)


@in_one_transaction
def set_password_of(membership: Membership, password: str, *, caller: Caller) -> None:
    """Give a member a new password, which signs them out everywhere.

    Only for who works nowhere else and does not administer the installation: an organization
    has no power over another's people. Records user.password_set. Raises NotOnlyYours,
    NotYoursToGive, Invalid.
    """
    user = lock_member_of_ours(membership, caller).user
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    end_other_sessions(user, by=caller, reason=SignInSession.EndReason.PASSWORD)
    event = events.build_for(membership.organization_id, "user.password_set", user, caller=caller)
    event.save(force_insert=True)
    events.relay_after_commit()


def lock_member_of_ours(membership: Membership, caller: Caller) -> Membership:
    """Return a member, locked, who works nowhere else and does not administer the installation.

    Raises NotOnlyYours, NotYoursToGive, Forbidden, NotFound.
    """
    membership = _locked(membership, caller)
    check_may_give(caller, Role(membership.role), membership.grants)
    if not is_of_ours(membership):
        raise NotOnlyYours
    return membership


def is_of_ours(membership: Membership) -> bool:
    """Say whether a member works nowhere else and does not administer the installation."""
    elsewhere = Membership.objects.filter(user=membership.user_id).exclude(pk=membership.pk)
    return not (membership.user.is_superuser or elsewhere.exists())


def check_may_give(caller: Caller, role: Role, grants: Iterable[str] = ()) -> None:
    """Raise NotYoursToGive when `role` and `grants` are more than what `caller` may do."""
    if not caller.may_give(scopes_of(role, grants)):
        raise NotYoursToGive


def checked_grants(grants: Iterable[str]) -> list[str]:
    """Return `grants` sorted and once each. Raises Invalid for one that cannot be granted."""
    wanted = sorted(set(grants))
    if unknown := [scope for scope in wanted if scope not in GRANTS]:
        raise Invalid.at("grants", f"{', '.join(unknown)} cannot be granted.")
    return wanted


def _locked(membership: Membership, caller: Caller) -> Membership:
    """Lock all members of the organization, so that two cannot take each other's owner."""
    caller.require("members:write")
    rows = Membership.objects.for_organization(membership.organization_id).order_by("pk")
    members = {row.pk: row for row in rows.select_for_update(of=["self"]).select_related("user")}
    if membership.pk not in members:
        raise NotFound
    return members[membership.pk]


def _keep_an_owner(leaving: Membership) -> None:
    owners = Membership.objects.for_organization(leaving.organization_id).filter(role=Role.OWNER)
    if not owners.exclude(pk=leaving.pk).exists():
        raise LastOwner


def check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid.at("email", "This is no e-mail address.") from error


def check_password(password: str, user: User, *, field: str = "password") -> None:
    """Raise Invalid at `field` unless `password` is good enough for `user`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={field: [str(message) for message in error.messages]}) from error
