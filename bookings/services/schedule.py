"""When a resource works, and for how many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from itertools import pairwise

from django.utils import timezone

from bookings.availability.rules import MIDNIGHT
from bookings.errors import PlaceInUse
from bookings.models import Allocation, Lane, Resource, Schedule, WeeklyHours
from bookings.services.allocating import lock_resources
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction
from core.errors import Invalid, NotFound

MOST_STRETCHES = 10  # of one day
MOST_PLACES = 50


@in_one_transaction
def set_weekly_hours(
    resource: Resource,
    stretches: Sequence[tuple[int, time, time]],
    *,
    caller: Caller,
    schedule: Schedule | None = None,
    valid_from_on: date | None = None,
    valid_to_on: date | None = None,
) -> Schedule:
    """Let `resource` work at these local hours (weekday, opens, closes), and at no others.

    They take the place of those of `schedule`; without one they are a further schedule. Valid
    from one day to another, both included, or without end. The resource is locked first, as by
    whoever takes time on it. What is booked already stays. Records schedule.updated.

    Raises Invalid (`day0` is Monday), NotFound when the schedule is another resource's.
    """
    _check(stretches, valid_from_on, valid_to_on)
    if resource.pk not in lock_resources([resource.pk]):
        raise NotFound
    if schedule is None:
        schedule = Schedule(organization_id=resource.organization_id, resource=resource)
    elif schedule.resource_id != resource.pk:
        raise NotFound
    schedule.valid_from_on, schedule.valid_to_on = valid_from_on, valid_to_on
    schedule.save()
    schedule.weekly_hours.all().delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=schedule, weekday=weekday, opens=opens, closes=closes)
        for weekday, opens, closes in stretches
    )
    events.record("schedule.updated", schedule, caller=caller, resource_id=resource.pk)
    return schedule


def _check(
    stretches: Sequence[tuple[int, time, time]], first: date | None, last: date | None
) -> None:
    """Raise Invalid for hours that end before they begin, or that overlap on a day."""
    wrong: dict[str, list[str]] = {}
    if first is not None and last is not None and last < first:
        wrong["validTo"] = ["A schedule must end after it begins."]
    for weekday in range(7):
        day = sorted((opens, closes) for on, opens, closes in stretches if on == weekday)
        if any(closes <= opens and closes != MIDNIGHT for opens, closes in day):
            wrong[f"day{weekday}"] = ["Closing comes after opening."]
        elif any(one[1] == MIDNIGHT or one[1] > other[0] for one, other in pairwise(day)):
            wrong[f"day{weekday}"] = ["These hours overlap."]
        elif len(day) > MOST_STRETCHES:
            wrong[f"day{weekday}"] = [f"A day has at most {MOST_STRETCHES} stretches."]
    if wrong:
        raise Invalid(fields=wrong)


def set_places(resource: Resource, places: int) -> bool:
    """Let `resource` be booked `places` times at once; return whether that is a change.

    A place that is no longer wanted takes no further booking and keeps its history. Inside a
    transaction: the resource is locked here. Raises Invalid, PlaceInUse when a booking that is
    not over stands on a place that would go.
    """
    require_transaction()
    if not 1 <= places <= MOST_PLACES:
        raise Invalid.at("places", f"Between 1 and {MOST_PLACES}.")
    lock_resources([resource.pk])
    lanes = {lane.number: lane for lane in Lane.objects.filter(resource=resource)}
    going = [lane for lane in lanes.values() if lane.is_active and lane.number > places]
    if taken := bookings_beyond(resource, places):
        raise PlaceInUse(bookings=taken)
    wanted = range(1, places + 1)
    missing = [Lane(resource=resource, number=n) for n in wanted if n not in lanes]
    coming = [lanes[n] for n in wanted if n in lanes and not lanes[n].is_active]
    Lane.objects.bulk_create(missing)
    Lane.objects.filter(pk__in=[lane.pk for lane in coming]).update(is_active=True)
    Lane.objects.filter(pk__in=[lane.pk for lane in going]).update(is_active=False)
    return bool(missing or coming or going)


def bookings_beyond(resource: Resource, places: int) -> int:
    """Count what is not over and stands on a place after the first `places`."""
    ahead = Allocation.objects.filter(released_at=None, ends_at__gt=timezone.now())
    return ahead.filter(lane__resource=resource, lane__number__gt=places).count()
