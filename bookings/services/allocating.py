"""Taking time and giving it back: the only writer of Allocation.

Every function here runs inside a transaction that a door opened; what is locked, and in which
order: `locking`.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bookings.availability.engine import choose_lane, reasons_against, reasons_against_all
from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.terms import ServiceRules
from bookings.errors import NotOffered, OfferLapsed, SlotTaken
from bookings.models import Allocation, Booking, GroupSession, Hold, Service, WaitlistEntry
from bookings.selectors.crew import Crew, crew_of
from bookings.selectors.limits import full_periods, is_limited
from bookings.selectors.slots import read_busy, rules_of, with_causes
from bookings.services.assigning import choose
from bookings.services.locking import lock_resources, lock_service
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, require_transaction, rows, violation_of

# To a client these are one thing: somebody else was first.
SOMEBODY_ELSES = {ReasonCode.TAKEN, ReasonCode.HELD, ReasonCode.NO_LANE}

KEPT = """
    SELECT allocation.id, lane.resource_id FROM bookings_allocation AS allocation
    JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
    WHERE allocation.{owner} = %s AND allocation.released_at IS NULL
    ORDER BY allocation.id
"""
RELEASE = """
    UPDATE bookings_allocation AS allocation SET released_at = %(now)s
    FROM bookings_lane AS lane
    WHERE lane.id = allocation.lane_id AND allocation.released_at IS NULL
      AND allocation.{owner} = ANY(%(owners)s)
    RETURNING lane.resource_id, allocation.starts_at, allocation.ends_at
"""

# Each session of a resource, with each of its new lanes on which nothing else stands then.
MISSING = """
    SELECT DISTINCT session.id, lane.id, allocation.starts_at, allocation.ends_at
    FROM bookings_groupsession AS session
    JOIN bookings_allocation AS allocation ON allocation.group_session_id = session.id
    JOIN bookings_lane AS kept ON kept.id = allocation.lane_id
    JOIN bookings_lane AS lane ON lane.resource_id = session.resource_id
    WHERE session.resource_id = %(resource)s AND session.ends_at > %(now)s
      AND kept.resource_id = session.resource_id AND allocation.released_at IS NULL
      AND lane.id = ANY(%(lanes)s)
      AND NOT EXISTS (
          SELECT FROM bookings_allocation AS other
          WHERE other.lane_id = lane.id AND other.released_at IS NULL
            AND other.starts_at < allocation.ends_at AND other.ends_at > allocation.starts_at
      )
"""

SENTENCES = {
    ReasonCode.OUTSIDE_HOURS: "This time is outside opening hours.",
    ReasonCode.TIME_OFF: "Nobody is there at this time.",
    ReasonCode.HOLIDAY: "This day is a holiday.",
    ReasonCode.BUFFER: "This time is too close to another appointment.",
    ReasonCode.MIN_NOTICE: "This time is too soon to be booked.",
    ReasonCode.HORIZON: "This time is too far ahead to be booked.",
    ReasonCode.LIMIT_DAY: "This day has as many appointments as it may have.",
    ReasonCode.LIMIT_WEEK: "This week has as many appointments as it may have.",
    ReasonCode.LIMIT_MONTH: "This month has as many appointments as it may have.",
    ReasonCode.LIMIT_CUSTOMER: "This customer has as many appointments as one may have then.",
    ReasonCode.EXTERNAL_BUSY: "Nobody is free at this time.",
    ReasonCode.OFF_GRID: "Appointments do not begin at this minute.",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where there is room from `starts_at` for `minutes`: with `resource_id`, on all of `lanes`.

    `assignment` says why they were chosen, None where there was nothing to choose.
    """

    resource_id: UUID
    lanes: tuple[int, ...]
    starts_at: datetime
    minutes: int
    rules: ServiceRules
    assignment: dict[str, object] | None = None
    is_overbooked: bool = False

    @property
    def taken(self) -> Interval:
        """The stretch that the lanes are busy, buffers included."""
        return self.rules.reach(self.starts_at, self.starts_at, minutes=self.minutes)


@dataclass(frozen=True)
class Freed:
    """A stretch of time, buffers included, that was given back."""

    resource_id: UUID
    starts_at: datetime
    ends_at: datetime


