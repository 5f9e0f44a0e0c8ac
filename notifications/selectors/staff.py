"""Who works here, and where they read their mail."""

from uuid import UUID

from django.db.models import F

from core.models import User


def address_of_staff(resource_id: UUID) -> str:
    """Return the address of whoever a resource is, while they work for its organization."""
    working = User.objects.filter(
        is_active=True,
        resources=resource_id,
        memberships__organization=F("resources__organization"),
    )
    return working.values_list("email", flat=True).first() or ""
