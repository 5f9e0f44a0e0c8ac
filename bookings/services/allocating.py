"""Taking time and giving it back: the only writer of Allocation.

Every function here runs inside a transaction that a door opened. The order of locks is:
resources (sorted, in one statement), then sessions, bundles, bookings.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bookings.availability.engine import choose_lane, reasons_against
from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.terms import ResourceCalendar, ServiceRules
from bookings.errors import NotOffered, SlotTaken
from bookings.models import Allocation, Booking, Hold, Service
from bookings.selectors.slots import calendars_of, read_busy, rules_of, with_causes
from core import events
from core.access import Caller
from core.db import require_transaction, rows, violation_of

# To a client these are one thing: somebody else was first.
SOMEBODY_ELSES = {ReasonCode.TAKEN, ReasonCode.HELD, ReasonCode.NO_LANE}

LOCK = "SELECT id FROM bookings_resource WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
HALF_A_DAY = timedelta(hours=12)  # around a start: the day by which work is shared out

SENTENCES = {
    ReasonCode.OUTSIDE_HOURS: "This time is outside opening hours.",
    ReasonCode.TIME_OFF: "Nobody is there at this time.",
    ReasonCode.HOLIDAY: "This day is a holiday.",
    ReasonCode.BUFFER: "This time is too close to another appointment.",
    ReasonCode.MIN_NOTICE: "This time is too soon to be booked.",
    ReasonCode.HORIZON: "This time is too far ahead to be booked.",
    ReasonCode.OFF_GRID: "Appointments do not begin at this minute.",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where there is room: one lane of one resource, from `starts_at` for `minutes`."""

    resource_id: UUID
    lane_id: int
    starts_at: datetime
    minutes: int
    rules: ServiceRules

    @property
    def taken(self) -> Interval:
        """The stretch that the lane is busy, buffers included."""
        return Interval(
            self.starts_at - timedelta(minutes=self.rules.buffer_before_minutes),
            self.starts_at + timedelta(minutes=self.minutes + self.rules.buffer_after_minutes),
        )


def lock_resources(resource_ids: Collection[UUID]) -> set[UUID]:
    """Queue behind whoever is taking time on these resources; return those that exist.

    One statement, sorted, so that rivals wait in line and never in a circle.
    """
    require_transaction()
    return {row_id for (row_id,) in rows(LOCK, [list(resource_ids)])}


def find_place(
    *,
    service: Service,
    starts_at: datetime,
    minutes: int,
    resource_id: UUID | None = None,
    also_lock: Iterable[UUID] = (),
    besides: Sequence[UUID] = (),
    on_grid: bool = False,
) -> Place:
    """Lock whoever could take `minutes` at `starts_at` and return where there is room.

    The one engine that offered the time judges it again, with what is busy read after the
    lock. Among several resources the one with the least to do that day is chosen.
    `also_lock` are resources that the caller is about to free; `besides` are allocations
    that do not count (one's own, when moving). Lapsed holds in the way are released.
    `on_grid` also refuses a start between the steps that the service offers.

    Raises SlotTaken, NotOffered.
    """
    rules = rules_of(service)
    now = timezone.now()
    calendars = calendars_of(service, resource_id=resource_id)
    possible = [
        calendar
        for calendar in calendars
        if not reasons_against(
            rules, [calendar], starts_at, minutes=minutes, now=now, on_grid=on_grid
        )
    ]
    if not possible:
        _refuse(rules, calendars, starts_at, minutes, now, besides=besides, on_grid=on_grid)
    lock_resources({calendar.resource_id for calendar in possible} | set(also_lock))
    now = timezone.now()
    day = rules.reach(starts_at - HALF_A_DAY, starts_at + HALF_A_DAY, minutes=minutes)
    busy = read_busy(possible, day, now=now, besides=besides)
    free = [
        calendar
        for calendar in busy.on(possible)
        if choose_lane(calendar, starts_at, minutes=minutes, service=rules) is not None
    ]
    if not free:
        _refuse(rules, calendars, starts_at, minutes, now, besides=besides, on_grid=on_grid)
    chosen = min(free, key=_busy_time)
    lane_id = choose_lane(chosen, starts_at, minutes=minutes, service=rules)
    assert lane_id is not None  # noqa: S101  (it is in `free` because there is one)
    place = Place(
        resource_id=chosen.resource_id,
        lane_id=lane_id,
        starts_at=starts_at,
        minutes=minutes,
        rules=rules,
    )
    if lane_id in busy.lapsed_lanes:
        _release_lapsed_holds(lane_id, place.taken, now)
    return place


