"""The usual week of a resource, and for how many at once it can be booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Any

from django.utils import timezone

from bookings.availability.rules import MIDNIGHT
from bookings.errors import PlaceInUse
from bookings.models import Lane, Resource, Schedule, WeeklyHours
from bookings.selectors.outside import bookings_on, told
from bookings.services.allocating import spread_sessions
from bookings.services.hours import changing_hours
from bookings.services.locking import lock_resources, note_new_hours
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction
from core.errors import Invalid, NotFound

MOST_STRETCHES = 10  # of one day
MOST_PLACES = 50

OnWeekday = tuple[int, time, time]  # weekday (0 is Monday), from, to


@in_one_transaction
def set_weekly_hours(
    resource: Resource,
    stretches: Sequence[OnWeekday],
    *,
    caller: Caller,
    breaks: Sequence[OnWeekday] = (),
    schedule: Schedule | None = None,
    valid_from_on: date | None = None,
    valid_to_on: date | None = None,
    even_if_bookings_fall_outside: bool = False,
) -> Schedule:
    """Let `resource` work at these local hours, less the breaks, and at no others.

    They take the place of those of `schedule`; without one they are a further schedule, and on
    a day on which several are valid their hours add up. Valid from one day to another, both
    included, or without end. The resource is locked first, as by whoever takes time on it. What
    is booked already stays. Records schedule.updated.

    Raises Invalid (`day0` is Monday), NotFound when the schedule is another resource's,
    BookingsOutside.
    """
    _check(stretches, breaks, valid_from_on, valid_to_on)
    with changing_hours(
        resource.organization_id,
        resource,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    ):
        if schedule is None:
            schedule = Schedule(organization_id=resource.organization_id, resource=resource)
        else:
            schedule = _of(resource, schedule)
        schedule.valid_from_on, schedule.valid_to_on = valid_from_on, valid_to_on
        schedule.save()
        schedule.weekly_hours.all().delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(
                schedule=schedule, weekday=weekday, opens=opens, closes=closes, is_break=is_break
            )
            for kind, is_break in ((stretches, False), (breaks, True))
            for weekday, opens, closes in kind
        )
        events.record("schedule.updated", schedule, caller=caller, resource_id=resource.pk)
    return schedule


@in_one_transaction
def change_schedule(
    schedule: Schedule,
    changes: Mapping[str, Any],
    *,
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> Schedule:
    """Replace what `changes` names (arguments of set_weekly_hours); the rest stays.

    What is the same already is no change. Raises as set_weekly_hours does.
    """
    lock_resources([schedule.resource_id])
    kept = _of(schedule.resource, schedule)
    hours: dict[bool, list[OnWeekday]] = {False: [], True: []}
    for row in kept.weekly_hours.all():
        hours[row.is_break].append((row.weekday, row.opens, row.closes))
    stays = {
        "stretches": sorted(hours[False]),
        "breaks": sorted(hours[True]),
        "valid_from_on": kept.valid_from_on,
        "valid_to_on": kept.valid_to_on,
    }
    wanted = {**stays, **changes}
    wanted |= {name: sorted(wanted[name]) for name in ("stretches", "breaks")}
    if wanted == stays:
        return kept
    return set_weekly_hours(
        schedule.resource,
        **wanted,
        schedule=kept,
        caller=caller,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    )


@in_one_transaction
def remove_schedule(
    schedule: Schedule, *, caller: Caller, even_if_bookings_fall_outside: bool = False
) -> None:
    """Let these hours no longer count. Records schedule.removed.

    Raises NotFound when somebody else removed it, BookingsOutside.
    """
    resource = schedule.resource
    with changing_hours(
        resource.organization_id,
        resource,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    ):
        schedule = _of(resource, schedule)
        events.record("schedule.removed", schedule, caller=caller, resource_id=resource.pk)
        schedule.delete()


def _of(resource: Resource, schedule: Schedule) -> Schedule:
    """Return the schedule as it is under the lock. Raises NotFound."""
    found = Schedule.objects.filter(pk=schedule.pk, resource=resource).first()
    if found is None:
        raise NotFound
    return found


def wrong_with_day(stretches: Iterable[tuple[time, time]]) -> str:
    """Say what is wrong with the hours of one day; nothing is an empty text."""
    day = sorted(stretches)
    if any(closes <= opens and closes != MIDNIGHT for opens, closes in day):
        return "Closing comes after opening."
    if any(one[1] == MIDNIGHT or one[1] > other[0] for one, other in pairwise(day)):
        return "These hours overlap."
    if len(day) > MOST_STRETCHES:
        return f"A day has at most {MOST_STRETCHES} stretches."
    return ""


def _check(
    stretches: Sequence[OnWeekday],
    breaks: Sequence[OnWeekday],
    first: date | None,
    last: date | None,
) -> None:
    """Raise Invalid for hours or breaks that end before they begin, or that overlap on a day."""
    wrong: dict[str, list[str]] = {}
    if first is not None and last is not None and last < first:
        wrong["validTo"] = ["A schedule must end after it begins."]
    for weekday in range(7):
        hours, pauses = (
            [(opens, closes) for on, opens, closes in kind if on == weekday]
            for kind in (stretches, breaks)
        )
        sentence = wrong_with_day(hours) or wrong_with_day(pauses)
        if not sentence and not all(_is_within(pause, hours) for pause in pauses):
            sentence = "A break lies within the hours."
        if sentence:
            wrong[f"day{weekday}"] = [sentence]
    if wrong:
        raise Invalid(fields=wrong)


def _is_within(pause: tuple[time, time], hours: Iterable[tuple[time, time]]) -> bool:
    def ends(wall: time) -> time:
        return time.max if wall == MIDNIGHT else wall

    begins, until = pause[0], ends(pause[1])
    return any(opens <= begins and until <= ends(closes) for opens, closes in hours)


def set_places(
    resource: Resource, places: int, *, even_if_bookings_fall_outside: bool = False
) -> bool:
    """Let `resource` be booked `places` times at once; return whether that is a change.

    A place that is no longer wanted takes no further booking and keeps its history. Inside a
    transaction: the resource is locked here. Its group sessions keep new places too. Raises
    Invalid, PlaceInUse when an open booking ahead stands on a place that would go, or a session
    that needs it, unless it may stay there.
    """
    require_transaction()
    if not 1 <= places <= MOST_PLACES:
        raise Invalid.at("places", f"Between 1 and {MOST_PLACES}.")
    lock_resources([resource.pk])
    own = Lane.objects.filter(resource=resource, is_extra=False)
    lanes = {lane.number: lane for lane in own}
    going = [lane for lane in lanes.values() if lane.is_active and lane.number > places]
    taken = bookings_on(going, now=timezone.now()) if going else []
    if taken and not even_if_bookings_fall_outside:
        raise PlaceInUse(**told(taken))
    wanted = range(1, places + 1)
    missing = [Lane(resource=resource, number=n) for n in wanted if n not in lanes]
    coming = [lanes[n] for n in wanted if n in lanes and not lanes[n].is_active]
    Lane.objects.bulk_create(missing)
    Lane.objects.filter(pk__in=[lane.pk for lane in coming]).update(is_active=True)
    Lane.objects.filter(pk__in=[lane.pk for lane in going]).update(is_active=False)
    if missing or coming:
        spread_sessions(resource.pk, [lane.pk for lane in (*missing, *coming)])
    note_new_hours([resource.pk])
    return bool(missing or coming or going)
