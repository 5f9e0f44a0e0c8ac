"""Who books."""

from dataclasses import dataclass
from uuid import UUID

from bookings.models import Customer
from core.db import insert_of, require_transaction, rows

KNOWN_OR_MADE = """
    WITH known AS (
        SELECT id FROM {table} WHERE organization_id = %s AND email_index = %s
    ), made AS (
        INSERT INTO {table} ({columns}) SELECT {places} WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT ON CONSTRAINT customer_email_is_unique DO NOTHING
        RETURNING id
    )
    SELECT id FROM known UNION ALL SELECT id FROM made
"""


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
    fresh = Customer(
        organization_id=organization_id,
        name=details.name,
        company=details.company,
        email=details.email,
        phone=details.phone,
        timezone=details.timezone,
    )
    fresh.index_the_person()
    insert = insert_of(Customer)
    sql = KNOWN_OR_MADE.format(table=insert.table, columns=insert.columns, places=insert.places)
    parameters = [organization_id, fresh.email_index, *insert(fresh)]
    # Nothing comes back when a rival was making the same customer: the statement waited for
    # theirs, and the next one sees it.
    found: list[tuple[UUID]] = rows(sql, parameters) or rows(sql, parameters)
    return found[0][0]