def new_allocation(
    place: Place, *, booking: Booking | None = None, hold: Hold | None = None
) -> Allocation:
    """Return the row that takes `place`, not saved: insert it inside `taking()`."""
    return Allocation(
        lane_id=place.lane_id,
        booking=booking,
        hold=hold,
        starts_at=place.taken.start,
        ends_at=place.taken.end,
        expires_at=hold.expires_at if hold else None,
    )


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


def give_back(*, booking: Booking | None = None, hold: Hold | None = None) -> list[UUID]:
    """Release what a booking or a hold keeps busy; return the released allocations' ids."""
    require_transaction()
    live = Allocation.objects.filter(booking=booking, hold=hold, released_at=None)
    released = list(live.values_list("pk", flat=True))
    Allocation.objects.filter(pk__in=released).update(released_at=timezone.now())
    return released


def relabel(hold: Hold, booking: Booking) -> None:
    """Make a hold's allocation the booking's: at no moment is the time free in between."""
    require_transaction()
    Allocation.objects.filter(hold=hold, released_at=None).update(
        hold=None, booking=booking, expires_at=None
    )


def live_allocations_of(booking: Booking) -> list[UUID]:
    live = Allocation.objects.filter(booking=booking, released_at=None)
    return list(live.values_list("pk", flat=True))


def _refuse(
    rules: ServiceRules,
    calendars: Sequence[ResourceCalendar],
    starts_at: datetime,
    minutes: int,
    now: datetime,
    *,
    besides: Sequence[UUID],
    on_grid: bool,
) -> NoReturn:
    """Raise the first reason that explain gives for this start."""
    window = rules.reach(starts_at, starts_at, minutes=minutes)
    known = with_causes(calendars, window, now=now, besides=besides)
    reasons = reasons_against(rules, known, starts_at, minutes=minutes, now=now, on_grid=on_grid)
    if not reasons or reasons[0].code in SOMEBODY_ELSES:
        raise SlotTaken
    code = reasons[0].code
    raise NotOffered(str(code), SENTENCES.get(code))


def _busy_time(calendar: ResourceCalendar) -> tuple[timedelta, UUID]:
    busy = sum(
        (
            stretch.end - stretch.start
            for lane in calendar.lanes
            for stretch in calendar.busy.get(lane, ())
        ),
        timedelta(0),
    )
    return busy, calendar.resource_id


def _release_lapsed_holds(lane_id: int, stretch: Interval, now: datetime) -> None:
    """The constraint still counts a lapsed hold until its row says that it was released."""
    lapsed = Allocation.objects.filter(
        Q(lane_id=lane_id, released_at=None, expires_at__lte=now),
        starts_at__lt=stretch.end,
        ends_at__gt=stretch.start,
    )
    end_lapsed(Hold.objects.filter(pk__in=list(lapsed.values_list("hold_id", flat=True))), now)


def end_lapsed(holds: Iterable[Hold], now: datetime) -> None:
    """Release holds whose time is over, whether the clock found them or somebody in their way."""
    lapsed = list(holds)
    end_holds([hold.pk for hold in lapsed], now)
    for hold in lapsed:
        events.record("hold.lapsed", hold, caller=Caller.clock(hold.organization_id))


def end_holds(hold_ids: Sequence[UUID], now: datetime) -> None:
    """Release the allocations of holds and mark them ended."""
    require_transaction()
    Allocation.objects.filter(hold_id__in=hold_ids, released_at=None).update(released_at=now)
    Hold.objects.filter(pk__in=hold_ids, ended_at=None).update(ended_at=now)
