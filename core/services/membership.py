"""Who works for an organization, and in which role."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core import events
from core.access import Caller, Role
from core.db import in_one_transaction, violation_of
from core.errors import Conflict, Invalid, NotFound
from core.models import Membership, Organization, User


class MemberAlready(Conflict):
    reason = "MEMBER_ALREADY"
    message = "This person is a member already."


class LastOwner(Conflict):
    reason = "LAST_OWNER"
    message = "An organization keeps at least one owner."


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
    caller: Caller,
) -> Membership:
    """Let somebody work here. Who signs in with this address already keeps name and password.

    Records membership.created. Raises Forbidden, MemberAlready, Invalid for an address that is
    none, and for somebody new without a password that is good enough.
    """
    caller.require("members:write")
    email = email.strip()
    _check_email(email)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User(email=email, name=name.strip())
        _check_password(password, user)
        user.set_password(password)
        user.save(force_insert=True)
    membership = Membership(organization=organization, user=user, role=role)
    with violation_of("membership_is_unique", becomes=MemberAlready):
        membership.save(force_insert=True)
    events.record("membership.created", membership, caller=caller, user_id=user.pk, role=role)
    return membership


@in_one_transaction
def change_role(membership: Membership, role: Role, *, caller: Caller) -> Membership:
    """Give a member another role. Records membership.updated. Raises LastOwner, Forbidden."""
    membership = _locked(membership, caller)
    was = membership.role
    if was == role:
        return membership
    if was == Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role", "updated_at"])
    events.record(
        "membership.updated",
        membership,
        caller=caller,
        user_id=membership.user_id,
        was=was,
        role=role,
    )
    return membership


@in_one_transaction
def remove_member(membership: Membership, *, caller: Caller) -> None:
    """End somebody's work here; what they did stays. Records membership.removed.

    Raises LastOwner, Forbidden.
    """
    membership = _locked(membership, caller)
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


@in_one_transaction
def set_password_of(membership: Membership, password: str, *, caller: Caller) -> None:
    """Give a member a new password, which signs them out everywhere.

    Only for who works nowhere else and does not administer the installation: an organization
    has no power over another's people. Records user.password_set. Raises NotOnlyYours, Invalid.
    """
    membership = _locked(membership, caller)
    user = membership.user
    elsewhere = Membership.objects.filter(user=user).exclude(pk=membership.pk).exists()
    if user.is_superuser or elsewhere:
        raise NotOnlyYours
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    event = events.build_for(membership.organization_id, "user.password_set", user, caller=caller)
    event.save(force_insert=True)
    events.relay_after_commit()


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


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid.at("email", "This is no e-mail address.") from error


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": [str(message) for message in error.messages]}) from error
