"""Which bookings ahead lie outside the hours that there now are."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings.availability.intervals import Interval, merge, subtract
from bookings.availability.rules import opening_intervals
from bookings.availability.terms import ResourceCalendar
from bookings.models import Allocation, Booking, Lane
from bookings.models.allocation import LONGEST_ALLOCATION
from bookings.selectors.crew import calendars_named

MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Ahead:
    """An open booking that is not over, at one of the resources that it keeps busy."""

    booking_id: UUID
    reference: str
    starts_at: datetime
    ends_at: datetime
    resource_id: UUID


def bookings_ahead(resource_ids: Collection[UUID], *, now: datetime, **which: Any) -> list[Ahead]:
    """Return the open bookings of these resources that are not over, in order. One query.

    `which` are further conditions on their allocations.
    """
    live = Allocation.objects.filter(
        released_at=None,
        starts_at__gt=now - LONGEST_ALLOCATION,
        lane__resource__in=resource_ids,
        booking__status__in=Booking.OPEN,
        booking__ends_at__gt=now,
        **which,
    )
    found = live.order_by("booking__starts_at", "booking_id", "lane__resource_id").values_list(
        "booking_id",
        "booking__reference",
        "booking__starts_at",
        "booking__ends_at",
        "lane__resource_id",
    )
    return list(dict.fromkeys(Ahead(*row) for row in found))


def bookings_outside(resource_ids: Collection[UUID], *, now: datetime) -> list[Ahead]:
    """Return those bookings ahead that lie outside opening hours, or in something closed.

    Two queries. The rules are the engine's: an appointment is inside one opening, without its
    buffers.
    """
    by_resource: defaultdict[UUID, list[Ahead]] = defaultdict(list)
    for booking in bookings_ahead(resource_ids, now=now):
        by_resource[booking.resource_id].append(booking)
    if not by_resource:
        return []
    everything = [booking for bookings in by_resource.values() for booking in bookings]
    window = Interval(
        min(booking.starts_at for booking in everything),
        max(booking.ends_at for booking in everything),
    )
    outside = [
        booking
        for resource_id, calendar in calendars_named(list(by_resource), window).items()
        for booking in _outside(by_resource[resource_id], calendar, window)
    ]
    return sorted(outside, key=lambda booking: (booking.starts_at, booking.booking_id))


def bookings_on(lanes: Collection[Lane], *, now: datetime) -> list[Ahead]:
    """Return the bookings ahead that stand on these places. One query."""
    resources = {lane.resource_id for lane in lanes}
    return bookings_ahead(resources, now=now, lane__in=lanes)


def told(bookings: Sequence[Ahead]) -> dict[str, Any]:
    """Return what a refusal says about them: ids, references and times of the first 50."""
    return {
        "count": len({booking.booking_id for booking in bookings}),
        "bookings": [
            {
                "id": booking.booking_id,
                "reference": booking.reference,
                "startTime": booking.starts_at,
                "endTime": booking.ends_at,
                "resourceId": booking.resource_id,
            }
            for booking in bookings[:MOST_TOLD]
        ],
    }


def _outside(
    bookings: Iterable[Ahead], calendar: ResourceCalendar, window: Interval
) -> Iterable[Ahead]:
    hours = merge(
        stretch for rules in calendar.opening for stretch in opening_intervals(rules, window)
    )
    left = subtract(hours, calendar.closed)
    begins = [stretch.start for stretch in left]
    for booking in bookings:
        place = bisect_right(begins, booking.starts_at) - 1
        if place < 0 or left[place].end < booking.ends_at:
            yield booking
