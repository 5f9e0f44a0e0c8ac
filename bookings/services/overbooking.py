"""Taking time that is not on offer, knowingly: for who may, with a reason, on an extra lane."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from bookings.availability.engine import choose_lane
from bookings.availability.intervals import Interval
from bookings.availability.terms import ResourceCalendar, ServiceRules
from bookings.errors import NotOffered
from bookings.models import Lane, Service
from bookings.selectors.crew import crew_of
from bookings.selectors.slots import read_busy, rules_of
from bookings.services.allocating import Place, release_lapsed_holds
from bookings.services.locking import lock_resources
from core.access import Caller
from core.errors import Invalid

MOST_EXTRA_LANES = 20


def check_overbooking(caller: Caller, reason: str) -> None:
    """Refuse who may not, or does not say why. Raises Forbidden, Invalid."""
    caller.require("bookings:overbook")
    if not reason.strip():
        raise Invalid.at("reason", "Say why it is booked all the same.")


def find_place_anyway(
    *,
    service: Service,
    starts_at: datetime,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    also_lock: Iterable[UUID] = (),
    besides: Sequence[UUID] = (),
) -> Place:
    """Return a place whatever stands against it: hours, notice, limits, other appointments.

    Who is free is preferred; where nobody is, the first in the list gets an extra lane, made
    when there is none free. Inside a transaction; everybody possible is locked first, with
    `also_lock`. `besides` are allocations that do not count (one's own, when moving).

    Raises NotOffered when the service has too few active resources for what it needs.
    """
    rules = rules_of(service)
    window = rules.reach(starts_at, starts_at, minutes=minutes)
    crew = crew_of(service, window, resource_id=resource_id, among=among)
    freeing = set(also_lock)
    lock_resources({one.resource_id for one in crew.calendars} | freeing, freeing=freeing)
    now = timezone.now()
    busy = read_busy(crew.calendars, window, now=now, besides=besides)
    lanes: list[int] = []
    leads: list[UUID] = []
    is_overbooked = False
    for need in crew.with_calendars(busy.on(crew.calendars)).needs:
        free = [
            (choose_lane(one, starts_at, minutes=minutes, service=rules), one)
            for one in need.calendars
        ]
        free.sort(key=lambda found: found[0] is None)
        if len(free) < need.quantity:
            raise NotOffered("NO_LANE", "This service has nobody who can do it.")
        for lane, one in free[: need.quantity]:
            leads.append(one.resource_id)
            is_overbooked = is_overbooked or lane is None
            lanes.append(lane or _extra_lane(one, rules, starts_at, minutes, window, besides))
    if lapsed := busy.lapsed_lanes.intersection(lanes):
        release_lapsed_holds(lapsed, window, now)
    return Place(
        resource_id=leads[0],
        lanes=tuple(lanes),
        starts_at=starts_at,
        minutes=minutes,
        rules=rules,
        is_overbooked=is_overbooked,
    )


def _extra_lane(
    one: ResourceCalendar,
    rules: ServiceRules,
    starts_at: datetime,
    minutes: int,
    window: Interval,
    besides: Sequence[UUID],
) -> int:
    """Return an extra lane of a locked resource on which nothing is at that time."""
    extra = Lane.objects.filter(resource_id=one.resource_id, is_extra=True).order_by("number")
    numbers = dict(extra.values_list("pk", "number"))
    with_extra = replace(one, lanes=tuple(numbers))
    busy = read_busy([with_extra], window, now=timezone.now(), besides=besides)
    (with_extra,) = busy.on([with_extra])
    lane = choose_lane(with_extra, starts_at, minutes=minutes, service=rules)
    if lane is not None:
        return lane
    if len(numbers) >= MOST_EXTRA_LANES:
        raise NotOffered("NO_LANE", "There is no room at all for another one at this time.")
    number = max(numbers.values(), default=0) + 1
    made = Lane.objects.create(
        resource_id=one.resource_id, number=number, is_extra=True, is_active=False
    )
    return made.pk
