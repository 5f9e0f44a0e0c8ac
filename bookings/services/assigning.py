"""Who gets a booking that names nobody, and why: one rule per service.

FAIR compares booked minutes divided by weight, over the service's `fairness_days` before and
after the start; of equals, whoever was given something the longest ago. PRIORITY takes the
first in the list. What is needed besides who the booking is with is chosen in the same way.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bookings.availability.terms import Need, ResourceCalendar
from bookings.models import Service
from bookings.selectors.crew import Crew, Share
from core.db import rows

Rule = Service.Assignment

# Of the covering index alone: how long each lane is taken, and when it was given something last.
LOAD = """
    SELECT lane_id, sum(ends_at - starts_at), max(created_at) FROM bookings_allocation
    WHERE lane_id = ANY(%s) AND released_at IS NULL AND starts_at >= %s AND starts_at < %s
    GROUP BY lane_id
"""
NEVER = datetime.min.replace(tzinfo=UTC)
NOTHING = timedelta(0)


def choose(
    service: Service, free: Crew, starts_at: datetime
) -> tuple[list[ResourceCalendar], dict[str, object] | None]:
    """Return who takes it, who it is with first, and what to write down about the choice.

    `free` holds those who can; there are enough of each need. The second is None where nobody
    had to choose.
    """
    by_priority = service.assignment == Rule.PRIORITY
    chosen: list[ResourceCalendar] = []
    assignment: dict[str, object] | None = None
    for number, need in enumerate(free.needs):
        if len(need.calendars) == need.quantity:
            ranked = list(need.calendars)
            why: dict[str, object] = {"rule": "ONLY_ONE", "among": len(ranked)}
            if service.assignment == Rule.COLLECTIVE and len(ranked) > 1:
                why["rule"] = str(Rule.COLLECTIVE)
        elif by_priority:
            ranked = sorted(need.calendars, key=lambda one: _rank(free, one))
            why = {
                "rule": str(Rule.PRIORITY),
                "among": len(ranked),
                "priority": _share(free, ranked[0]).priority,
            }
        else:
            ranked, why = _fairest(service, free, need, starts_at)
        chosen += ranked[: need.quantity]
        if number == 0 and free.lead is None:
            assignment = why
    return chosen, assignment


def _fairest(
    service: Service, crew: Crew, need: Need, starts_at: datetime
) -> tuple[list[ResourceCalendar], dict[str, object]]:
    booked, latest = _load(need.calendars, starts_at, timedelta(days=service.fairness_days))

    def part(one: ResourceCalendar) -> timedelta:
        return booked[one.resource_id] / _share(crew, one).weight

    ranked = sorted(
        need.calendars,
        key=lambda one: (part(one), latest[one.resource_id], _rank(crew, one)),
    )
    first = ranked[0]
    return ranked, {
        "rule": str(Rule.FAIR),
        "among": len(ranked),
        "bookedMinutes": booked[first.resource_id] // timedelta(minutes=1),
        "weight": _share(crew, first).weight,
        "days": service.fairness_days,
        "tie": part(ranked[0]) == part(ranked[1]),
    }


def _load(
    calendars: Sequence[ResourceCalendar], starts_at: datetime, reach: timedelta
) -> tuple[dict[UUID, timedelta], dict[UUID, datetime]]:
    """Return how long each is taken around `starts_at`, and when something was given to it last."""
    lanes = {lane: one.resource_id for one in calendars for lane in one.lanes}
    booked = dict.fromkeys(lanes.values(), NOTHING)
    latest = dict.fromkeys(lanes.values(), NEVER)
    found = rows(LOAD, [list(lanes), starts_at - reach, starts_at + reach])
    for lane, length, created_at in found:
        booked[lanes[lane]] += length
        latest[lanes[lane]] = max(latest[lanes[lane]], created_at)
    return booked, latest


def _share(crew: Crew, one: ResourceCalendar) -> Share:
    return crew.shares.get(one.resource_id, Share())


def _rank(crew: Crew, one: ResourceCalendar) -> tuple[int, UUID]:
    return _share(crew, one).priority, one.resource_id
