"""Freed time goes to who waits for it: as a hold for the first in line, before anybody else.

Whoever gives time back calls `offer_to_waitlist` in the same transaction, after having locked with
`locking` what those who wait would need. What comes free in another way, by longer hours or an
absence that is called off, the clock finds (`offer_what_is_free`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from bookings.availability.intervals import Interval
from bookings.errors import NotOffered, SlotTaken
from bookings.models import Allocation, Hold, Service, ServiceResource, WaitlistEntry
from bookings.selectors.limits import has_had_enough
from bookings.selectors.slots import free_slots
from bookings.selectors.waitlist import Candidate, offered_before, waiting, waiting_for
from bookings.services.allocating import Freed, Place, find_place, new_allocations, taking
from bookings.services.locking import lock_at_once, lock_resources
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_together, require_transaction
from core.links import make_link_token

# Nobody reads a mail in less: such a time is left to whoever looks for one now.
SHORTEST_OFFER = timedelta(minutes=15)
MOST_TRIED = 20  # starts for one person; each that the engine offers can be had
HOLD_PURPOSE = "waitlist.hold"
Status = WaitlistEntry.Status


def offer_to_waitlist(freed: Sequence[Freed], *, passed_over: Collection[UUID] = ()) -> int:
    """Keep freed time for who waits for it, first come first served; return for how many.

    Whoever has said no to a start, or not answered, is not offered that start again. `passed_over`
    are entries that get nothing this time. Writes a hold and waitlist.offered for each.
    Raises ChangedMeanwhile when somebody has joined for whom more would have to be locked.
    """
    require_transaction()
    now = timezone.now()
    freed = [one for one in freed if one.ends_at > now]
    if not freed:
        return 0
    stretch = Interval(min(one.starts_at for one in freed), max(one.ends_at for one in freed))
    line = waiting_for(
        {one.resource_id for one in freed},
        now=now,
        first=stretch.start - timedelta(days=2),
        last=stretch.end + timedelta(days=1),
    )
    line = [one for one in line if one.id not in passed_over]
    if not line:
        return 0
    lock_at_once({resource for one in line for resource in one.resources})
    return _Round(line, now, stretch).offer_all()


def offer_what_is_free() -> int:
    """Offer what came free without being given back; return how much. The clock's part.

    Looks first and locks only where there is something. A transaction for each service.
    """
    now = timezone.now()
    line = waiting(now=now)
    found = _Round(line, now)
    services = {one.service_id for one in line if any(found.starts_for(one))}
    return sum(_offer_in(service_id) for service_id in sorted(services))


@in_one_transaction
def _offer_in(service_id: UUID) -> int:
    service = Service.objects.get(pk=service_id)
    lock_resources(
        list(ServiceResource.objects.filter(service=service).values_list("resource_id", flat=True))
    )
    now = timezone.now()
    line = waiting(now=now, service_id=service_id)
    lock_at_once({resource for one in line for resource in one.resources})
    return _Round(line, now).offer_all()


def place_offer(
    entry_id: UUID, place: Place, *, service: Service, caller: Caller, now: datetime
) -> WaitlistEntry | None:
    """Make `place` a hold for this entry, if it still waits; its resources are locked.

    The hold lasts WAITLIST_OFFER_MINUTES, and never into the service's minimum notice.
    """
    rows = WaitlistEntry.objects.select_for_update(no_key=True)
    entry = rows.filter(pk=entry_id, status=Status.WAITING).first()
    if entry is None:
        return None
    entry.offers += 1
    hold = Hold(
        organization_id=entry.organization_id,
        service=service,
        resource_id=place.resource_id,
        starts_at=place.starts_at,
        ends_at=place.starts_at + timedelta(minutes=place.minutes),
        assignment=place.assignment,
        token_digest=Hold.digest_of(hold_token(entry)),
        expires_at=kept_until(service, place.starts_at, now=now),
    )
    with taking():
        write_offer(entry, hold, *new_allocations(place, hold=hold), caller=caller)
    return entry


def write_offer(
    entry: WaitlistEntry, hold: Hold, *allocations: Allocation, caller: Caller, **facts: object
) -> None:
    """Offer `hold` to a locked entry that has counted it already; `facts` go into the event."""
    offered = events.build(
        "waitlist.offered",
        entry,
        caller=caller,
        offer=entry.offers,
        hold_id=hold.pk,
        service_id=entry.service_id,
        resource_id=hold.resource_id,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        expires_at=hold.expires_at,
        **facts,
    )
    insert_together(hold, *allocations, offered)
    entry.status, entry.hold = Status.OFFERED, hold
    entry.save(update_fields=["status", "hold", "offers", "updated_at"])
    events.relay_after_commit()


def kept_until(service: Service, starts_at: datetime, *, now: datetime) -> datetime:
    """Return until when an offer made now is kept: it must still be possible to accept it."""
    last_moment = starts_at - timedelta(minutes=service.minimum_notice_minutes)
    return min(now + timedelta(minutes=settings.WAITLIST_OFFER_MINUTES), last_moment)


def hold_token(entry: WaitlistEntry) -> str:
    """Return what proves the hold of the latest offer: only this server can work it out."""
    return make_link_token(HOLD_PURPOSE, entry.pk, entry.offers)


def expire_offers(hold_ids: Collection[UUID]) -> None:
    """End the entries whose offer lapsed unanswered. Inside a transaction."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True).order_by("pk")
    for entry in rows.filter(hold__in=hold_ids, status=Status.OFFERED):
        expire(entry, unanswered=True)


