"""Finding customers by what their own row says."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import Booking, Customer
from bookings.selectors.booking import SHORTEST_PHONE
from bookings.selectors.booking import search as search_bookings
from core.access import Caller
from core.blind_index import prefix_lookup

MATCHES = 5_000  # bookings that a name may stand for; a longer name stands for fewer


def filtered(customers: QuerySet[Customer], query: Mapping[str, Any]) -> QuerySet[Customer]:
    """Return the customers that a validated query asks for: by all that it names."""
    if "email" in query:
        customers = customers.filter(email_index=Customer.index_of_email(query["email"]))
    if "phone" in query:
        customers = customers.filter(phone_index=Customer.index_of_phone(query["phone"]))
    if "search" in query:
        customers = customers.filter(is_meant_by(query["search"]))
    return customers


def meant_to(caller: Caller, term: str) -> Q:
    """Return whom `term` means to a caller: by what is known of them, and by what they
    typed when they booked.
    """
    booked = Booking.objects.for_caller(caller)
    behind = search_bookings(booked, term).order_by().values("customer_id")[:MATCHES]
    return Q(pk__in=behind) | is_meant_by(term)


def is_meant_by(term: str) -> Q:
    """Return whose e-mail or phone is `term`, or whose name begins like it; nobody if too short."""
    term = term.strip()
    if "@" in term:
        return Q(email_index=Customer.index_of_email(term))
    if sum(character.isdigit() for character in term) >= SHORTEST_PHONE:
        return Q(phone_index=Customer.index_of_phone(term))
    wanted = prefix_lookup(term)
    return Q(name_index__contains=wanted) if wanted else Q(pk__in=[])
