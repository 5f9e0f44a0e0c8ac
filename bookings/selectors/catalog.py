"""What can be booked."""

from uuid import UUID

from bookings.models import Service
from core.errors import NotFound
from core.models import Organization

# Written by hand because every booking that names no service asks it.
DEFAULT_SERVICE = """
    SELECT service.*, organization.timezone AS organization_timezone,
           organization.currency AS organization_currency
    FROM bookings_service AS service
    JOIN core_organization AS organization ON organization.id = service.organization_id
    WHERE service.organization_id = %s AND service.is_active
    ORDER BY service.is_default DESC, service.name, service.id
    LIMIT 1
"""


def default_service(organization_id: UUID) -> Service:
    """Return what is booked when nobody names a service, its organization's zone and currency.

    Raises NotFound when the organization has no service that can be booked.
    """
    for service in Service.objects.raw(DEFAULT_SERVICE, [organization_id]):
        known = {
            "id": organization_id,
            "timezone": vars(service)["organization_timezone"],
            "currency": vars(service)["organization_currency"],
        }
        # The rest of the organization is read when somebody asks for it.
        service.organization = Organization.from_db(None, list(known), list(known.values()))
        return service
    raise NotFound("This organization has no service that can be booked.")
