"""A place in a group session that comes free goes to who waits for it, first come first served.

As a hold without an allocation, counted in the session's `held`. Whoever frees a place calls
`offer_places` in the same transaction. The lock order is that of `locking`: the session, then the
places on its waitlist; every function here runs inside a transaction that a door opened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Least
from django.utils import timezone

from bookings.models import Booking, GroupSession, Hold, WaitlistEntry
from bookings.services.allocating import end_holds, end_lapsed
from bookings.services.locking import lock_session
from bookings.services.offering import (
    SHORTEST_OFFER,
    expire,
    expire_offers,
    hold_token,
    write_offer,
)
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction

LAPSED_BATCH = 100
Status = WaitlistEntry.Status


def offer_places(session_id: UUID) -> int:
    """Keep each free place of a locked session for the next in line; return for how many.

    An offer lasts WAITLIST_OFFER_MINUTES, and never beyond the beginning of the session; shortly
    before that nobody is asked any more. Writes a hold and waitlist.offered for each.
    """
    session, now = lock_session(session_id), timezone.now()
    if session.places_left < 1 or not _can_be_offered(session, now):
        return 0
    has_a_place = Booking.objects.filter(group_session=session).exclude(
        status=Booking.Status.CANCELLED
    )
    line = WaitlistEntry.objects.filter(group_session=session, status=Status.WAITING)
    line = line.exclude(customer__in=has_a_place.values("customer")).order_by("id")
    first = list(line.select_for_update(no_key=True, of=("self",))[: session.places_left])
    for entry in first:
        _offer(entry, session, now)
    if first:
        _count(session.pk, held=len(first))
    return len(first)


def _can_be_offered(session: GroupSession, now: datetime) -> bool:
    takes_place = session.cancelled_at is None and session.service.is_active
    return takes_place and session.starts_at >= now + SHORTEST_OFFER


def _offer(entry: WaitlistEntry, session: GroupSession, now: datetime) -> None:
    entry.offers += 1
    kept_for = timedelta(minutes=settings.WAITLIST_OFFER_MINUTES)
    hold = Hold(
        organization_id=entry.organization_id,
        service_id=session.service_id,
        resource_id=session.resource_id,
        group_session=session,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        token_digest=Hold.digest_of(hold_token(entry)),
        expires_at=min(now + kept_for, session.starts_at),
    )
    clock = Caller.clock(session.organization_id)
    write_offer(entry, hold, caller=clock, group_session_id=session.pk)


def give_place_on(hold: Hold) -> None:
    """Take back a place that was kept in a locked session, and offer it to the next in line."""
    require_transaction()
    if hold.group_session_id is None:
        raise ValueError("this hold keeps a time, and no place in a session")
    end_holds([hold.pk], timezone.now())
    _count(hold.group_session_id, held=-1)
    offer_places(hold.group_session_id)


def lapse_places() -> int:
    """Give on the places that nobody answered for in time; return how many. The clock's part.

    A transaction for each session.
    """
    due = Hold.objects.filter(
        group_session__isnull=False, ended_at=None, expires_at__lte=timezone.now()
    )
    found = due.order_by("expires_at").values_list("group_session_id", flat=True)[:LAPSED_BATCH]
    return sum(_lapse_in(session_id) for session_id in sorted(set(found)))


@in_one_transaction
def _lapse_in(session_id: UUID) -> int:
    return settle_places(lock_session(session_id))


def settle_places(session: GroupSession) -> int:
    """Give on the places in a locked session whose offers have lapsed; return how many had.

    So that who finds an unanswered offer in their way is told the truth, also in the seconds
    before the clock comes round. Whoever did not answer is off the waitlist. `session` is as
    it was: read it again.
    """
    require_transaction()
    now = timezone.now()
    held = Hold.objects.filter(group_session=session, ended_at=None)
    lapsed = list(held.filter(expires_at__lte=now))
    if lapsed:
        end_lapsed(lapsed, now)
        _count(session.pk, held=-len(lapsed))
        expire_offers([hold.pk for hold in lapsed])
        offer_places(session.pk)
    return len(lapsed)


def entry_of(session: GroupSession, customer_id: UUID) -> WaitlistEntry | None:
    """Return somebody's open place in the line for a locked session."""
    theirs = _open_line(session).filter(customer=customer_id)
    return theirs.select_related("hold").first()


def entry_offered(hold: Hold) -> WaitlistEntry | None:
    """Return the place in line whose offer this hold on a place is."""
    return WaitlistEntry.objects.filter(hold=hold, status=Status.OFFERED).first()


def kept_for(entry: WaitlistEntry) -> Hold | None:
    """Return what is kept for somebody in line who takes a place without showing the offer."""
    hold = entry.hold if entry.status == Status.OFFERED else None
    is_live = hold is not None and hold.ended_at is None and hold.expires_at > timezone.now()
    return hold if is_live else None


def has_joined(entry: WaitlistEntry, booking: Booking, *, caller: Caller) -> None:
    """Note what became of somebody's place in the line for a locked session: they have joined."""
    require_transaction()
    entry.status, entry.booking = Status.ACCEPTED, booking
    entry.save(update_fields=["status", "booking", "updated_at"])
    events.record(
        "waitlist.accepted", entry, caller=caller, offer=entry.offers, booking_id=booking.pk
    )


def end_line(session: GroupSession) -> int:
    """Send home everybody who waits for a locked session that is cancelled; return how many.

    What was kept for them is given back. Writes waitlist.expired with `session_cancelled`.
    """
    require_transaction()
    held = Hold.objects.filter(group_session=session, ended_at=None)
    kept = list(held.values_list("pk", flat=True))
    if kept:
        end_holds(kept, timezone.now())
        _count(session.pk, held=-len(kept))
    waiting = _open_line(session).select_for_update(no_key=True)
    ended = list(waiting)
    for entry in ended:
        expire(entry, unanswered=False, session_cancelled=True)
    return len(ended)


def follow_session(session: GroupSession) -> None:
    """Let the line, and what is offered in it, have the time and resource of a locked session.

    No offer lasts beyond the new beginning.
    """
    require_transaction()
    now = timezone.now()
    Hold.objects.filter(group_session=session, ended_at=None).update(
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        resource_id=session.resource_id,
        expires_at=Least(F("expires_at"), Value(session.starts_at, output_field=DateTimeField())),
        updated_at=now,
    )
    _open_line(session).update(
        from_at=session.starts_at,
        to_at=session.ends_at,
        minutes=session.minutes,
        resource_id=session.resource_id,
        updated_at=now,
    )


def _open_line(session: GroupSession) -> QuerySet[WaitlistEntry]:
    rows = WaitlistEntry.objects.filter(group_session=session, status__in=WaitlistEntry.OPEN)
    return rows.order_by("id")


def _count(session_id: UUID, *, held: int) -> None:
    GroupSession.objects.filter(pk=session_id).update(held=F("held") + held)
