"""Standing in line: joining, being offered a time out of turn, and when the window is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from bookings.availability.intervals import Interval
from bookings.errors import AlreadyWaiting, NotOffered, StillFree, WaitIsOver
from bookings.models import GroupSession, Resource, Service, ServiceResource, WaitlistEntry
from bookings.selectors.slots import free_slots
from bookings.services.allocating import find_place
from bookings.services.alternatives import present_slots
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.locking import lock_resources, lock_service
from bookings.services.offering import (
    SHORTEST_OFFER,
    expire,
    kept_until,
    place_offer,
)
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid
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


def join_waitlist(
    request: WaitRequest, *, caller: Caller, entry_id: UUID | None = None
) -> WaitlistEntry:
    """Put somebody at the end of the line for a service.

    Raises Invalid for a window that is over, reversed or longer than 62 days, a duration that the
    service does not have or somebody who does not offer it, and for anybody where the caller is
    limited to their own resources; NotFound for a resource that is not theirs; StillFree (with up
    to three `alternatives`) when there is a time that can be booked; AlreadyWaiting.
    """
    wrong = _wrong_with(request)
    if caller.is_limited and request.resource is None:
        wrong["resourceId"] = ["Choose with whom."]
    if wrong:
        raise Invalid(fields=wrong)
    if request.resource is not None:
        caller.require_resources([request.resource.pk])
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
    return stand_in_line(request, customer_id=customer_id, caller=caller, entry_id=entry_id)


def stand_in_line(
    request: WaitRequest,
    *,
    customer_id: UUID,
    caller: Caller,
    entry_id: UUID,
    session: GroupSession | None = None,
) -> WaitlistEntry:
    """Put the person at the end of the line, for a time or for a place in `session`.

    The caller has locked what they wait for and seen that it is taken.
    """
    service, customer = request.service, request.customer
    entry = WaitlistEntry(
        pk=entry_id,
        organization_id=service.organization_id,
        service=service,
        resource=request.resource,
        group_session=session,
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
        **({"group_session_id": session.pk} if session else {}),
    )
    return entry


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
        among=caller.only_resources,
    )
    caller.require_resources([place.resource_id])
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
