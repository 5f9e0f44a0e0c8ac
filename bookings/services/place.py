"""A place in a group session: taken here, given up by cancelling its booking (`status`).

The session's row is the lock: whoever wants a place changes its counter first, so the last one
goes to one of them and the others read that it is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from bookings.errors import AlreadyJoined, HoldLapsed, ReferenceTaken, SessionFull, SessionOver
from bookings.models import Booking, BundlePurchase, ConsentText, GroupSession, Hold
from bookings.models.booking import new_reference
from bookings.services.consent import Consent, check_consents, entries_of, facts_of
from bookings.services.credit import spend_credit
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.details import location_of
from bookings.services.hold import HoldClaim, end_claimed_hold, is_token_of
from bookings.services.locking import lock_session
from bookings.services.place_offers import (
    entry_of,
    entry_offered,
    has_joined,
    kept_for,
    settle_places,
)
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_together, require_transaction, rows, violation_of
from core.errors import NotFound
from core.ids import uuid7

REFERENCES_TRIED = 5

# A place that was held is taken by whoever shows the hold; any other has to be free.
TAKE = """
    UPDATE bookings_groupsession
    SET taken = taken + 1, held = held - %(held)s, updated_at = %(now)s
    WHERE id = %(session)s AND cancelled_at IS NULL AND starts_at > %(now)s
      AND taken + held - %(held)s < capacity
    RETURNING id
"""
GIVE_UP = """
    UPDATE bookings_groupsession SET taken = taken - 1, updated_at = %(now)s
    WHERE id = %(session)s RETURNING taken
"""
FIRST_FREE_SEAT = """
    SELECT seat FROM generate_series(1, %(capacity)s) AS seat
    WHERE NOT EXISTS (
        SELECT FROM bookings_booking
        WHERE group_session_id = %(session)s AND status <> 'CANCELLED'
          AND bookings_booking.seat = seat.seat
    )
    ORDER BY seat LIMIT 1
"""


@dataclass(frozen=True, kw_only=True)
class PlaceRequest:
    """Who wants a place in `session`. A `bundle` (a pass for group sessions) pays for it, else its
    price is due. A `hold` is a place that is kept for whoever shows it. `timezone` is the zone in
    which they read times, the session's if it is empty. `consents` are what they agree to.
    """

    session: GroupSession
    customer: CustomerDetails
    bundle: BundlePurchase | None = None
    notes: str = ""
    timezone: str = ""
    source: Booking.Source = Booking.Source.API
    hold: HoldClaim | None = None
    consents: tuple[Consent, ...] = ()


def join_session(
    request: PlaceRequest, *, caller: Caller, booking_id: UUID | None = None
) -> Booking:
    """Take a place, CONFIRMED at once; the session's time, and what it costs now, are copied.

    Writes the booking, the customer if new, what the bundle pays, and the events of a booking in
    one transaction. Whoever waited for a place waits no longer; one that is kept for them is
    theirs. `booking_id` is chosen before the first attempt.

    Raises SessionFull, SessionOver, AlreadyJoined (with `bookingId`), HoldLapsed, NotFound, and
    what spend_credit and check_consents raise.
    """
    booking_id = booking_id or uuid7()
    agreed = check_consents(
        request.consents, organization_id=request.session.organization_id, caller=caller
    )
    for attempt in range(REFERENCES_TRIED):
        try:
            return _join(request, agreed, caller, booking_id, new_reference())
        except ReferenceTaken:
            if attempt == REFERENCES_TRIED - 1:
                raise
    raise AssertionError


@in_one_transaction
def _join(
    request: PlaceRequest,
    agreed: list[ConsentText],
    caller: Caller,
    booking_id: UUID,
    reference: str,
) -> Booking:
    session = lock_session(request.session.pk)
    caller.require_resources([session.resource_id])
    service, customer = session.service, request.customer
    customer_id = customer_for(customer, organization_id=session.organization_id)
    check_not_in(session, customer_id, caller)
    if not service.is_active:
        raise SessionOver("This course is no longer offered.")
    if session.places_left < 1:
        settle_places(session)
    hold: Hold | None
    if request.hold is not None:
        hold = _claimed(request.hold, session)
        waited = entry_offered(hold)
    else:
        waited = entry_of(session, customer_id)
        hold = kept_for(waited) if waited else None
    _take_place(session, hold)
    booking = Booking(
        pk=booking_id,
        organization_id=session.organization_id,
        reference=reference,
        service=service,
        resource_id=session.resource_id,
        customer_id=customer_id,
        status=Booking.Status.CONFIRMED,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        timezone=request.timezone or customer.timezone or session.timezone,
        name=customer.name,
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        notes=request.notes,
        location_kind=service.location_kind,
        location=location_of(service, ""),
        price_amount=Decimal(0) if request.bundle else session.price_amount,
        price_currency=session.price_currency,
        source=request.source,
        group_session=session,
        seat=_first_free_seat(session),
        bundle=request.bundle,
    )
    booking.index_the_person()
    if request.bundle is not None:
        spend_credit(request.bundle.pk, booking=booking, caller=caller)
    facts = {"group_session_id": session.pk, "version": booking.version}
    created = events.build(
        "booking.created",
        booking,
        caller=caller,
        status=booking.status,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        service_id=booking.service_id,
        resource_id=booking.resource_id,
        source=booking.source,
        **facts,
        **facts_of(agreed),
    )
    confirmed = events.build("booking.confirmed", booking, caller=caller, instant=True, **facts)
    with violation_of("booking_reference_is_unique", becomes=ReferenceTaken):
        insert_together(booking, *entries_of(agreed, booking), created, confirmed)
    if hold is not None:
        end_claimed_hold(hold)
    if waited is not None:
        has_joined(waited, booking, caller=caller)
    events.relay_after_commit()
    return booking


def give_up_place(session: GroupSession) -> None:
    """Count one taken place less of a locked session; its booking is cancelled beside this."""
    require_transaction()
    rows(GIVE_UP, {"session": session.pk, "now": timezone.now()})


def _take_place(session: GroupSession, hold: Hold | None) -> None:
    now = timezone.now()
    parameters = {"session": session.pk, "now": now, "held": 1 if hold else 0}
    if rows(TAKE, parameters):
        return
    if session.cancelled_at is not None or session.starts_at <= now:
        raise SessionOver
    raise SessionFull


def check_not_in(session: GroupSession, customer_id: UUID, caller: Caller) -> None:
    """Raise AlreadyJoined, with `bookingId` for a caller who may read bookings.

    The constraint says so too; asked first, so that a full session tells who is in it.
    """
    theirs = Booking.objects.filter(group_session=session, customer_id=customer_id)
    found = theirs.exclude(status=Booking.Status.CANCELLED).values_list("pk", flat=True).first()
    if found is None:
        return
    if caller.may("bookings:read"):
        raise AlreadyJoined(bookingId=found)
    raise AlreadyJoined


def _first_free_seat(session: GroupSession) -> int:
    ((seat,),) = rows(FIRST_FREE_SEAT, {"session": session.pk, "capacity": session.capacity})
    return int(seat)


def _claimed(claim: HoldClaim, session: GroupSession) -> Hold:
    """Return the hold on a place of this locked session. Raises NotFound, HoldLapsed."""
    hold = Hold.objects.filter(pk=claim.hold_id, group_session=session).first()
    if hold is None or not is_token_of(hold, claim.token):
        raise NotFound("There is no hold with this id and token.")
    if hold.ended_at is not None or hold.expires_at <= timezone.now():
        raise HoldLapsed
    return hold
