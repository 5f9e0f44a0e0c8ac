"""A visitor of the booking page: one time is kept for them, and one booking made.

A visit is the id of the booking that may come of it. It travels in signed forms, so whatever
is sent twice is done once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bookings.errors import SlotTaken, TooManyAhead
from bookings.models import Allocation, Booking, Hold, Resource, Service
from bookings.selectors.page import booking_made
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.hold import HoldClaim, drop_hold, holds_shown_by, place_hold
from bookings.services.place import PlaceRequest, join_session
from core.access import Caller
from core.errors import DomainError

KEPT_MINUTES = 10


def keep_time(
    *,
    visit: UUID,
    service: Service,
    starts_at: datetime,
    minutes: int,
    resource: Resource | None = None,
    caller: Caller,
) -> Hold:
    """Keep a time for ten minutes while somebody types, and give back what was kept before.

    The same time chosen twice is kept once, from when it was first chosen.
    Raises what `place_hold` raises; the earlier time is given back then too.
    """
    token = _token_of(visit)

    def kept() -> Hold | None:
        """Return the first hold of this very time; give back any other."""
        kept: Hold | None = None
        for hold in holds_shown_by(token, organization_id=service.organization_id):
            if kept is None and _is_of(hold, service, starts_at, minutes, resource):
                kept = hold
            else:
                drop_hold(hold, caller=caller, token=token)
        return kept

    if (hold := kept()) is not None:
        return hold
    try:
        hold = place_hold(
            service=service,
            starts_at=starts_at,
            minutes=minutes,
            resource=resource,
            kept_minutes=KEPT_MINUTES,
            token=token,
            caller=caller,
        )
    except SlotTaken:
        if (hold := kept()) is None:
            raise
    # The other click of a double click may have found somebody else who is free.
    return kept() or hold


def kept_for(visit: UUID, *, organization_id: UUID) -> Hold | None:
    """Return what is kept at this moment for a visitor."""
    held = holds_shown_by(_token_of(visit), organization_id=organization_id)
    return held[0] if held else None


def kept_allocations(visit: UUID | None, *, organization_id: UUID) -> list[UUID]:
    """Return the allocations of what is kept for a visitor: to them, that time is free."""
    hold = kept_for(visit, organization_id=organization_id) if visit else None
    if hold is None:
        return []
    live = Allocation.objects.filter(hold=hold, released_at=None)
    return list(live.values_list("pk", flat=True))


def book_for_visitor(request: BookingRequest, *, visit: UUID, caller: Caller) -> Booking:
    """Book as `create_booking` does, once per visit, with the time that is kept for it.

    Where the time was kept for too long it is booked all the same if it is still free.
    Raises TooManyAhead when the address has PAGE_BOOKINGS_AHEAD_PER_EMAIL open appointments
    ahead, and what `create_booking` raises.
    """
    organization_id = request.service.organization_id
    if (made := booking_made(visit, organization_id=organization_id)) is not None:
        return made
    _refuse_too_many(organization_id, request.customer.email)
    hold = kept_for(visit, organization_id=organization_id)
    wanted = (request.service, request.starts_at, request.minutes, request.resource)
    claim = HoldClaim(hold.pk, _token_of(visit)) if hold and _is_of(hold, *wanted) else None
    request = replace(request, hold=claim)
    try:
        return create_booking(request, caller=caller, booking_id=visit, on_grid=True)
    except (DomainError, IntegrityError):
        # The other click of a double click was faster.
        if (made := booking_made(visit, organization_id=organization_id)) is not None:
            return made
        raise


def join_for_visitor(request: PlaceRequest, *, visit: UUID, caller: Caller) -> Booking:
    """Take a place in a session as `join_session` does, once per visit.

    Raises TooManyAhead as `book_for_visitor` does, and what `join_session` raises.
    """
    organization_id = request.session.organization_id
    if (made := booking_made(visit, organization_id=organization_id)) is not None:
        return made
    _refuse_too_many(organization_id, request.customer.email)
    try:
        return join_session(request, caller=caller, booking_id=visit)
    except (DomainError, IntegrityError):
        # The other click of a double click was faster.
        if (made := booking_made(visit, organization_id=organization_id)) is not None:
            return made
        raise


def _is_of(
    hold: Hold, service: Service, starts_at: datetime, minutes: int, resource: Resource | None
) -> bool:
    ends_at = starts_at + timedelta(minutes=minutes)
    is_theirs = resource is None or hold.resource_id == resource.pk
    held = (hold.service_id, hold.starts_at, hold.ends_at)
    return is_theirs and held == (service.pk, starts_at, ends_at)


def _refuse_too_many(organization_id: UUID, email: str) -> None:
    ahead = Booking.objects.for_organization(organization_id).filter(
        email_index=Booking.index_of_email(email),
        status__in=Booking.OPEN,
        starts_at__gt=timezone.now(),
    )
    if ahead.count() >= settings.PAGE_BOOKINGS_AHEAD_PER_EMAIL:
        raise TooManyAhead


def _token_of(visit: UUID) -> str:
    """Return what proves a visitor's hold to be theirs: only this server can work it out."""
    return salted_hmac("holdfast.page.hold", visit.bytes, algorithm="sha256").hexdigest()
