"""Two who work in one organization, each with a world of their own."""

from __future__ import annotations

from core.access import Role
from core.models import Membership, Organization
from tests.factories import MembershipFactory
from tests.house.worlds import World

# Beyond what staff may: whatever they could do with more, they can do it to their own alone.
GRANTS = ["bookings:overbook", "exports:read"]
LESSON = {"date": "2026-11-27T10:00:00+01:00", "durationMinutes": 60}


def a_colleague(word: str, organization: Organization) -> World:
    """Return the world of one resource. Its student has booked, and all of it can be told apart."""
    world = World(organization, word=word)
    student = {"courseId": world.ids["course"], "studentId": world.ids["customer"]}
    made = world.desk.post("/api/bookings/individual", {**student, **LESSON})
    assert made.status_code == 201, made.content
    world.secrets = world.secrets - {str(organization.pk)}  # what is there by now is theirs
    return world


def limited_to(world: World) -> Membership:
    """Return a member of staff who sees one world alone."""
    return MembershipFactory(
        organization=world.organization,
        role=Role.STAFF,
        grants=GRANTS,
        only_own_resources=True,
        own_resource_ids=[world.ids["resource"]],
    )
