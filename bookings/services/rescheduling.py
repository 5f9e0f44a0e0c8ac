"""Changing what a booking says: its time, its resource, its inquiry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from django.utils import timezone

from bookings.errors import IllegalTransition, SessionDecides, SlotTaken
from bookings.models import Booking, BundlePurchase, Resource
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
from bookings.services.alternatives import with_alternatives
from bookings.services.credit import check_bundle
from bookings.services.hold import settling_lapsed_offers
from bookings.services.locking import lock_resources_of
from bookings.services.offering import offer_to_waitlist
from bookings.services.overbooking import check_overbooking, find_place_anyway
from bookings.services.policy import why_not_rescheduled
from bookings.services.reason import note_reason
from bookings.services.status import check_version, locked
from core import events
from core.access import Caller, CallerKind
from core.db import ChangedMeanwhile, in_one_transaction, insert_together
from core.errors import Invalid


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What should be different. What is None stays; resource "any" lets the rule choose."""

    starts_at: datetime | None = None
    minutes: int | None = None
    resource: Resource | Literal["any"] | None = None
    inquiry: str | None = None


def update_booking(
    booking: Booking,
    changes: Changes,
    *,
    caller: Caller,
    expected_version: int | None = None,
    on_grid: bool = False,
    reason: str = "",
    overbook: bool = False,
) -> Booking:
    """Change a booking that is still open. What is the same already is no change.

    A new time keeps the resource unless another is asked for. The old time is given back and
    the new one taken in one transaction, in which whoever waits for the old one gets it offered;
    the status stays. `reason` is kept encrypted with the history. A customer is bound by the
    service's policy, and their moves are counted. With `overbook` nothing but the past stands
    against the new time: for who may (`bookings:overbook`), and with a reason.

    What a bundle paid for stays within what that bundle pays for.

    Raises IllegalTransition for a final booking, StaleVersion, Invalid (a time in the past,
    a duration that the service does not have), SlotTaken with alternatives, NotOffered,
    RescheduleDeadline, RescheduleLimit, BundleExpired, BundleNotCovering; SessionDecides for a
    place in a group session; NotFound for a resource that is not the caller's.
    """
    try:
        return move(booking, changes, caller, expected_version, on_grid, reason, overbook)
    except SlotTaken as taken:
        wanted = changes.resource or booking.resource
        minutes = changes.minutes or booking.minutes
        raise with_alternatives(
            taken,
            booking.service,
            changes.starts_at or booking.starts_at,
            minutes=minutes,
            resource_id=wanted.pk if isinstance(wanted, Resource) else None,
            among=caller.only_resources,
            besides=kept_by(booking).allocations,
            without=booking.pk,
        ) from taken


@settling_lapsed_offers
@in_one_transaction
def move(
    booking: Booking,
    changes: Changes,
    caller: Caller,
    expected_version: int | None = None,
    on_grid: bool = False,
    reason: str = "",
    overbook: bool = False,
    **facts: object,
) -> Booking:
    """The same without looking for alternatives. `facts` go into booking.rescheduled."""
    starts_at = changes.starts_at or booking.starts_at
    minutes = changes.minutes or booking.minutes
    moves = (
        starts_at != booking.starts_at
        or minutes != booking.minutes
        or changes.resource == "any"
        or (isinstance(changes.resource, Resource) and changes.resource.pk != booking.resource_id)
    )
    before = booking
    caller.require_resources([booking.resource_id])
    place = None
    if moves:
        _check_open(booking)
        _check_alone(booking)
        check_version(booking, expected_version)
        _check_policy(booking, caller)
        _check_time(booking, starts_at, minutes)
        check_bundle_at(booking, starts_at)
        if overbook:
            check_overbooking(caller, reason)
        kept = kept_by(booking)
        find: Callable[..., Place] = find_place_anyway
        if not overbook:
            find = partial(find_place, without=booking.pk, on_grid=on_grid)
        place = find(
            service=booking.service,
            starts_at=starts_at,
            minutes=minutes,
            resource_id=_resource_wanted(booking, changes),
            among=caller.only_resources,
            also_lock=kept.resources,
            besides=kept.allocations,
        )
        caller.require_resources([place.resource_id])
    else:
        lock_resources_of(booking)
    booking = locked(booking)
    check_version(booking, expected_version)
    _check_open(booking)
    if (booking.starts_at, booking.ends_at) != (before.starts_at, before.ends_at):
        before.starts_at, before.ends_at = booking.starts_at, booking.ends_at
        raise ChangedMeanwhile
    fields: list[str] = []
    fields_of_place: list[str] = []
    freed: list[Freed] = []
    if changes.inquiry is not None and changes.inquiry != booking.inquiry:
        booking.inquiry = changes.inquiry
        fields.append("inquiry")
    if place is None and not fields:
        return booking
    booking.version += 1
    if place is not None:
        _check_policy(booking, caller)
        booking.reschedules += caller.kind == CallerKind.CUSTOMER
        booking.starts_at = starts_at
        booking.ends_at = starts_at + timedelta(minutes=minutes)
        booking.resource_id = place.resource_id
        booking.assignment, booking.is_overbooked = place.assignment, place.is_overbooked
        booking.lapses_at = booking.lapses_at and min(booking.lapses_at, starts_at)
        fields_of_place = [
            "lapses_at",
            "starts_at",
            "ends_at",
            "resource",
            "assignment",
            "is_overbooked",
            "reschedules",
        ]
        freed = give_back(booking=booking)
        with taking():
            insert_together(*new_allocations(place, booking=booking))
    booking.save(update_fields=[*fields, *fields_of_place, "version", "updated_at"])
    note_reason(booking, reason)
    if place is not None:
        events.record(
            "booking.rescheduled",
            booking,
            caller=caller,
            from_starts_at=before.starts_at,
            from_ends_at=before.ends_at,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            from_resource_id=before.resource_id,
            resource_id=booking.resource_id,
            version=booking.version,
            **facts,
        )
    if fields:
        events.record(
            "booking.updated", booking, caller=caller, fields=fields, version=booking.version
        )
    offer_to_waitlist(freed)
    return booking


def _resource_wanted(booking: Booking, changes: Changes) -> UUID | None:
    if changes.resource == "any":
        return None
    return changes.resource.pk if changes.resource else booking.resource_id


def _check_open(booking: Booking) -> None:
    if booking.status not in Booking.OPEN:
        raise IllegalTransition(
            "This booking is over, so it cannot be changed.", status=booking.status
        )


def _check_alone(booking: Booking) -> None:
    if booking.group_session_id is not None:
        raise SessionDecides


def _check_policy(booking: Booking, caller: Caller) -> None:
    if caller.kind != CallerKind.CUSTOMER:
        return
    if refusal := why_not_rescheduled(booking, now=timezone.now()):
        raise refusal


def _check_time(booking: Booking, starts_at: datetime, minutes: int) -> None:
    wrong = wrong_with(booking.service, starts_at, minutes)
    if minutes == booking.minutes:  # what it has it may keep, whatever the service says now
        wrong.pop("timeSlot.duration", None)
    if wrong:
        raise Invalid(fields=wrong)


def check_bundle_at(booking: Booking, starts_at: datetime) -> None:
    """A new start has to be one that the bundle would have paid for."""
    if booking.bundle_id is None:
        return
    bundles = BundlePurchase.objects.select_related("product", "organization")
    check_bundle(
        bundles.get(pk=booking.bundle_id),
        customer_id=booking.customer_id,
        service_id=booking.service_id,
        is_group=False,
        starts_at=starts_at,
    )
