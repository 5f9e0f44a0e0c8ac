"""Who is meant: people by reference, e-mail, phone or the beginning of a name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bookings.models import Booking, Customer
from bookings.selectors.booking import search

LOOKED_AT = 300  # matching bookings, newest first: enough to tell the people behind them
OPEN = Booking.OPEN


@dataclass(frozen=True)
class Person:
    """A customer as they were typed last, with their next and their last appointment."""

    customer_id: UUID
    name: str
    email: str
    phone: str
    company: str
    timezone: str
    next: Booking | None
    last: Booking | None


def find_people(organization_id: UUID, term: str, *, now: datetime, most: int = 10) -> list[Person]:
    """Return up to `most` people that `term` means, who booked last first. Five queries at most."""
    if not term.strip():
        return []
    ours = Booking.objects.for_organization(organization_id)
    matches = search(ours, term).order_by("-id").values_list("customer_id", "id")[:LOOKED_AT]
    newest: dict[UUID, UUID] = {}
    for customer_id, booking_id in matches:
        newest.setdefault(customer_id, booking_id)
    wanted = dict(list(newest.items())[:most])
    as_typed = {row.customer_id: row for row in ours.filter(pk__in=wanted.values())}
    if "@" in term and not wanted:
        return _without_bookings(organization_id, term)
    return _people(wanted, as_typed, now)


def person(customer: Customer, *, now: datetime) -> Person:
    """Return one customer as they were typed last. Four queries."""
    ours = Booking.objects.filter(customer=customer)
    newest = ours.order_by("-id").first()
    if newest is None:
        return _of_customer(customer)
    return _people([customer.pk], {customer.pk: newest}, now)[0]


def _people(
    customer_ids: Collection[UUID], as_typed: dict[UUID, Booking], now: datetime
) -> list[Person]:
    upcoming = _one_each(customer_ids, now=now)
    past = _one_each(customer_ids, now=now, past=True)
    return [
        Person(
            customer_id=pk,
            name=as_typed[pk].name,
            email=as_typed[pk].email,
            phone=as_typed[pk].phone,
            company=as_typed[pk].company,
            timezone=as_typed[pk].timezone,
            next=upcoming.get(pk),
            last=past.get(pk),
        )
        for pk in customer_ids
        if pk in as_typed
    ]


def _one_each(
    customer_ids: Collection[UUID], *, now: datetime, past: bool = False
) -> dict[UUID, Booking]:
    """Return each customer's next open appointment, or the last that began."""
    rows = Booking.objects.filter(customer_id__in=customer_ids).select_related(
        "service", "resource"
    )
    if past:
        rows = rows.filter(starts_at__lt=now).exclude(status=Booking.Status.CANCELLED)
    else:
        rows = rows.filter(starts_at__gte=now, status__in=OPEN)
    order = "-starts_at" if past else "starts_at"
    found = rows.order_by("customer_id", order, "id").distinct("customer_id")
    return {row.customer_id: row for row in found}


def _without_bookings(organization_id: UUID, term: str) -> list[Person]:
    known = Customer.objects.for_organization(organization_id)
    return [_of_customer(one) for one in known.filter(email_index=Customer.index_of_email(term))]


def _of_customer(customer: Customer) -> Person:
    return Person(
        customer_id=customer.pk,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        company=customer.company,
        timezone=customer.timezone,
        next=None,
        last=None,
    )
