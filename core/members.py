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


def memberships_of(user_id: UUID) -> TenantQuerySet[Membership]:
    """Return somebody's memberships of active organizations, by name."""
    theirs = Membership.objects.filter(user=user_id, organization__is_active=True)
    return theirs.select_related("organization").order_by("organization__name", "id")


def caller_of(membership: Membership) -> Caller:
    """Return who acts when this member does: the scopes of their role and their grants."""
    return Caller(
        CallerKind.USER,
        membership.organization_id,
        id=membership.user_id,
        scopes=scopes_of(Role(membership.role), membership.grants),
    )


def caller_in(
    slug: str, *, user_id: UUID, is_superuser: bool
) -> tuple[Caller | None, type[DomainError] | None]:
    """Return who acts in the organization that is named, else in the only one; or why nobody.

    The administrator of the installation (a superuser) may do everything in any.
    """
    theirs = memberships_of(user_id)
    if slug:
        theirs = theirs.filter(organization__slug=slug)
    found = list(theirs[:2])
    if is_superuser:
        return _administrator(slug, user_id, [one.organization for one in found])
    if len(found) == 1:
        return caller_of(found[0]), None
    return None, OrganizationNotNamed if found else NotAMember


def _administrator(
    slug: str, user_id: UUID, theirs: list[Organization]
) -> tuple[Caller | None, type[DomainError] | None]:
    if not theirs:
        active = Organization.objects.filter(is_active=True)
        theirs = list((active.filter(slug=slug) if slug else active)[:2])
    if len(theirs) == 1:
        return Caller(CallerKind.USER, theirs[0].pk, id=user_id, scopes=EVERYTHING), None
    return None, OrganizationNotNamed if theirs else NotAMember
