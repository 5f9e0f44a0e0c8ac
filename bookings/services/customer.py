"""Who books."""

from dataclasses import dataclass
from uuid import UUID

from bookings.models import Customer
from core.db import require_transaction


@dataclass(frozen=True, kw_only=True)
class CustomerDetails:
    """What somebody typed about themselves. `timezone` is an IANA zone, or empty if unknown."""

    name: str
    email: str
    company: str = ""
    phone: str = ""
    timezone: str = ""


def customer_for(details: CustomerDetails, *, organization_id: UUID) -> UUID:
    """Return the id of the customer with this address, who is made when there is none.

    An existing customer is not changed: a booking keeps its own copy of what was typed.
    """
    require_transaction()
    index = Customer.index_of_email(details.email)
    known = Customer.objects.filter(organization_id=organization_id, email_index=index)
    found = known.values_list("pk", flat=True).first()
    if found is not None:
        return found
    fresh = Customer(
        organization_id=organization_id,
        name=details.name,
        company=details.company,
        email=details.email,
        phone=details.phone,
        timezone=details.timezone,
        email_index=index,
    )
    # Waits for a rival who is making the same customer; then theirs is the one to take.
    Customer.objects.bulk_create([fresh], ignore_conflicts=True)
    return known.values_list("pk", flat=True).get()
