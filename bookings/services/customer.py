"""Who books."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from django.utils import timezone

from bookings.errors import CustomerExists
from bookings.models import Customer
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_of, require_transaction, rows, violation_of
from core.errors import NotFound

KNOWN_OR_MADE = """
    WITH known AS (
        SELECT id FROM {table} WHERE organization_id = %s AND email_index = %s
        FOR KEY SHARE -- whoever is being erased at this moment is waited for
    ), made AS (
        INSERT INTO {table} ({columns}) SELECT {places} WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT ON CONSTRAINT customer_email_is_unique DO NOTHING
        RETURNING id
    )
    SELECT id FROM known UNION ALL SELECT id FROM made
"""

INDEXES = ("email_index", "phone_index", "name_index")


@dataclass(frozen=True, kw_only=True)
class CustomerDetails:
    """What somebody typed about themselves.

    `timezone` is an IANA zone and `locale` a language (`de`, `de-AT`), or empty if unknown.
    """

    name: str
    email: str
    company: str = ""
    phone: str = ""
    timezone: str = ""
    locale: str = ""


def details_of(customer: Customer) -> CustomerDetails:
    """Return what is known of somebody as they would type it themselves."""
    return CustomerDetails(
        name=customer.name,
        email=customer.email,
        company=customer.company,
        phone=customer.phone,
        timezone=customer.timezone,
        locale=customer.locale,
    )


def customer_for(details: CustomerDetails, *, organization_id: UUID) -> UUID:
    """Return the id of the customer with this address, who is made when there is none.

    An existing customer is not changed: a booking keeps its own copy of what was typed.
    """
    return _known_or_made(_new(details, organization_id))


@in_one_transaction
def create_customer(details: CustomerDetails, *, organization_id: UUID, caller: Caller) -> Customer:
    """Write down somebody who has not booked yet. Raises CustomerExists with `customerId`, and
    Forbidden for whoever is limited to their own resources: theirs are those who book there.
    """
    caller.require_whole_house()
    fresh = _new(details, organization_id)
    known_id = _known_or_made(fresh)
    if known_id != fresh.pk:
        raise CustomerExists(customerId=known_id)
    events.record("customer.created", fresh, caller=caller)
    return fresh


def update_customer(customer: Customer, changes: Mapping[str, str], *, caller: Caller) -> Customer:
    """Change what is known of a customer, and what they are found by.

    `changes` are fields of CustomerDetails; what is the same already is no change. Bookings
    keep what was typed for them. A new address ends every link that went to the old one.

    Raises NotFound, and CustomerExists for somebody else's address, with `customerId` if the
    caller sees them.
    """
    try:
        return _update(customer, changes, caller)
    except CustomerExists as error:
        wanted = Customer.index_of_email(changes["email"])
        others = Customer.objects.for_caller(caller)
        owner = others.filter(email_index=wanted).values_list("pk", flat=True).first()
        raise CustomerExists(customerId=owner) from error


@in_one_transaction
def _update(customer: Customer, changes: Mapping[str, str], caller: Caller) -> Customer:
    known = Customer.objects.select_for_update(no_key=True).filter(erased_at=None)
    fresh = known.filter(pk=customer.pk).first()
    if fresh is None:
        raise NotFound
    fields = sorted(name for name, value in changes.items() if getattr(fresh, name) != value)
    if not fields:
        return fresh
    for name in fields:
        setattr(fresh, name, changes[name])
    fresh.index_the_person()
    with violation_of("customer_email_is_unique", becomes=CustomerExists):
        fresh.save(update_fields=[*fields, *INDEXES, "updated_at"])
    if "email" in fields:  # whoever reads mail at the old address is let in no more
        now = timezone.now()
        fresh.links.filter(revoked_at=None).update(revoked_at=now, updated_at=now)
    events.record("customer.updated", fresh, caller=caller, fields=fields)
    return fresh


def _new(details: CustomerDetails, organization_id: UUID) -> Customer:
    fresh = Customer(organization_id=organization_id, **asdict(details))
    fresh.index_the_person()
    return fresh


def _known_or_made(fresh: Customer) -> UUID:
    """Insert a customer unless the address is known; return the id of who has it."""
    require_transaction()
    insert = insert_of(Customer)
    sql = KNOWN_OR_MADE.format(table=insert.table, columns=insert.columns, places=insert.places)
    parameters = [fresh.organization_id, fresh.email_index, *insert(fresh)]
    # Nothing comes back when a rival was making the same customer: the statement waited for
    # theirs, and the next one sees it.
    found: list[tuple[UUID]] = rows(sql, parameters) or rows(sql, parameters)
    return found[0][0]
