"""Changing a group session: its time, who gives it, its places, its price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from bookings.errors import CapacityBelowTaken, SessionOver, TaBusy, TaNotOnCourse
from bookings.models import (
    Booking,
    ChangeReason,
    GroupSession,
    Resource,
)
from bookings.services.allocating import (
    Freed,
    Place,
    give_back_session,
    kept_by_session,
    new_allocations,
)
from bookings.services.group_session import (
    check_session_version,
    places_of,
    wrong_with_places,
    wrong_with_times,
)
from bookings.services.hold import settling_lapsed_offers
from bookings.services.locking import lock_session
from bookings.services.offering import offer_to_waitlist
from bookings.services.place_offers import follow_session, offer_places, settle_places
from bookings.services.session_lanes import find_lanes
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction, insert_together, violation_of
from core.errors import Invalid, NotFound
from core.models import Event


@dataclass(frozen=True)
class _Wanted:
    """What a session is to be."""

    starts_at: datetime
    ends_at: datetime
    resource: Resource
    capacity: int
    price_amount: Decimal

    def moves(self, session: GroupSession) -> bool:
        there = (session.starts_at, session.ends_at, session.resource_id)
        return (self.starts_at, self.ends_at, self.resource.pk) != there


@settling_lapsed_offers
@in_one_transaction
def change_session(
    session: GroupSession,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    resource: Resource | None = None,
    capacity: int | None = None,
    price_amount: Decimal | None = None,
    caller: Caller,
    reason: str = "",
    expected_version: int | None = None,
) -> GroupSession:
    """Change a session ahead; what is None stays. A new start without a new end keeps the length.

    A new time or resource moves everybody's booking in the same transaction, and what is given
    back is offered to who waits for it. A new price is for who joins later; more places go to who
    waits for one. `reason` is kept encrypted with each booking that moves. Records
    group_session.rescheduled, with booking.rescheduled for each place (`told_by_session`), and
    group_session.updated for places and price. What is the same already is no change.

    Raises Invalid (`startTime`, `endTime`, `capacity`, `price`), SessionOver for one that has begun
    or is cancelled, CapacityBelowTaken, StaleVersion, NotFound, and what create_session raises of
    a new time.
    """
    related = ("service__organization", "resource")
    before = GroupSession.objects.select_related(*related).filter(pk=session.pk).first()
    if before is None:
        raise NotFound
    check_session_version(before, expected_version)
    _check_ahead(before)
    start = starts_at.astimezone(UTC) if starts_at else before.starts_at
    wanted = _Wanted(
        starts_at=start,
        ends_at=ends_at.astimezone(UTC) if ends_at else start + (before.ends_at - before.starts_at),
        resource=resource or before.resource,
        capacity=before.capacity if capacity is None else capacity,
        price_amount=before.price_amount if price_amount is None else price_amount,
    )
    place = _find_lanes(before, wanted)
    session = lock_session(before.pk)
    if settle_places(session):
        session = lock_session(session.pk)
    check_session_version(session, expected_version)
    _check_ahead(session)
    if before.version != session.version:
        raise ChangedMeanwhile
    if wanted.capacity < session.taken + session.held:
        raise CapacityBelowTaken(taken=session.taken + session.held)
    freed: list[Freed] = []
    fields = _set(session, wanted)
    if not fields and place is None:
        return session
    session.version += 1
    session.save(
        update_fields=[*fields, "starts_at", "ends_at", "resource", "version", "updated_at"]
    )
    if place is not None:
        freed = give_back_session(session)
        with violation_of("allocation_lane_is_free", becomes=TaBusy):
            insert_together(*new_allocations(place, group_session=session))
        _move_places(session, before, caller, reason)
    if fields:
        events.record(
            "group_session.updated", session, caller=caller, fields=fields, version=session.version
        )
    offer_to_waitlist(freed)
    if "capacity" in fields and offer_places(session.pk):
        session.refresh_from_db(fields=["held"])
    return session


def _find_lanes(before: GroupSession, wanted: _Wanted) -> Place | None:
    """Return where it moves to, locked with where it was; None if it stays. Raises Invalid."""
    wrong = wrong_with_places(wanted.capacity, wanted.price_amount)
    moves = wanted.moves(before)
    if moves:
        wrong |= wrong_with_times(wanted.starts_at, wanted.ends_at)
    if wrong:
        raise Invalid(fields=wrong)
    if not moves:
        return None
    if wanted.resource.organization_id != before.organization_id:
        raise TaNotOnCourse
    kept = kept_by_session(before)
    return find_lanes(
        service=before.service,
        resource_id=wanted.resource.pk,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        also_lock=kept.resources,
        besides=kept.allocations,
    )


def _set(session: GroupSession, wanted: _Wanted) -> list[str]:
    """Bring the row in line with what is wanted; return which of places and price changed."""
    session.starts_at, session.ends_at = wanted.starts_at, wanted.ends_at
    session.resource = wanted.resource
    fields = []
    if session.capacity != wanted.capacity:
        session.capacity = wanted.capacity
        fields.append("capacity")
    if session.price_amount != wanted.price_amount:
        session.price_amount = wanted.price_amount
        fields.append("price_amount")
    return fields


def _check_ahead(session: GroupSession) -> None:
    if session.cancelled_at is not None or session.starts_at <= timezone.now():
        raise SessionOver


def _move_places(session: GroupSession, before: GroupSession, caller: Caller, reason: str) -> None:
    """Let everything in a session follow it. As many statements for one place as for all."""
    now = timezone.now()
    there = {
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "resource_id": session.resource_id,
    }
    moved = {
        "from_starts_at": before.starts_at,
        "from_ends_at": before.ends_at,
        "from_resource_id": before.resource_id,
        **there,
    }
    rows = places_of(session).select_for_update(no_key=True)
    bookings = list(rows.only("organization", "version"))
    Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).update(
        **there, version=F("version") + 1, updated_at=now
    )
    follow_session(session)
    told = []
    for booking in bookings:
        booking.version += 1
        told.append(
            events.build(
                "booking.rescheduled",
                booking,
                caller=caller,
                **moved,
                version=booking.version,
                group_session_id=session.pk,
                told_by_session=True,
            )
        )
    Event.objects.bulk_create(told)
    if text := reason.strip():
        ChangeReason.objects.bulk_create(
            ChangeReason(booking=booking, version=booking.version, text=text)
            for booking in bookings
        )
    events.record(
        "group_session.rescheduled",
        session,
        caller=caller,
        **moved,
        bookings=len(bookings),
        version=session.version,
    )
