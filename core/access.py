"""Who is asking, and what they may do: one table from role to scopes, one object per caller.

A scope is `noun:verb`. `*` is every scope of one's own organization.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.errors import Forbidden, NotFound


class CallerKind(StrEnum):
    USER = "user"
    KEY = "key"
    CUSTOMER = "customer"
    CLOCK = "clock"
    COMMAND = "command"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    STAFF = "staff"
    VIEWER = "viewer"


EVERYTHING = frozenset({"*"})

SCOPES = {
    "bookings:read": "Read bookings and the people in them",
    "bookings:write": "Book, change and cancel",
    "bookings:create": "Book, without reading anybody's bookings",
    "bookings:overbook": "Book what is not on offer, with a reason",
    "holds:write": "Keep a time for a few minutes",
    "catalog:read": "Read services, resources and free times",
    "catalog:write": "Change services and resources",
    "schedules:read": "Read opening hours and who is off when",
    "schedules:write": "Change opening hours, dates and time off",
    "customers:read": "Read customers",
    "customers:write": "Change customers",
    "customers:erase": "Erase customers for good",
    "deliveries:read": "See messages and how they ended",
    "deliveries:write": "Send messages again",
    "reminders:read": "See who is reminded when",
    "reminders:write": "Change who is reminded when",
    "waitlist:read": "Read who waits for a time",
    "waitlist:write": "Join the waitlist, and leave it",
    "sessions:write": "Lay out, change and cancel group sessions",
    "bundles:read": "Read what customers have paid for in advance",
    "bundles:write": "Sell bundles",
    "bundles:adjust": "Correct the sessions left of a bundle, with a reason",
    "keys:read": "See API keys",
    "keys:write": "Make and revoke API keys",
    "members:read": "See who works here, and who is invited",
    "members:write": "Invite people, change what they may do, remove them",
    "organization:read": "See the organization's settings",
    "organization:write": "Change the organization's settings",
    "events:read": "Read the audit trail",
    "exports:read": "Export lists of people",
    "backup:create": "Make backups",
    "backup:restore": "Restore a backup",
    "backup:delete": "Delete backups",
    "system:status": "Read health in detail and metrics",
}

_READ = frozenset(
    {
        "bookings:read",
        "bundles:read",
        "catalog:read",
        "customers:read",
        "deliveries:read",
        "reminders:read",
        "schedules:read",
        "waitlist:read",
    }
)
_DESK = _READ | {
    "bookings:write",
    "bookings:create",
    "holds:write",
    "waitlist:write",
    "bundles:write",
    "customers:write",
    "deliveries:write",
}

SCOPES_OF_ROLE: dict[Role, frozenset[str]] = {
    Role.OWNER: EVERYTHING,
    # Not "*": who makes an owner, or undoes what was saved, has to be one.
    Role.ADMIN: frozenset(SCOPES) - {"backup:restore", "backup:delete"},
    Role.MANAGER: _DESK
    | {
        "bookings:overbook",
        "bundles:adjust",
        "sessions:write",
        "catalog:write",
        "schedules:write",
        "reminders:write",
        "events:read",
        "exports:read",
    },
    Role.STAFF: _DESK | {"events:read"},
    Role.VIEWER: _READ,
}
# What a single member can get on top of their role.
GRANTS = (
    "bookings:overbook",
    "exports:read",
    "backup:create",
    "backup:restore",
    "backup:delete",
)
# Who can be limited to their own resources: all others look after the whole organization.
LIMITABLE = frozenset({Role.STAFF, Role.VIEWER})
# What cannot be granted to whoever is limited: a backup holds everybody's.
NEVER_LIMITED = frozenset({"backup:create", "backup:restore", "backup:delete"})
# Who may do the one may do the others too.
_IMPLIED = {"bookings:write": frozenset({"bookings:create", "holds:write", "waitlist:write"})}
# What may sit in a browser: no scope here reads a person.
PUBLISHABLE_SCOPES = frozenset({"catalog:read", "holds:write", "waitlist:write", "bookings:create"})


def scopes_of(role: Role, grants: Iterable[str] = ()) -> frozenset[str]:
    """Return what a member with `role` may do, with what was granted on top of it."""
    return SCOPES_OF_ROLE[role].union(scope for scope in grants if scope in GRANTS)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, whichever organization they work in. `id` is the user's."""

    id: UUID
    session_id: UUID
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever stands at a door. Written on every event; asked by every view.

    `only_resources` are the resources that a member is limited to; None is everything.
    """

    kind: CallerKind
    organization_id: UUID
    id: UUID | None = None
    scopes: frozenset[str] = EVERYTHING
    only_resources: frozenset[UUID] | None = None

    @property
    def is_limited(self) -> bool:
        return self.only_resources is not None

    def has(self, resource_id: UUID) -> bool:
        """Say whether a resource is the caller's own, which all are to whoever is not limited."""
        return self.only_resources is None or resource_id in self.only_resources

    def require_resources(self, resource_ids: Iterable[UUID]) -> None:
        """Raise NotFound for a resource that is not the caller's own."""
        if not all(self.has(resource_id) for resource_id in resource_ids):
            raise NotFound

    def require_whole_house(self) -> None:
        """Raise Forbidden for whoever is limited to their own resources."""
        if self.is_limited:
            raise Forbidden

    def may(self, scope: str) -> bool:
        if "*" in self.scopes or scope in self.scopes:
            return True
        return any(scope in _IMPLIED.get(held, ()) for held in self.scopes)

    def may_give(self, scopes: Iterable[str]) -> bool:
        """Say whether all of `scopes` are the caller's own: nobody gives what they do not have."""
        return all(self.may(scope) for scope in scopes)

    def require(self, scope: str) -> None:
        """Raise Forbidden without `scope`."""
        if not self.may(scope):
            raise Forbidden

    @classmethod
    def clock(cls, organization_id: UUID) -> "Caller":
        """Return who acts when time itself does: lapses, reminders, rescues."""
        return cls(CallerKind.CLOCK, organization_id)

    @classmethod
    def command(cls, organization_id: UUID) -> "Caller":
        return cls(CallerKind.COMMAND, organization_id)
