"""Which days, weeks and months have as many bookings as they may."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval
from bookings.availability.reasons import Cause, ReasonCode
from bookings.availability.rules import midnight, shown
from bookings.availability.terms import Blocked
from bookings.models import Service
from core.db import rows

DAY = timedelta(days=1)
LONGEST_MONTH = timedelta(days=31)


class Period(NamedTuple):
    """Local days from `first` to before `end`."""

    first: date
    end: date

    @classmethod
    def day(cls, on: date) -> "Period":
        return cls(on, on + DAY)

    @classmethod
    def week(cls, on: date) -> "Period":
        monday = on - timedelta(days=on.weekday())
        return cls(monday, monday + 7 * DAY)

    @classmethod
    def month(cls, on: date) -> "Period":
        first = on.replace(day=1)
        return cls(first, (first + LONGEST_MONTH).replace(day=1))


KINDS = (
    ("day", Period.day, ReasonCode.LIMIT_DAY),
    ("week", Period.week, ReasonCode.LIMIT_WEEK),
    ("month", Period.month, ReasonCode.LIMIT_MONTH),
)

# What is held counts as booked: who holds a time may book it. A place in a group session counts
# where all of those do: against the session's capacity.
BY_DAY = """
    SELECT (starts_at AT TIME ZONE %(zone)s)::date, count(*)
    FROM (
        SELECT starts_at FROM bookings_booking
        WHERE service_id = %(service)s AND status <> 'CANCELLED' AND group_session_id IS NULL
          AND starts_at >= %(first)s AND starts_at < %(end)s
          AND (%(without)s::uuid IS NULL OR id <> %(without)s)
        UNION ALL
        SELECT starts_at FROM bookings_hold
        WHERE service_id = %(service)s AND group_session_id IS NULL
          AND ended_at IS NULL AND expires_at > %(now)s
          AND starts_at >= %(first)s AND starts_at < %(end)s
    ) AS taken
    GROUP BY 1
"""
BY_DAY_OF_CUSTOMER = """
    SELECT (starts_at AT TIME ZONE %(zone)s)::date, count(*)
    FROM bookings_booking
    WHERE customer_id = %(customer)s AND service_id = %(service)s AND status <> 'CANCELLED'
      AND group_session_id IS NULL AND starts_at >= %(first)s AND starts_at < %(end)s
      AND (%(without)s::uuid IS NULL OR id <> %(without)s)
    GROUP BY 1
"""


def is_limited(service: Service) -> bool:
    """Say whether bookings of `service` have to be counted, for whatever reason."""
    limits = [*_limits_of(service), *_limits_of(service, prefix="customer_limit_per_")]
    return any(limit is not None for limit in limits)


def full_periods(
    service: Service, window: Interval, *, now: datetime, without: UUID | None = None
) -> tuple[Blocked, ...]:
    """Return the stretches around `window` in which no further booking may begin, by start.

    One query, none for a service without limits. `without` is a booking that does not count.
    """
    limits = _limits_of(service)
    if not any(limits):
        return ()
    zone = ZoneInfo(service.organization.timezone)
    first = Period.month(shown(window.start, zone).date() - 7 * DAY).first
    end = Period.month(shown(window.end, zone).date() + 7 * DAY).end
    parameters = {
        "service": service.pk,
        "zone": service.organization.timezone,
        "first": midnight(first, zone),
        "end": midnight(end, zone),
        "now": now,
        "without": without,
    }
    by_day = rows(BY_DAY, parameters)
    full = []
    for limit, (name, period_of, code) in zip(limits, KINDS, strict=True):
        if limit is None:
            continue
        counted: Counter[Period] = Counter()
        for day, number in by_day:
            counted[period_of(day)] += number
        cause = Cause("LIMIT", name=f"{limit} per {name}")
        full += [
            Blocked(midnight(period.first, zone), midnight(period.end, zone), code, cause=cause)
            for period, number in counted.items()
            if number >= limit
        ]
    return tuple(sorted(full))


def has_had_enough(
    service: Service, starts_at: datetime, *, customer_id: UUID, without: UUID | None = None
) -> bool:
    """Say whether this customer has as many of `service` around `starts_at` as one may have.

    One query, none for a service without such limits.
    """
    limits = _limits_of(service, prefix="customer_limit_per_")
    if not any(limits):
        return False
    zone = ZoneInfo(service.organization.timezone)
    on = shown(starts_at, zone).date()
    periods = [period_of(on) for _, period_of, _ in KINDS]
    parameters = {
        "customer": customer_id,
        "service": service.pk,
        "zone": service.organization.timezone,
        "first": midnight(min(period.first for period in periods), zone),
        "end": midnight(max(period.end for period in periods), zone),
        "without": without,
    }
    by_day = rows(BY_DAY_OF_CUSTOMER, parameters)
    return any(
        limit is not None
        and sum(number for day, number in by_day if period.first <= day < period.end) >= limit
        for limit, period in zip(limits, periods, strict=True)
    )


def _limits_of(service: Service, *, prefix: str = "limit_per_") -> list[int | None]:
    return [getattr(service, f"{prefix}{name}") for name, _, _ in KINDS]
