"""Where a group session takes place: on every lane of who gives it, and a lane of what it needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.utils import timezone

from bookings.availability.engine import choose_lane
from bookings.availability.intervals import Interval
from bookings.availability.reasons import RANK, ReasonCode
from bookings.availability.terms import Need, ResourceCalendar, ServiceRules
from bookings.errors import NotOffered, SlotTaken, TaBusy, TaNotOnCourse
from bookings.models import Service
from bookings.selectors.crew import Crew, crew_of
from bookings.selectors.slots import Busy, read_busy, rules_of
from bookings.services.allocating import SENTENCES, Place, release_lapsed_holds
from bookings.services.assigning import choose
from bookings.services.locking import lock_resources
from core.db import ChangedMeanwhile
from core.errors import Conflict

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
    wish = _Wish(service, resource_id, starts_at, ends_at)
    present = wish.present()
    freeing = set(also_lock)
    candidates = {one.resource_id for one in present.calendars}
    locked = lock_resources(candidates | freeing, freeing=freeing)
    if any(locked.get(pk) != present.changed_at[pk] for pk in candidates):
        raise ChangedMeanwhile  # their hours, while we waited
    now = timezone.now()
    busy = read_busy(present.calendars, wish.window, now=now, besides=besides)
    place = wish.place(present, busy)
    if lapsed := busy.lapsed_lanes.intersection(place.lanes):
        release_lapsed_holds(lapsed, place.taken, now)
    return place


def why_not(
    *, service: Service, resource_id: UUID, starts_at: datetime, ends_at: datetime
) -> Conflict | None:
    """Return what find_lanes would raise at this moment, if anything. Two queries, no lock."""
    wish = _Wish(service, resource_id, starts_at, ends_at)
    try:
        present = wish.present()
        wish.place(present, read_busy(present.calendars, wish.window, now=timezone.now()))
    except Conflict as refusal:
        return refusal
    return None


@dataclass(frozen=True)
class _Wish:
    """A session that is wanted: of `service` with this resource, at this time."""

    service: Service
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // MINUTE

    @cached_property
    def rules(self) -> ServiceRules:
        return rules_of(self.service)

    @property
    def window(self) -> Interval:
        """All the time that it keeps busy, buffers included."""
        return self.rules.reach(self.starts_at, self.starts_at, minutes=self.minutes)

    def present(self) -> Crew:
        """Return who could give it, or be used for it, and is not away. One query.

        Raises TaNotOnCourse, NotOffered.
        """
        crew = crew_of(self.service, self.window, resource_id=self.resource_id)
        if not crew.needs[0].calendars:
            raise TaNotOnCourse
        return _present(crew, Interval(self.starts_at, self.ends_at))

    def place(self, present: Crew, busy: Busy) -> Place:
        """Return the lanes that it takes. Raises TaBusy, SlotTaken."""
        (lead,) = present.needs[0].calendars
        if not _is_idle(lead, busy, self.window):
            raise TaBusy
        free = present.with_calendars(
            [one for one in busy.on(present.calendars) if self._lane_of(one) is not None]
        )
        if any(len(need.calendars) < need.quantity for need in free.needs):
            raise SlotTaken("Something else that this course needs is taken at this time.")
        (_, *others), _ = choose(self.service, free, self.starts_at)
        lanes = [self._lane_of(one) for one in others]
        return Place(
            resource_id=self.resource_id,
            lanes=(*lead.lanes, *(lane for lane in lanes if lane is not None)),
            starts_at=self.starts_at,
            minutes=self.minutes,
            rules=self.rules,
        )

    def _lane_of(self, one: ResourceCalendar) -> int | None:
        return choose_lane(one, self.starts_at, minutes=self.minutes, service=self.rules)


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
