"""Standing in line for a place in a group session that is full."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from bookings.errors import AlreadyWaiting, SessionOver, StillFree
from bookings.models import GroupSession, WaitlistEntry
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.locking import lock_session
from bookings.services.place import check_not_in
from bookings.services.place_offers import settle_places
from bookings.services.waitlist import WaitRequest, stand_in_line
from core.access import Caller
from core.db import in_one_transaction
from core.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class PlaceWait:
    """Who would take a place in `session`, should one come free."""

    session: GroupSession
    customer: CustomerDetails
    inquiry: str = ""


def wait_for_place(
    request: PlaceWait, *, caller: Caller, entry_id: UUID | None = None
) -> WaitlistEntry:
    """Put somebody at the end of the line for a place in a session.

    Raises SessionOver for one that has begun or is cancelled; AlreadyJoined;
    StillFree while it has a place; AlreadyWaiting.
    """
    return _join(request, caller, entry_id or uuid7())


@in_one_transaction
def _join(request: PlaceWait, caller: Caller, entry_id: UUID) -> WaitlistEntry:
    """Nobody gives a place back while this looks for one: whoever does later sees the entry."""
    customer = request.customer
    session = lock_session(request.session.pk)
    caller.require_resources([session.resource_id])
    if settle_places(session):
        session = lock_session(session.pk)
    if session.cancelled_at is not None or session.starts_at <= timezone.now():
        raise SessionOver
    customer_id = customer_for(customer, organization_id=session.organization_id)
    check_not_in(session, customer_id, caller)
    line = WaitlistEntry.objects.filter(group_session=session, status__in=WaitlistEntry.OPEN)
    if line.filter(customer=customer_id).exists():
        raise AlreadyWaiting("This person waits for this session already.")
    if session.places_left:
        raise StillFree("There is a free place.")
    wish = WaitRequest(
        service=session.service,
        customer=customer,
        from_at=session.starts_at,
        to_at=session.ends_at,
        minutes=session.minutes,
        resource=session.resource,
        inquiry=request.inquiry,
    )
    return stand_in_line(
        wish, customer_id=customer_id, caller=caller, entry_id=entry_id, session=session
    )