def find_place(
    *,
    service: Service,
    starts_at: datetime,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    also_lock: Iterable[UUID] = (),
    besides: Sequence[UUID] = (),
    without: UUID | None = None,
    on_grid: bool = False,
) -> Place:
    """Lock whoever could take `minutes` at `starts_at` and return where there is room.

    The one engine that offered the time judges it again, with what is busy read after the
    lock; the service's rule chooses among those who are free, of `among` if given. `also_lock`
    are resources that the caller is about to free; `besides` are allocations that do not count
    (one's own, when moving), and `without` is their booking. Lapsed holds in the way are
    released. `on_grid` also refuses a start between the steps that the service offers.

    Raises SlotTaken, NotOffered; OfferLapsed, a SlotTaken, when what lapsed was an offer to
    somebody on a waitlist: it goes to the next in line before it is anybody's.
    """
    rules = rules_of(service)
    now = timezone.now()
    window = rules.reach(starts_at, starts_at, minutes=minutes)
    crew = crew_of(service, window, resource_id=resource_id, among=among)
    asked = Asked(service, crew, starts_at, minutes, besides, without, on_grid)
    possible = crew.with_calendars(
        [
            one
            for one in crew.calendars
            if not reasons_against(rules, [one], starts_at, minutes=minutes, now=now)
        ]
    )
    demand = possible.demand()
    if reasons_against_all(rules, demand, starts_at, minutes=minutes, now=now, on_grid=on_grid):
        _refuse(asked, now)
    freeing = set(also_lock)
    candidates = {one.resource_id for one in possible.calendars}
    locked = lock_resources(candidates | freeing, freeing=freeing)
    if any(locked.get(pk) != crew.changed_at[pk] for pk in candidates):
        raise ChangedMeanwhile  # their hours, while we waited
    if is_limited(service):
        lock_service(service)
    now = timezone.now()
    busy = read_busy(possible.calendars, window, now=now, besides=besides)
    full = full_periods(service, window, now=now, without=without)
    free = possible.with_calendars(
        [
            one
            for one in busy.on(possible.calendars)
            if choose_lane(one, starts_at, minutes=minutes, service=rules) is not None
        ]
    )
    if reasons_against_all(
        rules, free.demand(full=full), starts_at, minutes=minutes, now=now, on_grid=on_grid
    ):
        _refuse(asked, now)
    chosen, assignment = choose(service, free, starts_at)
    lanes = [choose_lane(one, starts_at, minutes=minutes, service=rules) for one in chosen]
    place = Place(
        resource_id=chosen[0].resource_id,
        lanes=tuple(lane for lane in lanes if lane is not None),
        starts_at=starts_at,
        minutes=minutes,
        rules=rules,
        assignment=assignment,
    )
    if lapsed := busy.lapsed_lanes.intersection(place.lanes):
        release_lapsed_holds(lapsed, place.taken, now)
    return place


def new_allocations(
    place: Place,
    *,
    booking: Booking | None = None,
    hold: Hold | None = None,
    group_session: GroupSession | None = None,
) -> list[Allocation]:
    """Return the rows that take `place`, not saved: insert them inside `taking()`."""
    return [
        Allocation(
            lane_id=lane_id,
            booking=booking,
            hold=hold,
            group_session=group_session,
            starts_at=place.taken.start,
            ends_at=place.taken.end,
            expires_at=hold.expires_at if hold else None,
        )
        for lane_id in place.lanes
    ]


def taking() -> AbstractContextManager[None]:
    """Turn the constraint's refusal into SlotTaken: it has the last word, whoever asks."""
    return violation_of("allocation_lane_is_free", becomes=SlotTaken)


def wrong_with(service: Service, starts_at: datetime, minutes: int) -> dict[str, list[str]]:
    """What a request alone shows to be wrong with its time, by the path of each field."""
    wrong = {}
    if starts_at <= timezone.now():
        wrong["timeSlot.startTime"] = ["This time is in the past."]
    if minutes not in service.durations:
        offered = ", ".join(map(str, service.durations))
        wrong["timeSlot.duration"] = [f"This service takes {offered} minutes."]
    return wrong


def give_back(*, booking: Booking) -> list[Freed]:
    """Release what a booking keeps busy, and return it. Who waits for it is asked elsewhere."""
    return _release("booking_id", [booking.pk], timezone.now())


