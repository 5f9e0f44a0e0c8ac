"""Which bookings and group sessions ahead lie outside the hours that there now are."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from bookings.availability.intervals import Interval, merge, subtract
from bookings.availability.rules import opening_intervals
from bookings.availability.terms import ResourceCalendar
from bookings.models import Allocation, Booking, GroupSession, Lane
from bookings.models.allocation import LONGEST_ALLOCATION
from bookings.selectors.crew import calendars_named

MOST_TOLD = 50


# Neither a hold nor a booking that is over keeps anybody from changing hours.
STANDS = Q(booking__status__in=Booking.OPEN) | Q(group_session__isnull=False)


@dataclass(frozen=True, slots=True)
class Ahead:
    """An open booking, or a group session (`session_id`, then without the first two), that is not
    over, at one of the resources that it keeps busy.

    `is_away` says that a session lies in something closed. Opening hours alone do not speak against
    sessions, so one that was outside of them before still refuses an absence.
    """

    booking_id: UUID | None
    reference: str | None
    starts_at: datetime
    ends_at: datetime
    resource_id: UUID
    session_id: UUID | None = None
    is_away: bool = False


def bookings_ahead(resource_ids: Collection[UUID], *, now: datetime, **which: Any) -> list[Ahead]:
    """Return what stands on these resources and is not over, in order. One query.

    `which` are further conditions on their allocations.
    """
    live = Allocation.objects.filter(
        STANDS,
        released_at=None,
        starts_at__gt=now - LONGEST_ALLOCATION,
        lane__resource__in=resource_ids,
        **which,
    ).annotate(
        begins=Coalesce("booking__starts_at", "group_session__starts_at"),
        ends=Coalesce("booking__ends_at", "group_session__ends_at"),
    )
    found = (
        live.filter(ends__gt=now)
        .order_by("begins", "booking_id", "group_session_id", "lane__resource_id")
        .values_list(
            "booking_id",
            "booking__reference",
            "begins",
            "ends",
            "lane__resource_id",
            "group_session_id",
        )
    )
    return list(dict.fromkeys(Ahead(*row) for row in found))


def bookings_outside(resource_ids: Collection[UUID], *, now: datetime) -> list[Ahead]:
    """Return what of it lies outside opening hours, or in something closed.

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
    return sorted(outside, key=lambda one: (one.starts_at, str(one.booking_id or one.session_id)))


def fallen_outside(before: Collection[Ahead], after: Sequence[Ahead]) -> list[Ahead]:
    """Return what a change of hours has left outside that was not there already."""
    known = set(before)
    return [one for one in after if one not in known and replace(one, is_away=True) not in known]


def bookings_on(lanes: Collection[Lane], *, now: datetime) -> list[Ahead]:
    """Return what stands on these places and cannot stay without them. Two queries.

    A session keeps all places of who gives it, and so still has the others.
    """
    resources = {lane.resource_id for lane in lanes}
    found = bookings_ahead(resources, now=now, lane__in=lanes)
    sessions = {one.session_id for one in found if one.session_id is not None}
    given_by = dict(
        GroupSession.objects.filter(pk__in=sessions).values_list("pk", "resource_id")
        if sessions
        else ()
    )
    return [
        one
        for one in found
        if one.session_id is None or given_by[one.session_id] != one.resource_id
    ]


def told(bookings: Sequence[Ahead]) -> dict[str, Any]:
    """Return what a refusal says about them: ids, references and times of the first 50."""
    return {
        "count": len({(one.booking_id, one.session_id) for one in bookings}),
        "bookings": [
            {
                **(
                    {"groupSessionId": one.session_id}
                    if one.session_id
                    else {"id": one.booking_id, "reference": one.reference}
                ),
                "startTime": one.starts_at,
                "endTime": one.ends_at,
                "resourceId": one.resource_id,
            }
            for one in bookings[:MOST_TOLD]
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
            during = Interval(booking.starts_at, booking.ends_at)
            is_away = any(closed.overlaps(during) for closed in calendar.closed)
            yield replace(booking, is_away=is_away and booking.session_id is not None)
