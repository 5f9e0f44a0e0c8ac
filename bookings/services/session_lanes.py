"""Where a group session takes place: on every lane of who gives it, and a lane of what it needs."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from bookings.availability.engine import choose_lane
from bookings.availability.intervals import Interval
from bookings.availability.reasons import RANK, ReasonCode
from bookings.availability.terms import Need, ResourceCalendar
from bookings.errors import NotOffered, SlotTaken, TaBusy, TaNotOnCourse
from bookings.models import Service
from bookings.selectors.crew import Crew, crew_of
from bookings.selectors.slots import Busy, read_busy, rules_of
from bookings.services.allocating import SENTENCES, Place, release_lapsed_holds
from bookings.services.assigning import choose
from bookings.services.locking import lock_resources
from core.db import ChangedMeanwhile

MINUTE = timedelta(minutes=1)


def find_lanes(
    *,
    service: Service,
    resource_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    also_lock: Collection[UUID] = (),
    besides: Sequence[UUID] = (),
) -> Place:
    """Lock what a session of `service` with this resource needs, and return its lanes.

    All active lanes of the resource, buffers included, and one of each other thing that the
    service takes at once. Hours, notice, steps, durations and limits of the service do not stand
    against it; time off, holidays and what is taken do. `also_lock` are resources that the caller
    is about to free, `besides` allocations that do not count. Lapsed holds in the way are released.

    Raises TaNotOnCourse, NotOffered (TIME_OFF, HOLIDAY, NO_LANE), TaBusy when the resource has
    something else, SlotTaken when something else that the service needs has; OfferLapsed.
    """
    rules = rules_of(service)
    minutes = (ends_at - starts_at) // MINUTE
    window = rules.reach(starts_at, starts_at, minutes=minutes)
    crew = crew_of(service, window, resource_id=resource_id)
    if not crew.needs[0].calendars:
        raise TaNotOnCourse
    present = _present(crew, Interval(starts_at, ends_at))
    freeing = set(also_lock)
    candidates = {one.resource_id for one in present.calendars}
    locked = lock_resources(candidates | freeing, freeing=freeing)
    if any(locked.get(pk) != crew.changed_at[pk] for pk in candidates):
        raise ChangedMeanwhile  # their hours, while we waited
    now = timezone.now()
    busy = read_busy(present.calendars, window, now=now, besides=besides)
    (lead,) = present.needs[0].calendars
    if not _is_idle(lead, busy, window):
        raise TaBusy
    free = present.with_calendars(
        [
            one
            for one in busy.on(present.calendars)
            if choose_lane(one, starts_at, minutes=minutes, service=rules) is not None
        ]
    )
    if any(len(need.calendars) < need.quantity for need in free.needs):
        raise SlotTaken("Something else that this course needs is taken at this time.")
    (_, *others), _ = choose(service, free, starts_at)
    lanes = [choose_lane(one, starts_at, minutes=minutes, service=rules) for one in others]
    place = Place(
        resource_id=resource_id,
        lanes=(*lead.lanes, *(lane for lane in lanes if lane is not None)),
        starts_at=starts_at,
        minutes=minutes,
        rules=rules,
    )
    if lapsed := busy.lapsed_lanes.intersection(place.lanes):
        release_lapsed_holds(lapsed, place.taken, now)
    return place


def _present(crew: Crew, during: Interval) -> Crew:
    """Return those who have a place at all and are not away. Raises NotOffered if too few are."""
    present = crew.with_calendars([one for one in crew.calendars if not _against(one, during)])
    for wanted, found in zip(crew.needs, present.needs, strict=True):
        if len(found.calendars) < found.quantity:
            code = _first_against(wanted, during)
            raise NotOffered(str(code), SENTENCES.get(code))
    return present


def _first_against(need: Need, during: Interval) -> ReasonCode:
    codes = {code for one in need.calendars for code in _against(one, during)}
    return min(codes, key=RANK.__getitem__, default=ReasonCode.NO_LANE)


def _against(one: ResourceCalendar, during: Interval) -> set[ReasonCode]:
    codes = {closed.code for closed in one.closed if closed.overlaps(during)}
    return codes if one.lanes else codes | {ReasonCode.NO_LANE}


def _is_idle(one: ResourceCalendar, busy: Busy, window: Interval) -> bool:
    """Say whether nothing is on any lane of a resource, a lapsed hold aside."""
    return not any(
        taken.overlaps(window) for lane in one.lanes for taken in busy.by_lane.get(lane, ())
    )