def give_back_session(session: GroupSession) -> list[Freed]:
    """The same of a group session."""
    return _release("group_session_id", [session.pk], timezone.now())


def _release(owner: str, owner_ids: Sequence[UUID], now: datetime) -> list[Freed]:
    require_transaction()
    parameters = {"owners": list(owner_ids), "now": now}
    return [Freed(*row) for row in rows(RELEASE.format(owner=owner), parameters)]


def relabel(hold: Hold, booking: Booking) -> None:
    """Make a hold's allocation the booking's: at no moment is the time free in between."""
    require_transaction()
    Allocation.objects.filter(hold=hold, released_at=None).update(
        hold=None, booking=booking, expires_at=None
    )


def spread_sessions(resource_id: UUID, lanes: Collection[int]) -> None:
    """Let the sessions ahead of a locked resource keep these lanes of it too: they are new."""
    require_transaction()
    parameters = {"resource": resource_id, "lanes": list(lanes), "now": timezone.now()}
    Allocation.objects.bulk_create(
        Allocation(group_session_id=session, lane_id=lane, starts_at=start, ends_at=end)
        for session, lane, start, end in rows(MISSING, parameters)
    )


@dataclass(frozen=True)
class Kept:
    """What is kept busy now: live allocations, and the resources they are on."""

    allocations: tuple[UUID, ...]
    resources: frozenset[UUID]


def kept_by(booking: Booking) -> Kept:
    return _kept("booking_id", booking)


def kept_by_session(session: GroupSession) -> Kept:
    return _kept("group_session_id", session)


def _kept(owner: str, by: Booking | GroupSession) -> Kept:
    found = rows(KEPT.format(owner=owner), [by.pk])
    return Kept(
        tuple(allocation for allocation, _ in found),
        frozenset({by.resource_id, *(resource for _, resource in found)}),
    )


@dataclass(frozen=True)
class Asked:
    """What was asked for, to be explained when it is refused."""

    service: Service
    crew: Crew
    starts_at: datetime
    minutes: int
    besides: Sequence[UUID]
    without: UUID | None
    on_grid: bool


def _refuse(asked: Asked, now: datetime) -> NoReturn:
    """Raise the first reason that explain gives for this start."""
    rules = rules_of(asked.service)
    window = rules.reach(asked.starts_at, asked.starts_at, minutes=asked.minutes)
    known = with_causes(asked.crew.calendars, window, now=now, besides=asked.besides)
    full = full_periods(asked.service, window, now=now, without=asked.without)
    reasons = reasons_against_all(
        rules,
        asked.crew.with_calendars(known).demand(full=full),
        asked.starts_at,
        minutes=asked.minutes,
        now=now,
        on_grid=asked.on_grid,
    )
    if not reasons or reasons[0].code in SOMEBODY_ELSES:
        raise SlotTaken
    code = reasons[0].code
    raise NotOffered(str(code), SENTENCES.get(code))


def release_lapsed_holds(lanes: Iterable[int], stretch: Interval, now: datetime) -> None:
    """The constraint still counts a lapsed hold until its row says that it was released."""
    lapsed = Allocation.objects.filter(
        Q(lane_id__in=list(lanes), released_at=None, expires_at__lte=now),
        starts_at__lt=stretch.end,
        ends_at__gt=stretch.start,
    )
    holds = set(lapsed.values_list("hold_id", flat=True))
    offers = WaitlistEntry.objects.filter(hold__in=holds, status=WaitlistEntry.Status.OFFERED)
    if offers.exists():
        raise OfferLapsed
    end_lapsed(Hold.objects.filter(pk__in=holds), now)


def end_lapsed(holds: Iterable[Hold], now: datetime) -> list[Freed]:
    """Release holds whose time is over, whether the clock found them or somebody in their way."""
    lapsed = list(holds)
    freed = end_holds([hold.pk for hold in lapsed], now)
    for hold in lapsed:
        events.record("hold.lapsed", hold, caller=Caller.clock(hold.organization_id))
    return freed


def end_holds(hold_ids: Sequence[UUID], now: datetime) -> list[Freed]:
    """Release the allocations of holds and mark them ended; return what was released."""
    freed = _release("hold_id", hold_ids, now)
    Hold.objects.filter(pk__in=hold_ids, ended_at=None).update(ended_at=now)
    return freed
