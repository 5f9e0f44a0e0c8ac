"""Who is meant: people by reference, e-mail, phone or the beginning of a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from bookings.models import Booking, Customer
from bookings.selectors.booking import search
from bookings.selectors.customer import is_meant_by
from core.access import Caller

LOOKED_AT = 300  # matching bookings, newest first: enough to tell the people behind them
OPEN = Booking.OPEN


@dataclass(frozen=True)
class Person:
    """A customer as is known of them last, with their next and their last appointment.

    What is known last is what they typed for their newest booking, or what staff or a program
    has written into their own row since.
    """

    customer_id: UUID
    name: str
    email: str
    phone: str
    company: str
    timezone: str
    next: Booking | None
    last: Booking | None


def find_people(caller: Caller, term: str, *, now: datetime, most: int = 10) -> list[Person]:
    """Return up to `most` people whom `term` means to a caller, who booked last first. Five
    queries at most.
    """
    if not term.strip():
        return []
    ours = Booking.objects.for_caller(caller)
    matches = search(ours, term).order_by("-id").values_list("customer_id", "id")[:LOOKED_AT]
    newest: dict[UUID, UUID] = {}
    for customer_id, booking_id in matches:
        newest.setdefault(customer_id, booking_id)
    wanted = dict(list(newest.items())[:most])
    as_typed = {row.customer_id: row for row in ours.filter(pk__in=wanted.values())}
    known = Customer.objects.for_caller(caller).filter(erased_at=None)
    rows = known.filter(Q(pk__in=wanted) | is_meant_by(term)).order_by("-id")[: 2 * most]
    found = {row.pk: row for row in rows}
    in_order = [*(pk for pk in wanted if pk in found), *(pk for pk in found if pk not in wanted)]
    return _people([found[pk] for pk in in_order[:most]], as_typed, now, caller)


def person(customer: Customer, *, now: datetime, caller: Caller) -> Person:
    """Return one customer as is known of them last. Three queries."""
    newest = Booking.objects.for_caller(caller).filter(customer=customer).order_by("-id").first()
    as_typed = {customer.pk: newest} if newest else {}
    return _people([customer], as_typed, now, caller)[0]


def _people(
    customers: Collection[Customer],
    as_typed: Mapping[UUID, Booking],
    now: datetime,
    caller: Caller,
) -> list[Person]:
    ids = [customer.pk for customer in customers]
    upcoming = _one_each(ids, caller, now=now)
    past = _one_each(ids, caller, now=now, past=True)
    return [
        Person(
            customer_id=one.pk,
            name=known.name,
            email=known.email,
            phone=known.phone,
            company=known.company,
            timezone=known.timezone,
            next=upcoming.get(one.pk),
            last=past.get(one.pk),
        )
        for one, known in ((one, _known_last(one, as_typed.get(one.pk))) for one in customers)
    ]


def _known_last(customer: Customer, typed: Booking | None) -> Customer | Booking:
    if typed is not None and typed.created_at >= customer.updated_at:
        return typed
    return customer


def _one_each(
    customer_ids: Collection[UUID], caller: Caller, *, now: datetime, past: bool = False
) -> dict[UUID, Booking]:
    """Return each customer's next open appointment, or the last that began."""
    ours = Booking.objects.for_caller(caller).filter(customer_id__in=customer_ids)
    rows = ours.select_related("service", "resource")
    if past:
        rows = rows.filter(starts_at__lt=now).exclude(status=Booking.Status.CANCELLED)
    else:
        rows = rows.filter(starts_at__gte=now, status__in=OPEN)
    order = "-starts_at" if past else "starts_at"
    found = rows.order_by("customer_id", order, "id").distinct("customer_id")
    return {row.customer_id: row for row in found}
