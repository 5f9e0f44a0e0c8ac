"""Limiting somebody to their own resources: what goes together, and what does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.access import LIMITABLE, NEVER_LIMITED, Role
from core.errors import Invalid, NotFound
from core.models import Invitation, Membership
from core.own_resources import unknown_among


@dataclass(frozen=True)
class Limit:
    """Whether somebody sees what belongs to `resource_ids` alone (`only_own`), or everything."""

    only_own: bool = False
    resource_ids: list[UUID] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, Any]:
        """Return it as a membership and an invitation keep it, and events tell it."""
        return {"only_own_resources": self.only_own, "own_resource_ids": self.resource_ids}


UNLIMITED = Limit()


def limit_of(row: Membership | Invitation) -> Limit:
    return Limit(row.only_own_resources, row.own_resource_ids)


def checked_limit(
    limit: Limit, *, role: Role, grants: Iterable[str] = (), organization_id: UUID
) -> Limit:
    """Return a limit whose resources are sorted and once each.

    Raises Invalid for a role or a grant that cannot be limited, for a limit without a resource,
    and for resources without a limit; NotFound for what is no resource of the organization.
    """
    resource_ids = sorted(set(limit.resource_ids))
    if not limit.only_own:
        if resource_ids:
            raise Invalid.at("resourceIds", "These are for somebody who is limited to them.")
        return UNLIMITED
    if role not in LIMITABLE:
        raise Invalid.at("onlyOwnResources", "Only staff and viewers can be limited.")
    if NEVER_LIMITED.intersection(grants):
        raise Invalid.at("grants", "Backups hold everything, so they go with no limit.")
    if not resource_ids:
        raise Invalid.at("resourceIds", "Choose at least one resource.")
    if unknown_among(resource_ids, organization_id):
        raise NotFound(fields={"resourceIds": ["There is nothing with this id."]})
    return Limit(only_own=True, resource_ids=resource_ids)
