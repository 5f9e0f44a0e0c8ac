"""What can be booked."""

from uuid import UUID

from bookings.models import Service
from core.errors import NotFound


def default_service(organization_id: UUID) -> Service:
    """Return what is booked when nobody names a service. Raises NotFound without one."""
    active = Service.objects.for_organization(organization_id).filter(is_active=True)
    service = active.select_related("organization").order_by("-is_default", "name", "id").first()
    if service is None:
        raise NotFound("This organization has no service that can be booked.")
    return service
