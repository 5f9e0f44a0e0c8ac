"""What somebody may do in an organization: asked by the console and by the API alike."""

from __future__ import annotations

from core.access import Caller, CallerKind, Role, scopes_of
from core.models import Membership


def caller_of(membership: Membership) -> Caller:
    """Return who acts when this member does: the scopes of their role and their grants."""
    return Caller(
        CallerKind.USER,
        membership.organization_id,
        id=membership.user_id,
        scopes=scopes_of(Role(membership.role), membership.grants),
    )
