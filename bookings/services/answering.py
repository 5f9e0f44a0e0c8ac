"""What somebody in line answers: they leave, decline what they are offered, or accept it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from bookings.errors import HoldLapsed, WaitIsOver
from bookings.models import Booking, WaitlistEntry
from bookings.services.allocating import end_holds
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.consent import Consent
from bookings.services.customer import CustomerDetails
from bookings.services.hold import HoldClaim
from bookings.services.locking import lock_resources, lock_session
from bookings.services.offering import hold_token, offer_to_waitlist
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import give_place_on
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction, require_transaction
from core.errors import NotFound

Status = WaitlistEntry.Status


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What the service wants to know beyond what was said on joining. None: as it was said.
    `consents` are what they agree to.
    """

    company: str | None = None
    phone: str | None = None
    inquiry: str | None = None
    location: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()


@in_one_transaction
def leave_waitlist(entry: WaitlistEntry, *, caller: Caller) -> WaitlistEntry:
    """Take somebody out of the line; what was kept for them, time or place, goes to the next.

    Leaving twice changes nothing. Raises WaitIsOver for who has booked.
    """
    entry = _locked(entry)
    if entry.status == Status.ACCEPTED:
        raise WaitIsOver
    if entry.status in WaitlistEntry.OPEN:
        was = entry.status
        entry.status = Status.CANCELLED
        entry.save(update_fields=["status", "updated_at"])
        events.record("waitlist.left", entry, caller=caller, was=was)
        _give_on(entry, was)
    return entry


@in_one_transaction
def decline_offer(entry: WaitlistEntry, *, offer: int, caller: Caller) -> WaitlistEntry:
    """Say no to the offer of that number and go on waiting; its time goes to the next in line.

    The same start is not offered to them again; so whoever declines a place in a session leaves.
    Declining twice changes nothing. Raises HoldLapsed for an offer that is over.
    """
    entry = _locked(entry)
    after = Status.WAITING if entry.group_session_id is None else Status.CANCELLED
    if entry.offers != offer or entry.status not in (Status.OFFERED, after):
        raise HoldLapsed
    if entry.status == Status.OFFERED:
        entry.status = after
        entry.save(update_fields=["status", "updated_at"])
        left = after == Status.CANCELLED
        events.record("waitlist.declined", entry, caller=caller, offer=offer, left=left)
        _give_on(entry, Status.OFFERED)
    return entry


@in_one_transaction
def accept_offer(
    entry: WaitlistEntry,
    *,
    offer: int,
    acceptance: Acceptance,
    caller: Caller,
    booking_id: UUID,
) -> Booking:
    """Make the offer of that number a booking. Accepting twice is the same booking.

    Raises HoldLapsed for an offer that is over, Invalid for something that the service wants to
    know, and what else `create_booking` refuses (of a session `join_session`); nothing is changed
    then.
    """
    entry = _locked(entry)
    if entry.status == Status.ACCEPTED and entry.offers == offer and entry.booking is not None:
        return entry.booking
    if entry.status != Status.OFFERED or entry.offers != offer or entry.hold is None:
        raise HoldLapsed
    if entry.group_session is not None:
        return _take_place(entry, acceptance, caller, booking_id)
    booking = create_booking(_request_of(entry, acceptance), caller=caller, booking_id=booking_id)
    entry.status, entry.booking = Status.ACCEPTED, booking
    entry.save(update_fields=["status", "booking", "updated_at"])
    events.record("waitlist.accepted", entry, caller=caller, offer=offer, booking_id=booking.pk)
    return booking


def _take_place(
    entry: WaitlistEntry, said: Acceptance, caller: Caller, booking_id: UUID
) -> Booking:
    """Make the place in a session that is kept for a locked entry theirs."""
    if entry.group_session is None or entry.hold is None:
        raise ValueError("a place is offered in a session, and with a hold")
    request = PlaceRequest(
        session=entry.group_session,
        customer=_customer_of(entry, said),
        hold=HoldClaim(entry.hold.pk, hold_token(entry)),
        timezone=entry.timezone,
        source=Booking.Source.WAITLIST,
        consents=said.consents,
    )
    return join_session(request, caller=caller, booking_id=booking_id)


def _customer_of(entry: WaitlistEntry, said: Acceptance) -> CustomerDetails:
    return CustomerDetails(
        name=entry.name,
        email=entry.email,
        company=entry.company if said.company is None else said.company,
        phone=entry.phone if said.phone is None else said.phone,
        timezone=entry.timezone,
    )


def _request_of(entry: WaitlistEntry, said: Acceptance) -> BookingRequest:
    hold = entry.hold
    if hold is None:
        raise ValueError("an offer has a hold")
    return BookingRequest(
        service=entry.service,
        customer=_customer_of(entry, said),
        starts_at=hold.starts_at,
        minutes=entry.minutes,
        inquiry=entry.inquiry if said.inquiry is None else said.inquiry,
        answers=said.answers,
        location=said.location,
        hold=HoldClaim(hold.pk, hold_token(entry)),
        timezone=entry.timezone,
        source=Booking.Source.WAITLIST,
        consents=said.consents,
    )


def _give_on(entry: WaitlistEntry, was: str) -> None:
    """Give what was kept for a locked entry to the next in line."""
    if was != Status.OFFERED or entry.hold is None:
        return
    if entry.group_session_id is not None:
        give_place_on(entry.hold)
        return
    freed = end_holds([entry.hold.pk], timezone.now())
    offer_to_waitlist(freed, passed_over=[entry.pk])


def _locked(entry: WaitlistEntry) -> WaitlistEntry:
    """Lock what an offer keeps, then the entry, and read it again.

    Raises NotFound; ChangedMeanwhile when it got an offer whose resource is not locked yet.
    """
    require_transaction()
    if entry.group_session_id is not None:
        lock_session(entry.group_session_id)
    elif entry.status == Status.OFFERED and entry.hold is not None:
        kept = [entry.hold.resource_id]
        lock_resources(kept, freeing=kept)
    related = (
        "service__organization",
        "organization",
        "resource",
        "hold",
        "booking",
        "group_session",
    )
    rows = WaitlistEntry.objects.select_related(*related)
    fresh = rows.select_for_update(of=["self"], no_key=True).filter(pk=entry.pk).first()
    if fresh is None:
        raise NotFound
    is_of_a_session = fresh.group_session_id is not None
    if fresh.status == Status.OFFERED and fresh.hold_id != entry.hold_id and not is_of_a_session:
        entry.status, entry.hold = fresh.status, fresh.hold
        raise ChangedMeanwhile
    return fresh
