"""Finding bookings."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from bookings.availability.rules import midnight
from bookings.models import Booking
from bookings.models.booking import REFERENCE_LENGTH
from core.access import Caller
from core.blind_index import prefix_lookup
from core.models import Organization

SHORTEST_PHONE = 5  # digits; fewer are a piece of a reference


def filtered(
    bookings: QuerySet[Booking], query: Mapping[str, Any], *, organization_id: UUID
) -> QuerySet[Booking]:
    """Return the bookings that a validated query asks for.

    `date_from` and `date_to` compare with the start, at or after the one and before the
    other; a bare date is that whole day in the organization's zone.
    """
    for column in ("status", "service_id", "resource_id"):
        if column in query:
            bookings = bookings.filter(**{column: getattr(query[column], "pk", query[column])})
    zone = None
    for name, lookup in (("date_from", "starts_at__gte"), ("date_to", "starts_at__lt")):
        if (moment := query.get(name)) is None:
            continue
        if not isinstance(moment, datetime):
            zone = zone or _zone_of(organization_id)
            day = moment if name == "date_from" else moment + timedelta(days=1)
            moment = midnight(day, zone)
        bookings = bookings.filter(**{lookup: moment})
    if "email" in query:
        bookings = bookings.filter(email_index=Booking.index_of_email(query["email"]))
    if "search" in query:
        bookings = search(bookings, query["search"])
    return bookings


def search(bookings: QuerySet[Booking], term: str) -> QuerySet[Booking]:
    """Return whose reference, e-mail or phone is `term`, or whose name begins like it."""
    term = term.strip()
    if "@" in term:
        return bookings.filter(email_index=Booking.index_of_email(term))
    by_reference = bookings.filter(reference=_as_reference(term))
    if sum(character.isdigit() for character in term) >= SHORTEST_PHONE:
        return by_reference | bookings.filter(phone_index=Booking.index_of_phone(term))
    if wanted := prefix_lookup(term):
        return by_reference | bookings.filter(name_index__contains=wanted)
    return by_reference


def by_reference(caller: Caller, term: str) -> Booking | None:
    """Return the booking whose reference `term` is, however it is typed; None for other words."""
    plain = term.replace("-", "").replace(" ", "")
    if len(plain) != REFERENCE_LENGTH or "@" in term:
        return None
    ours = Booking.objects.for_caller(caller)
    return ours.filter(reference=_as_reference(term)).first()


def _zone_of(organization_id: UUID) -> ZoneInfo:
    zones = Organization.objects.values_list("timezone", flat=True)
    return ZoneInfo(zones.get(pk=organization_id))


def _as_reference(term: str) -> str:
    plain = term.replace("-", "").replace(" ", "").upper()
    return f"{plain[:4]}-{plain[4:]}"
