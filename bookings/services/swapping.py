"""Two bookings change places in one step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from bookings.errors import IllegalTransition, NotTheirService, SessionDecides
from bookings.models import Booking, ServiceResource
from bookings.selectors.crew import crew_of
from bookings.selectors.limits import is_limited
from bookings.selectors.slots import rules_of
from bookings.services.allocating import (
    Freed,
    Place,
    find_place,
    give_back,
    kept_by,
    new_allocations,
    taking,
    wrong_with,
)
from bookings.services.hold import settling_lapsed_offers
from bookings.services.locking import lock_resources, lock_service
from bookings.services.offering import offer_to_waitlist
from bookings.services.overbooking import check_overbooking, find_place_anyway
from bookings.services.reason import note_reason
from bookings.services.rescheduling import check_bundle_at
from bookings.services.status import check_version, locked
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction, insert_together
from core.errors import DomainError, Invalid, NotFound

Stand = tuple[datetime, datetime, UUID]  # from, until, with whom


@settling_lapsed_offers
@in_one_transaction
def swap_bookings(
    one: Booking,
    other: Booking,
    *,
    caller: Caller,
    reason: str = "",
    expected_versions: tuple[int | None, int | None] = (None, None),
    overbook: bool = False,
) -> tuple[Booking, Booking]:
    """Let two open bookings take each other's start and resource; each keeps its length.

    Both or neither: each is judged by the engine as it would stand then, with the old times of
    both given back. Each customer is told as of a move. `reason` is kept encrypted with both.
    What is left over, where their lengths differ, is offered to who waits for it. With `overbook`
    nothing but the past and the service stands against it: for who may (`bookings:overbook`), and
    with a reason.

    Raises Invalid (one and the same, a time in the past), NotFound (another organization's, a
    colleague's), IllegalTransition, StaleVersion, NotTheirService, SlotTaken, NotOffered,
    SessionDecides, and what a bundle does not pay for at the new time; the details of what does
    not fit name its `bookingId`.
    """
    if one.pk == other.pk:
        raise Invalid("A booking cannot change places with itself.")
    if one.organization_id != other.organization_id:
        raise NotFound
    caller.require_resources([one.resource_id, other.resource_id])
    for booking in (one, other):
        _check_open(booking)
    if overbook:
        check_overbooking(caller, reason)
    _lock_everything(one, other)
    stood = {booking.pk: _stand(booking) for booking in (one, other)}
    fresh = {booking.pk: locked(booking) for booking in sorted((one, other), key=_id)}
    for booking, version in zip((one, other), expected_versions, strict=True):
        now = fresh[booking.pk]
        check_version(now, version)
        _check_open(now)
        if _stand(now) != stood[booking.pk]:
            booking.starts_at, booking.ends_at = now.starts_at, now.ends_at
            raise ChangedMeanwhile
    first, second = fresh[one.pk], fresh[other.pk]
    freed: list[Freed] = []
    for booking, place_of in ((first, other), (second, one)):
        _stand_at(booking, *stood[place_of.pk])
        freed += give_back(booking=booking)
        note_reason(booking, reason)
    for booking in (first, second):
        _take(booking, overbook=overbook)
        _tell(booking, stood[booking.pk], caller)
    offer_to_waitlist(freed)
    return first, second


def _lock_everything(one: Booking, other: Booking) -> None:
    """Lock what both keep busy and what both may need, in one statement, then their services."""
    kept = kept_by(one).resources | kept_by(other).resources
    wanted = set(kept)
    for booking, there in ((one, other), (other, one)):
        reach = rules_of(booking.service).reach(
            there.starts_at, there.starts_at, minutes=booking.minutes
        )
        crew = crew_of(booking.service, reach, resource_id=there.resource_id)
        wanted |= {calendar.resource_id for calendar in crew.calendars}
    lock_resources(wanted, freeing=kept)
    services = {booking.service_id: booking.service for booking in (one, other)}
    for pk in sorted(services):
        if is_limited(services[pk]):
            lock_service(services[pk])


def _stand_at(booking: Booking, starts_at: datetime, _until: datetime, resource_id: UUID) -> None:
    """Put a booking's row where the other stood; its place is taken when both have moved."""
    minutes = booking.minutes
    if "timeSlot.startTime" in (wrong := wrong_with(booking.service, starts_at, minutes)):
        raise Invalid(fields={"timeSlot.startTime": wrong["timeSlot.startTime"]})
    if not ServiceResource.objects.filter(
        service=booking.service_id, resource=resource_id
    ).exists():
        raise NotTheirService(bookingId=str(booking.pk))
    booking.starts_at = starts_at
    booking.ends_at = starts_at + timedelta(minutes=minutes)
    booking.resource_id = resource_id
    booking.lapses_at = booking.lapses_at and min(booking.lapses_at, starts_at)
    booking.version += 1
    booking.assignment, booking.is_overbooked = None, False
    booking.save(
        update_fields=[
            "starts_at",
            "ends_at",
            "resource",
            "lapses_at",
            "version",
            "assignment",
            "is_overbooked",
            "updated_at",
        ]
    )


def _take(booking: Booking, *, overbook: bool) -> None:
    """Take the time at which the row stands. Raises with the `bookingId` in the details."""
    find: Callable[..., Place] = find_place_anyway
    if not overbook:
        find = partial(find_place, without=booking.pk)
    try:
        check_bundle_at(booking, booking.starts_at)
        place = find(
            service=booking.service,
            starts_at=booking.starts_at,
            minutes=booking.minutes,
            resource_id=booking.resource_id,
        )
        with taking():
            insert_together(*new_allocations(place, booking=booking))
    except DomainError as refusal:
        refusal.details = {**refusal.details, "bookingId": str(booking.pk)}
        raise
    if place.is_overbooked:
        booking.is_overbooked = True
        booking.save(update_fields=["is_overbooked"])


def _tell(booking: Booking, stood: Stand, caller: Caller) -> None:
    from_starts_at, from_ends_at, from_resource_id = stood
    events.record(
        "booking.rescheduled",
        booking,
        caller=caller,
        from_starts_at=from_starts_at,
        from_ends_at=from_ends_at,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        from_resource_id=from_resource_id,
        resource_id=booking.resource_id,
        version=booking.version,
    )


def _check_open(booking: Booking) -> None:
    if booking.group_session_id is not None:
        raise SessionDecides(bookingId=str(booking.pk))
    if booking.status not in Booking.OPEN:
        raise IllegalTransition(
            "This booking is over, so it cannot be changed.",
            status=booking.status,
            bookingId=str(booking.pk),
        )


def _stand(booking: Booking) -> Stand:
    return booking.starts_at, booking.ends_at, booking.resource_id


def _id(booking: Booking) -> UUID:
    return booking.pk
