"""What somebody may do in an organization: asked by the console and by the API alike."""

from __future__ import annotations

from uuid import UUID

from core.access import EVERYTHING, Caller, CallerKind, Role, scopes_of
from core.errors import DomainError, Forbidden, Invalid
from core.models import Membership, Organization, TenantQuerySet


class OrganizationNotNamed(Invalid):
    def __init__(self) -> None:
        sentence = "Name one of your organizations by its slug."
        super().__init__(fields={"X-Organization": [sentence]})


class NotAMember(Forbidden):
    """The same words for an organization that is not there and for one of other people."""

    message = "You do not work in this organization."


class SecondFactorWanted(Forbidden):
    """The organization lets nobody work who did not prove a second factor when signing in."""

    reason = "OTP_NEEDED"
    message = (
        "This organization wants a second factor. Set one up at /api/auth/otp, or sign in with "
        "its code."
    )


def memberships_of(user_id: UUID) -> TenantQuerySet[Membership]:
    """Return somebody's memberships of active organizations, by name."""
    theirs = Membership.objects.filter(user=user_id, organization__is_active=True)
    return theirs.select_related("organization").order_by("organization__name", "id")


def caller_of(membership: Membership) -> Caller:
    """Return who acts when this member does: the scopes of their role and their grants,
    and the resources that they are limited to.
    """
    return Caller(
        CallerKind.USER,
        membership.organization_id,
        id=membership.user_id,
        scopes=scopes_of(Role(membership.role), membership.grants),
        only_resources=(
            frozenset(membership.own_resource_ids) if membership.only_own_resources else None
        ),
    )


def caller_in(
    slug: str, *, user_id: UUID, is_superuser: bool, has_second_factor: bool
) -> tuple[Caller | None, type[DomainError] | None]:
    """Return who acts in the organization that is named, else in the only one; or why nobody.

    The administrator of the installation (a superuser) may do everything in any.
    `has_second_factor` says that one was proved, which the organization may want of everybody.
    """
    theirs = memberships_of(user_id)
    if slug:
        theirs = theirs.filter(organization__slug=slug)
    found = list(theirs[:2])
    if is_superuser and not found:
        active = Organization.objects.filter(is_active=True)
        organizations = list((active.filter(slug=slug) if slug else active)[:2])
    else:
        organizations = [one.organization for one in found]
    if len(organizations) != 1:
        return None, OrganizationNotNamed if organizations else NotAMember
    if organizations[0].requires_second_factor and not has_second_factor:
        return None, SecondFactorWanted
    if is_superuser:
        return Caller(CallerKind.USER, organizations[0].pk, id=user_id, scopes=EVERYTHING), None
    return caller_of(found[0]), None
