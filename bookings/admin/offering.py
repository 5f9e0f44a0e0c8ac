"""Times to choose from: what the engine offers on a day, and where to look when it is nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.availability.engine import FreeStart
from bookings.availability.intervals import Interval
from bookings.availability.rules import instant_of, midnight
from bookings.models import Service
from bookings.selectors.slots import free_slots
from core import times
from core.admin.refusals import sentence_of
from core.errors import DomainError

LOOKS_AHEAD = timedelta(days=60)
DAYS_NAMED = 4
NOON, EVENING = time(12), time(17)


@dataclass(frozen=True)
class Offer:
    """The free times of a day, by part of the day; `next_days` have some if it has none."""

    day: date
    groups: list[tuple[str, list[FreeStart]]]
    next_days: list[date] = field(default_factory=list)

    @property
    def starts(self) -> list[datetime]:
        return [slot.start for _, slots in self.groups for slot in slots]


def offer(
    service: Service,
    day: date,
    *,
    zone: ZoneInfo,
    minutes: int,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
    besides: Collection[UUID] = (),
    without: UUID | None = None,
) -> Offer:
    """Return what can be booked on `day` of `zone`, of `among` if given. Three queries, six when
    there is nothing.
    """

    def free(window: Interval) -> list[FreeStart]:
        return free_slots(
            service,
            window,
            minutes=minutes,
            resource_id=resource_id,
            among=among,
            besides=besides,
            without=without,
        )

    tomorrow = midnight(day + timedelta(days=1), zone)
    slots = free(Interval(midnight(day, zone), tomorrow))
    if slots:
        return Offer(day, [(name, list(part)) for name, part in groupby(slots, _part_of_day)])
    later = free(Interval(tomorrow, tomorrow + LOOKS_AHEAD))
    days = dict.fromkeys(times.local(slot.start, zone).date() for slot in later)
    return Offer(day, [], list(days)[:DAYS_NAMED])


def moment_on(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock of `zone` shows `wall` on `day`."""
    return instant_of(datetime.combine(day, wall), zone)


def refusal_of(error: DomainError, wanted: datetime | None) -> str:
    """Say what is so and what can be done: "14:00 is no longer free. 14:30 and 15:00 are."."""
    alternatives = error.details.get("alternatives")
    if wanted is None or not isinstance(alternatives, list) or not alternatives:
        return sentence_of(error)
    day = times.local(wanted).date()
    starts = [slot["startTime"] for slot in alternatives]
    free = [
        times.clock(start) if times.local(start).date() == day else times.moment(start)
        for start in starts
    ]
    if len(free) == 1:
        sentence = _("%(wanted)s is no longer free. %(free)s is.")
    else:
        sentence = _("%(wanted)s is no longer free. %(free)s are.")
    return sentence % {"wanted": times.clock(wanted), "free": times.listed(free)}


def _part_of_day(slot: FreeStart) -> str:
    wall = times.local(slot.start).time()
    if wall < NOON:
        return _("Morning")
    return _("Afternoon") if wall < EVENING else _("Evening")
