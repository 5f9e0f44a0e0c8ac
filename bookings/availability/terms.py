"""What the engine is told: plain values that a caller reads from wherever they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval
from bookings.availability.reasons import ReasonCode
from bookings.availability.rules import OpeningRules, midnight, shown


class Blocked(Interval):
    """A stretch of time that knows what blocks it; it compares as the plain interval does.

    `appointment` is the part of it that is no buffer (all of it if None). `cause` is the
    caller's own, such as the id of a row, and comes back in Reason.causes.
    """

    code: ReasonCode
    appointment: Interval
    cause: object

    def __new__(
        cls,
        start: datetime,
        end: datetime,
        code: ReasonCode = ReasonCode.TAKEN,
        appointment: Interval | None = None,
        cause: object = None,
    ) -> Self:
        blocked = super().__new__(cls, start, end)
        blocked.code = code
        blocked.appointment = appointment or Interval(start, end)
        blocked.cause = cause
        return blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """What a service asks of a start. `horizon_days` 0 means that only today can be booked."""

    durations: tuple[int, ...]
    step_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_minutes: int = 0
    horizon_days: int

    def __post_init__(self) -> None:
        if self.step_minutes <= 0:
            raise ValueError("The step between times must be longer than nothing.")

    def reach(self, first: datetime, last: datetime, *, minutes: int) -> Interval:
        """All the time that appointments beginning from `first` to `last` need, with buffers."""
        return Interval(
            first - timedelta(minutes=self.buffer_before_minutes),
            last + timedelta(minutes=minutes + self.buffer_after_minutes),
        )

    def bookable(self, *, now: datetime, timezone: str) -> Interval:
        """The starts that minimum notice and horizon allow; empty (reversed) if none."""
        zone = ZoneInfo(timezone)
        day_after = shown(now, zone).date() + timedelta(days=self.horizon_days + 1)
        return Interval(
            now + timedelta(minutes=self.minimum_notice_minutes), midnight(day_after, zone)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceCalendar:
    """When a resource is there and what keeps it busy.

    `opening` holds all its schedules, `lanes` the order in which its places are filled.
    `busy` says per lane what is taken, neighbours' buffers included, sorted by start; a plain
    Interval counts as TAKEN, a Blocked says more (HELD, EXTERNAL_BUSY on every lane).
    `closed` is for the resource as a whole (TIME_OFF, HOLIDAY), sorted by start. What does not
    count is left out by the caller: lapsed holds, and of a booking to be moved its own time.
    Instants with `tzinfo=UTC` are compared several times faster than others.
    """

    resource_id: UUID
    timezone: str
    lanes: tuple[int, ...]
    opening: tuple[OpeningRules, ...]
    busy: Mapping[int, Sequence[Interval]] = field(default_factory=dict)
    closed: Sequence[Blocked] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One of the things that an appointment takes at once: `quantity` of these calendars."""

    calendars: tuple[ResourceCalendar, ...]
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Everything that an appointment takes at once. The first need is who it is with.

    A resource stands in one need alone. `full` are the stretches in which no further one may
    begin (LIMIT_DAY and its like), sorted by start.
    """

    needs: tuple[Need, ...]
    full: Sequence[Blocked] = ()
