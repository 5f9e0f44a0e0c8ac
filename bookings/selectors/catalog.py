"""What can be booked."""

from functools import cache
from uuid import UUID

from bookings.models import Service
from core.db import rows
from core.errors import NotFound
from core.models import Organization

# Written by hand because every booking, and every question about free times, asks it.
ACTIVE_SERVICE = """
    SELECT {columns}, organization.timezone, organization.currency
    FROM bookings_service AS service
    JOIN core_organization AS organization ON organization.id = service.organization_id
    WHERE service.organization_id = %s AND service.is_active
      AND (%s::uuid IS NULL OR service.id = %s)
    ORDER BY service.is_default DESC, service.name, service.id
    LIMIT 1
"""


def default_service(organization_id: UUID) -> Service:
    """Return what is booked when nobody names a service, its organization's zone and currency.

    Raises NotFound when the organization has no service that can be booked.
    """
    service = _active_service(organization_id, None)
    if service is None:
        raise NotFound("This organization has no service that can be booked.")
    return service


def service_named(organization_id: UUID, service_id: UUID) -> Service | None:
    """The same for the service with this id; None when there is none that can be booked."""
    return _active_service(organization_id, service_id)


def _active_service(organization_id: UUID, service_id: UUID | None) -> Service | None:
    found = rows(_sql(), [organization_id, service_id, service_id])
    if not found:
        return None
    *values, timezone, currency = found[0]
    service = Service.from_db(None, _names(), values)
    known = {"id": organization_id, "timezone": timezone, "currency": currency}
    # The rest of the organization is read when somebody asks for it.
    service.organization = Organization.from_db(None, list(known), list(known.values()))
    return service


@cache
def _names() -> list[str]:
    return [field.attname for field in Service._meta.concrete_fields]


@cache
def _sql() -> str:
    columns = ", ".join(f"service.{field.column}" for field in Service._meta.concrete_fields)
    return ACTIVE_SERVICE.format(columns=columns)
