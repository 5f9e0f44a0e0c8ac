"""Appointments that belong together: booked, confirmed, moved and cancelled in one go.

Each is a booking like any other, made and changed by the same functions; what happens to
several is one transaction, and is told to the customer once (`series.*` events).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from bookings.availability.intervals import Interval
from bookings.availability.recurrence import occurrences, parse_rule
from bookings.availability.rules import instant_of, shown
from bookings.errors import (
    IllegalTransition,
    NotOffered,
    SeriesConflict,
    SessionDecides,
    SlotTaken,
)
from bookings.models import Booking, Series
from bookings.selectors.crew import crew_of
from bookings.selectors.slots import reasons_at
from bookings.services.allocating import SENTENCES, SOMEBODY_ELSES, give_back
from bookings.services.booking import BookingRequest, book, check_request
from bookings.services.customer import CustomerDetails, customer_for
from bookings.services.locking import lock_resources
from bookings.services.offering import offer_to_waitlist
from bookings.services.rescheduling import Changes, move
from bookings.services.status import cancel_booking, confirm_booking, locked
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid, NotFound
from core.ids import uuid7

MOST_OCCURRENCES = 104  # two years of weeks; all of them are one transaction
Mode = Series.Mode


class Scope(StrEnum):
    """Which of a series is meant, seen from one of its bookings."""

    THIS = "THIS"
    FOLLOWING = "FOLLOWING"
    ALL = "ALL"


@dataclass(frozen=True)
class Missed:
    """A time of a series that cannot be booked, and the first reason."""

    starts_at: datetime
    reason: str
    message: str


@dataclass(frozen=True)
class Laid:
    """What became of a series: its times, what was booked, and what could not be."""

    times: list[datetime]
    bookings: list[Booking]
    conflicts: list[Missed]
    series: Series | None = None


def times_of(recurrence: str, starts_at: datetime, zone: str) -> list[datetime]:
    """Return the starts of a series, the first included, on the wall clock of `zone`.

    A local time that a change of the clock skips is the first instant after it. Raises Invalid.
    """
    clock = ZoneInfo(zone)
    try:
        rule = parse_rule(recurrence, zone=zone)
        walls = occurrences(rule, shown(starts_at, clock))
    except ValueError as error:
        raise Invalid.at("recurrence", str(error)) from error
    if len(walls) > MOST_OCCURRENCES:
        raise Invalid.at("recurrence", f"A series has at most {MOST_OCCURRENCES} appointments.")
    return list(dict.fromkeys([starts_at, *(instant_of(wall, clock) for wall in walls[1:])]))


def plan_series(request: BookingRequest, recurrence: str, *, caller: Caller) -> Laid:
    """Say which times of a series could be booked now. Nothing is kept; three queries.

    Raises Invalid for what is wrong in itself.
    """
    check_request(request)
    times = times_of(recurrence, request.starts_at, zone_of(request))
    missed = []
    against = reasons_at(
        request.service,
        times,
        minutes=request.minutes,
        resource_id=request.resource.pk if request.resource else None,
        among=caller.only_resources,
    )
    for starts_at, reasons in zip(times, against, strict=True):
        if reasons:
            code = reasons[0].code
            told = SlotTaken() if code in SOMEBODY_ELSES else NotOffered(code, SENTENCES.get(code))
            missed.append(Missed(starts_at, told.reason, told.message))
    return Laid(times, [], missed)


def create_series(
    request: BookingRequest,
    recurrence: str,
    *,
    mode: Series.Mode = Mode.ALL_OR_NOTHING,
    caller: Caller,
    series_id: UUID | None = None,
) -> Laid:
    """Book `request` again and again by an RFC 5545 rule, its first start included.

    ALL_OR_NOTHING books all or raises SeriesConflict with every time that cannot be had;
    SKIP_CONFLICTS leaves those out, and raises it only when nothing is left. One transaction.
    The rule is meant on the wall clock of the request's zone, else the organization's.

    Raises SeriesConflict, Invalid.
    """
    check_request(request)
    zone = zone_of(request)
    times = times_of(recurrence, request.starts_at, zone)
    series = Series(
        pk=series_id or uuid7(),
        organization_id=request.service.organization_id,
        service=request.service,
        recurrence=parse_rule(recurrence, zone=zone).text,
        timezone=zone,
        starts_at=request.starts_at,
        minutes=request.minutes,
        mode=mode,
    )
    return _create(series, request, times, caller, [uuid7() for _ in times])


@in_one_transaction
def _create(
    series: Series,
    request: BookingRequest,
    times: list[datetime],
    caller: Caller,
    booking_ids: list[UUID],
) -> Laid:
    crew = crew_of(request.service, _span(times))
    lock_resources([one.resource_id for one in crew.calendars])  # once, sorted, for all of it
    series.customer_id = customer_for(request.customer, organization_id=series.organization_id)
    series.save(force_insert=True)
    booked, missed = _book_each(request, series, list(enumerate(times)), caller, booking_ids)
    _tell("series.created", series, booked, caller)
    return Laid(times, booked, missed, series)


@in_one_transaction
def repeat_booking(booking: Booking, recurrence: str, *, mode: Series.Mode, caller: Caller) -> Laid:
    """Make an open booking the first of a series, and book the others as it was booked.

    Raises SeriesConflict, IllegalTransition for one that is over or belongs to a series.
    """
    request = request_like(booking)
    zone = zone_of(request)
    times = times_of(recurrence, booking.starts_at, zone)
    if len(times) < 2:
        raise Invalid.at("recurrence", "This recurrence has no further appointment.")
    lock_resources([one.resource_id for one in crew_of(booking.service, _span(times)).calendars])
    booking = locked(booking)
    if booking.status not in Booking.OPEN or booking.series_id is not None:
        raise IllegalTransition(
            "Only an open booking that belongs to no series can be repeated.",
            status=booking.status,
        )
    series = Series(
        organization_id=booking.organization_id,
        service=booking.service,
        customer_id=booking.customer_id,
        recurrence=parse_rule(recurrence, zone=zone).text,
        timezone=zone,
        starts_at=booking.starts_at,
        minutes=request.minutes,
        mode=mode,
    )
    series.save(force_insert=True)
    booking.series, booking.series_position = series, 0
    booking.save(update_fields=["series", "series_position", "updated_at"])
    booked, missed = _book_each(request, series, list(enumerate(times))[1:], caller)
    _tell("series.created", series, booked, caller)
    return Laid(times, booked, missed, series)


def request_like(booking: Booking) -> BookingRequest:
    """Return what would have to be asked for to get another booking like this one.

    At its price: a bundle that paid for this one does not pay for others unasked. Raises
    SessionDecides for a place in a group session.
    """
    if booking.group_session_id is not None:
        raise SessionDecides
    return BookingRequest(
        service=booking.service,
        customer=CustomerDetails(
            name=booking.name,
            email=booking.email,
            company=booking.company,
            phone=booking.phone,
            timezone=booking.timezone,
        ),
        starts_at=booking.starts_at,
        minutes=booking.minutes,
        inquiry=booking.inquiry,
        notes=booking.notes,
        answers={answer["key"]: answer["answer"] for answer in booking.answers or ()},
        location=booking.location,
        resource=booking.resource,
        timezone=booking.timezone,
        source=Booking.Source.STAFF,
    )


def _book_each(
    request: BookingRequest,
    series: Series,
    places: Sequence[tuple[int, datetime]],
    caller: Caller,
    booking_ids: Sequence[UUID] = (),
) -> tuple[list[Booking], list[Missed]]:
    """Book every (position, start) of `places`. Raises SeriesConflict as the mode wants it."""
    booked: list[Booking] = []
    missed: list[Missed] = []
    ids = booking_ids or [uuid7() for _ in places]
    for (position, starts_at), pk in zip(places, ids, strict=True):
        one = replace(request, starts_at=starts_at, series=series, series_position=position)
        try:
            booked.append(book(one, caller=caller, booking_id=pk))
        except (SlotTaken, NotOffered) as refusal:
            missed.append(Missed(starts_at, refusal.reason, refusal.message))
    if missed and (series.mode == Mode.ALL_OR_NOTHING or not booked):
        conflicts = [{"startTime": one.starts_at, "reason": one.reason} for one in missed]
        raise SeriesConflict(missed[0].reason, conflicts=conflicts)
    return booked, missed


def _span(times: Sequence[datetime]) -> Interval:
    return Interval(times[0], times[-1] + timedelta(days=1))


def bookings_meant(
    booking: Booking, scope: Scope, *, caller: Caller, now: datetime
) -> list[Booking]:
    """Return the open bookings ahead that `scope` means, in the order of the series; of whoever is
    limited to their own resources those on these.
    """
    if booking.series_id is None or scope == Scope.THIS:
        return [booking]
    ours = Booking.objects.for_caller(caller)
    rows = ours.filter(series_id=booking.series_id, status__in=Booking.OPEN)
    rows = rows.filter(starts_at__gt=now).select_related("service__organization", "resource")
    if scope == Scope.FOLLOWING:
        rows = rows.filter(series_position__gte=booking.series_position)
    return list(rows.order_by("series_position"))


@in_one_transaction
def confirm_series(booking: Booking, *, scope: Scope = Scope.ALL, caller: Caller) -> list[Booking]:
    """Confirm the requests of a series that `scope` means. Raises IllegalTransition if none."""
    waiting = [
        one for one in _meant(booking, scope, caller) if one.status == Booking.Status.PENDING
    ]
    if not waiting:
        raise IllegalTransition(status=booking.status, wanted=Booking.Status.CONFIRMED)
    done = [confirm_booking(one, caller=caller, told_by_series=True) for one in waiting]
    _tell("series.confirmed", _series_of(booking), done, caller)
    return done


@in_one_transaction
def cancel_series(
    booking: Booking, *, scope: Scope, caller: Caller, reason: str = ""
) -> list[Booking]:
    """Cancel this one, this and those after it, or all that are ahead; what is over stays.

    Raises IllegalTransition when nothing is left to cancel.
    """
    if scope == Scope.THIS:
        return [cancel_booking(booking, caller=caller, reason=reason)]
    meant = _meant(booking, scope, caller)
    was = meant[0].status
    done = [cancel_booking(one, caller=caller, reason=reason, told_by_series=True) for one in meant]
    _tell("series.cancelled", _series_of(booking), done, caller, was=was)
    return done


@in_one_transaction
def move_series(
    booking: Booking,
    changes: Changes,
    *,
    scope: Scope,
    caller: Caller,
    reason: str = "",
) -> list[Booking]:
    """Move this one to a new time, and the others that `scope` means by as much.

    By as much on the wall clock of the series: a Monday at 10:00 that goes to Tuesday at 11:30
    takes every other to its own next day at 11:30. All or nothing: what cannot be had refuses
    everything (SeriesConflict). Raises IllegalTransition when nothing is left to move.
    """
    if scope == Scope.THIS or booking.series_id is None:
        return [move(booking, changes, caller, reason=reason)]
    series = _series_of(booking)
    clock = ZoneInfo(series.timezone)
    wanted = changes.starts_at or booking.starts_at
    by = shown(wanted, clock) - shown(booking.starts_at, clock)
    meant = _meant(booking, scope, caller)
    before = meant[0]
    was = (before.starts_at, before.ends_at, before.resource_id)
    # Among themselves they are not in each other's way, nor is who waits for one of their times.
    freed = [stretch for one in meant for stretch in give_back(booking=one)]
    moved: list[Booking] = []
    missed: list[dict[str, object]] = []
    for one in meant:
        starts_at = instant_of(shown(one.starts_at, clock) + by, clock)
        try:
            moved.append(
                move(
                    one,
                    replace(changes, starts_at=starts_at),
                    caller,
                    reason=reason,
                    told_by_series=True,
                )
            )
        except (SlotTaken, NotOffered) as refusal:
            missed.append({"startTime": starts_at, "reason": refusal.reason})
    if missed:
        raise SeriesConflict(str(missed[0]["reason"]), conflicts=missed)
    _tell(
        "series.rescheduled",
        series,
        moved,
        caller,
        from_starts_at=was[0],
        from_ends_at=was[1],
        from_resource_id=was[2],
    )
    offer_to_waitlist(freed)
    return moved


def zone_of(request: BookingRequest) -> str:
    zone: str = request.timezone or request.service.organization.timezone
    return zone


def _meant(booking: Booking, scope: Scope, caller: Caller) -> list[Booking]:
    """Lock the resources of all that is meant, sorted, and return the bookings."""
    meant = bookings_meant(booking, scope, caller=caller, now=timezone.now())
    if not meant:
        raise IllegalTransition("Nothing of this series is ahead.", status=booking.status)
    span = Interval(min(one.starts_at for one in meant), max(one.ends_at for one in meant))
    crew = crew_of(meant[0].service, span)
    theirs = {one.resource_id for one in meant}
    lock_resources({one.resource_id for one in crew.calendars} | theirs, freeing=theirs)
    return meant


def _series_of(booking: Booking) -> Series:
    if booking.series is None:
        raise NotFound("This booking belongs to no series.")
    return booking.series


def _tell(
    name: str, series: Series, bookings: Sequence[Booking], caller: Caller, **facts: object
) -> None:
    """Record what happened to several at once: handlers tell it with the first of them."""
    first = bookings[0]
    events.record(
        name,
        series,
        caller=caller,
        booking_id=first.pk,
        status=first.status,
        version=first.version,
        starts=[one.starts_at for one in bookings],
        resource_id=first.resource_id,
        **facts,
    )
