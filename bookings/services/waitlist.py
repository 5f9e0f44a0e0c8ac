"""Standing in line: joining, leaving, and what somebody says to an offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bookings.availability.intervals import Interval
from bookings.errors import AlreadyWaiting, HoldLapsed, NotOffered, StillFree, WaitIsOver
from bookings.models import Booking, Resource, Service, ServiceResource, WaitlistEntry
from bookings.selectors.slots import free_slots
from bookings.services.allocating import end_holds, find_place
from bookings.services.alternatives import present_slots
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.hold import HoldClaim
from bookings.services.locking import lock_resources, lock_service, lock_session
from bookings.services.offering import (
    SHORTEST_OFFER,
    expire,
    hold_token,
    kept_until,
    offer_to_waitlist,
    place_offer,
)
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import give_place_on
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction, require_transaction
from core.errors import Invalid, NotFound
from core.ids import uuid7

LONGEST_WINDOW = timedelta(days=62)
CLOCK_CHANGE = timedelta(hours=1)  # days of somebody's calendar may be an hour longer
OVER_BATCH = 500
Status = WaitlistEntry.Status


@dataclass(frozen=True, kw_only=True)
class WaitRequest:
    """What somebody would take: `service` for `minutes`, to start from `from_at` (included) to
    `to_at` (not included); with `resource`, or with anybody.
    """

    service: Service
    customer: CustomerDetails
    from_at: datetime
    to_at: datetime
    minutes: int
    resource: Resource | None = None
    inquiry: str = ""


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What the service wants to know beyond what was said on joining. None: as it was said."""

    company: str | None = None
    phone: str | None = None
    inquiry: str | None = None
    location: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


def join_waitlist(
    request: WaitRequest, *, caller: Caller, entry_id: UUID | None = None
) -> WaitlistEntry:
    """Put somebody at the end of the line for a service.

    Raises Invalid for a window that is over, reversed or longer than 62 days, a duration that the
    service does not have or somebody who does not offer it; StillFree (with up to three
    `alternatives`) when there is a time that can be booked; AlreadyWaiting.
    """
    if wrong := _wrong_with(request):
        raise Invalid(fields=wrong)
    return _join(request, caller, entry_id or uuid7())


def _wrong_with(request: WaitRequest) -> dict[str, list[str]]:
    service, now = request.service, timezone.now()
    wrong = {}
    if request.to_at <= request.from_at:
        wrong["to"] = ["The window must end after it starts."]
    elif request.to_at <= now:
        wrong["to"] = ["This window is over."]
    elif request.to_at - request.from_at > LONGEST_WINDOW + CLOCK_CHANGE:
        wrong["to"] = [f"Give at most {LONGEST_WINDOW.days} days."]
    if request.minutes not in service.durations:
        offered = ", ".join(map(str, service.durations))
        wrong["duration"] = [f"This service takes {offered} minutes."]
    offers = ServiceResource.objects.filter(service=service)
    if request.resource and not offers.filter(resource=request.resource).exists():
        wrong["resourceId"] = ["This service is not done by them."]
    return wrong


@in_one_transaction
def _join(request: WaitRequest, caller: Caller, entry_id: UUID) -> WaitlistEntry:
    """Nobody gives time back while this looks for some: whoever does later sees the entry."""
    service, customer = request.service, request.customer
    offers = ServiceResource.objects.filter(service=service)
    lock_resources(list(offers.values_list("resource_id", flat=True)))
    lock_service(service)
    free = free_slots(
        service,
        Interval(request.from_at, request.to_at),
        minutes=request.minutes,
        resource_id=request.resource.pk if request.resource else None,
    )
    if free:
        raise StillFree(alternatives=present_slots(free[:3], request.minutes))
    customer_id = customer_for(customer, organization_id=service.organization_id)
    theirs = WaitlistEntry.objects.filter(
        customer=customer_id,
        service=service,
        group_session=None,
        status__in=WaitlistEntry.OPEN,
        from_at__lt=request.to_at,
        to_at__gt=request.from_at,
    )
    if theirs.exists():
        raise AlreadyWaiting
    entry = WaitlistEntry(
        pk=entry_id,
        organization_id=service.organization_id,
        service=service,
        resource=request.resource,
        customer_id=customer_id,
        from_at=request.from_at,
        to_at=request.to_at,
        minutes=request.minutes,
        timezone=customer.timezone or service.organization.timezone,
        name=customer.name,
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        inquiry=request.inquiry,
    )
    entry.save(force_insert=True)
    events.record(
        "waitlist.joined",
        entry,
        caller=caller,
        service_id=service.pk,
        resource_id=entry.resource_id,
        from_at=entry.from_at,
        to_at=entry.to_at,
        minutes=entry.minutes,
    )
    return entry


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
    )


@in_one_transaction
def offer_by_hand(
    entry: WaitlistEntry,
    *,
    starts_at: datetime,
    caller: Caller,
    resource: Resource | None = None,
) -> WaitlistEntry:
    """Offer a free time to somebody out of turn, also one outside of their window.

    Raises SlotTaken, NotOffered (also when too little time would be left to answer), WaitIsOver
    for who does not wait any more or has an offer.
    """
    now = timezone.now()
    wanted = resource or entry.resource
    place = find_place(
        service=entry.service,
        starts_at=starts_at,
        minutes=entry.minutes,
        resource_id=wanted.pk if wanted else None,
    )
    if kept_until(entry.service, starts_at, now=now) < now + SHORTEST_OFFER:
        raise NotOffered("MIN_NOTICE", "There would be too little time to answer.")
    offered = place_offer(entry.pk, place, service=entry.service, caller=caller, now=now)
    if offered is None:
        raise WaitIsOver("This person has an offer, or does not wait any more.")
    return offered


@in_one_transaction
def close_windows() -> int:
    """End the places whose window is over, or whose session has begun; return how many.

    The clock's part.
    """
    now = timezone.now()
    rows = WaitlistEntry.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    waiting = rows.filter(status=Status.WAITING)
    over = waiting.filter(group_session=None, to_at__lte=now).order_by("to_at")
    found = list(over[:OVER_BATCH])
    begun = waiting.filter(group_session__starts_at__lte=now).order_by("id")
    found += begun[: OVER_BATCH - len(found)]
    for entry in found:
        expire(entry, unanswered=False)
    return len(found)


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