def expire(entry: WaitlistEntry, *, unanswered: bool, **facts: object) -> None:
    """End a locked entry, because it was not answered or because its window is over.

    `facts` go into the event.
    """
    entry.status = Status.EXPIRED
    entry.save(update_fields=["status", "updated_at"])
    clock = Caller.clock(entry.organization_id)
    events.record("waitlist.expired", entry, caller=clock, unanswered=unanswered, **facts)


@dataclass
class _Round:
    """One walk down the line. What is free is read once for all who want the same."""

    line: list[Candidate]
    now: datetime
    stretch: Interval | None = None
    _free: dict[tuple[object, ...], list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = {one.service_id for one in self.line}
        active = Service.objects.filter(pk__in=wanted, is_active=True)
        self._services = active.select_related("organization").in_bulk()
        asked = [one.id for one in self.line if one.offers]
        self._before = offered_before(asked) if asked else set()

    def offer_all(self) -> int:
        return sum(self._offer(one) for one in self.line)

    def starts_for(self, one: Candidate) -> Iterator[datetime]:
        """Yield the first free starts that can be offered to somebody, in order."""
        service = self._services.get(one.service_id)
        window = self._window(one, service) if service else None
        if service is None or window is None:
            return
        key = (one.service_id, one.resource_id, one.minutes, window)
        if key not in self._free:
            slots = free_slots(
                service,
                window,
                minutes=one.minutes,
                resource_id=one.resource_id,
                now=self.now,
            )
            enough = self.now + SHORTEST_OFFER
            self._free[key] = [
                slot.start
                for slot in slots
                if kept_until(service, slot.start, now=self.now) >= enough
            ]
        fresh = (start for start in self._free[key] if (one.id, start) not in self._before)
        for start in islice(fresh, MOST_TRIED):
            if not has_had_enough(service, start, customer_id=one.customer_id):
                yield start

    def _window(self, one: Candidate, service: Service) -> Interval | None:
        """Return where a start has to lie: in the person's window, touching what came free."""
        start, end = max(one.from_at, self.now), one.to_at
        if self.stretch is not None:
            after = timedelta(minutes=one.minutes + service.buffer_after_minutes)
            start = max(start, self.stretch.start - after)
            end = min(end, self.stretch.end + timedelta(minutes=service.buffer_before_minutes))
        return Interval(start, end) if start < end else None

    def _offer(self, one: Candidate) -> bool:
        for start in self.starts_for(one):
            service = self._services[one.service_id]
            try:
                place = find_place(
                    service=service,
                    starts_at=start,
                    minutes=one.minutes,
                    resource_id=one.resource_id,
                    on_grid=True,
                )
            except (SlotTaken, NotOffered):  # an offer that has lapsed and waits for the clock
                continue
            clock = Caller.clock(service.organization_id)
            made = place_offer(one.id, place, service=service, caller=clock, now=self.now)
            self._free.clear()
            return made is not None
        return False
