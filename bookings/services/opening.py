"""Opening an organization so that it can be booked at once."""

from __future__ import annotations

from uuid import UUID

from bookings.services.catalog import add_service, add_staff_member
from core.db import in_one_transaction
from core.models import Organization
from core.services.organization import administrator, create_organization


@in_one_transaction
def open_for_business(
    *, slug: str, name: str, timezone: str, by: UUID | None = None, **settings: str
) -> Organization:
    """Make an organization, one member of staff and one service, all or nothing.

    `by` is the user who administers the installation; without one it is a command. `settings`
    are further columns. Raises Invalid, SlugTaken.
    """
    organization = create_organization(slug=slug, name=name, timezone=timezone, by=by, **settings)
    caller = administrator(organization, by)
    member = add_staff_member(organization=organization, name=name, caller=caller)
    add_service(
        organization=organization,
        name="Appointment",
        slug="appointment",
        is_default=True,
        resources=[member],
        caller=caller,
    )
    return organization
