"""Keeping a time for somebody who has not booked yet."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from uuid import UUID

from django.utils import timezone

from bookings.errors import HoldLapsed, OfferLapsed, SlotTaken
from bookings.models import Hold, Resource, Service
from bookings.services.allocating import (
    end_holds,
    end_lapsed,
    find_place,
    new_allocations,
    taking,
    wrong_with,
)
from bookings.services.alternatives import with_alternatives
from bookings.services.locking import lock_resources
from bookings.services.offering import expire_offers, offer_to_waitlist
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_together
from core.errors import Invalid, NotFound

if TYPE_CHECKING:
    from bookings.services.booking import BookingRequest

P = ParamSpec("P")
T = TypeVar("T")

USUAL_MINUTES = 5
LONGEST_MINUTES = 30
LAPSED_BATCH = 500


@dataclass(frozen=True)
class HoldClaim:
    """What a client shows to use a hold."""

    hold_id: UUID
    token: str


def settling_lapsed_offers(work: Callable[P, T]) -> Callable[P, T]:
    """Let `work` find an unanswered offer in its way settled: given to the next in line, or gone.

    So the line is kept also in the seconds before the clock comes round. Whoever is told that
    the time is taken then is told the truth.
    """

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except OfferLapsed:
            lapse_holds()
            return work(*args, **kwargs)

    return run


def place_hold(
    *,
    service: Service,
    starts_at: datetime,
    minutes: int,
    resource: Resource | None = None,
    kept_minutes: int = USUAL_MINUTES,
    token: str,
    caller: Caller,
) -> Hold:
    """Exclude all others from a time for `kept_minutes` (30 at most).

    `token` is what its owner shows later (`new_token()`); only a digest is kept.
    Raises SlotTaken (with up to three `alternatives`), NotOffered; Invalid for a start in the
    past or a duration that the service does not have.
    """
    if wrong := wrong_with(service, starts_at, minutes):
        raise Invalid(fields=wrong)
    resource_id = resource.pk if resource else None
    hold = Hold(
        organization_id=service.organization_id,
        service=service,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        token_digest=Hold.digest_of(token),
        made_by_id=caller.id,
        expires_at=timezone.now() + timedelta(minutes=min(kept_minutes, LONGEST_MINUTES)),
    )
    try:
        return _place(hold, minutes, resource_id, caller)
    except SlotTaken as taken:
        raise with_alternatives(
            taken,
            service,
            starts_at,
            minutes=minutes,
            resource_id=resource_id,
            among=caller.only_resources,
        ) from taken


@settling_lapsed_offers
@in_one_transaction
def _place(hold: Hold, minutes: int, resource_id: UUID | None, caller: Caller) -> Hold:
    place = find_place(
        service=hold.service,
        starts_at=hold.starts_at,
        minutes=minutes,
        resource_id=resource_id,
        among=caller.only_resources,
    )
    caller.require_resources([place.resource_id])
    hold.resource_id, hold.assignment = place.resource_id, place.assignment
    placed = events.build(
        "hold.placed",
        hold,
        caller=caller,
        starts_at=hold.starts_at,
        resource_id=place.resource_id,
    )
    with taking():
        insert_together(hold, *new_allocations(place, hold=hold), placed)
    events.relay_after_commit()
    return hold


@in_one_transaction
def drop_hold(hold: Hold, *, caller: Caller, token: str | None = None) -> None:
    """Give a held time back. Dropping one that has ended already changes nothing.

    Who waits for that time gets it offered in the same transaction. Raises NotFound unless the
    caller shows its token or made it.
    """
    by_maker = caller.id is not None and hold.made_by_id == caller.id
    if not by_maker and (token is None or not is_token_of(hold, token)):
        raise NotFound
    lock_resources([hold.resource_id], freeing=[hold.resource_id])
    hold.refresh_from_db(fields=["ended_at"])
    if hold.ended_at is None:
        freed = end_holds([hold.pk], timezone.now())
        events.record("hold.dropped", hold, caller=caller)
        offer_to_waitlist(freed)


@in_one_transaction
def lapse_holds() -> int:
    """Release the holds whose time is over; return how many. The clock's part.

    What they kept goes to who waits for it, in the same transaction. If it was an offer to
    somebody on a waitlist, their place ends with it. Places in group sessions: `place_offers`.
    """
    now = timezone.now()
    due = Hold.objects.filter(ended_at=None, expires_at__lte=now, group_session=None)
    found = dict(due.order_by("expires_at").values_list("pk", "resource_id")[:LAPSED_BATCH])
    if not found:
        return 0
    resources = set(found.values())
    lock_resources(resources, freeing=resources)
    # Read again: one may have become a booking while we waited.
    lapsed = list(Hold.objects.filter(pk__in=found, ended_at=None))
    freed = end_lapsed(lapsed, now)
    expire_offers([hold.pk for hold in lapsed])
    offer_to_waitlist(freed)
    return len(lapsed)


def claim_hold(claim: HoldClaim, *, request: BookingRequest) -> Hold:
    """Lock a hold's resource and return the hold, if it is still good for this booking.

    Raises NotFound for a wrong id or token, HoldLapsed, and Invalid when the booking asks
    for another service, time, duration or resource than was held.
    """
    hold = (
        Hold.objects.for_organization(request.service.organization_id)
        .filter(pk=claim.hold_id, group_session=None)
        .first()
    )
    if hold is None or not is_token_of(hold, claim.token):
        raise NotFound("There is no hold with this id and token.")
    lock_resources([hold.resource_id])
    hold.refresh_from_db(fields=["ended_at", "expires_at"])
    if hold.ended_at is not None or hold.expires_at <= timezone.now():
        raise HoldLapsed
    wrong = {}
    if hold.service_id != request.service.pk:
        wrong["serviceId"] = ["The hold is for another service."]
    if hold.starts_at != request.starts_at:
        wrong["timeSlot.startTime"] = ["The hold is for another time."]
    if hold.ends_at - hold.starts_at != timedelta(minutes=request.minutes):
        wrong["timeSlot.duration"] = ["The hold is for another duration."]
    if request.resource is not None and request.resource.pk != hold.resource_id:
        wrong["resourceId"] = ["The hold is for another resource."]
    if wrong:
        raise Invalid(fields=wrong)
    return hold


def end_claimed_hold(hold: Hold) -> None:
    """Note that a hold became a booking; its allocation is the booking's by now."""
    Hold.objects.filter(pk=hold.pk).update(ended_at=timezone.now())


def holds_shown_by(token: str, *, organization_id: UUID) -> list[Hold]:
    """Return what is kept at this moment for whoever has this token, the oldest first."""
    live = Hold.objects.for_organization(organization_id).filter(ended_at=None)
    theirs = live.filter(expires_at__gt=timezone.now(), token_digest=Hold.digest_of(token))
    return list(theirs.order_by("pk"))


def new_token() -> str:
    """Return 256 random bits as text: what proves that a hold is one's own."""
    return secrets.token_urlsafe(32)


def is_token_of(hold: Hold, token: str) -> bool:
    return secrets.compare_digest(bytes(hold.token_digest), Hold.digest_of(token))
