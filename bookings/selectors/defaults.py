"""What a new service starts with."""

from uuid import UUID

from bookings.models import BookingDefaults


def booking_defaults_of(organization_id: UUID) -> BookingDefaults:
    """Return the organization's own, else the product's (a row that is not saved). One query."""
    rows = BookingDefaults.objects.for_organization(organization_id)
    return rows.first() or BookingDefaults(organization_id=organization_id)
