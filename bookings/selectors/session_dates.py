"""On which dates weekly sessions are still to be laid out, and what stands against each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from bookings.availability.intervals import Interval
from bookings.availability.reasons import RANK, ReasonCode
from bookings.availability.rules import instant_of, shown
from bookings.availability.terms import ResourceCalendar
from bookings.models import GroupSession, GroupSessionTemplate
from bookings.selectors.crew import calendars_named
from bookings.selectors.slots import Busy, read_busy, rules_of

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class DateToLayOut:
    """One date of a template, and in UTC when its session would be.

    `reason` is what stands against it as far as its resource goes, None if nothing does.
    """

    template: GroupSessionTemplate
    on: date
    starts_at: datetime
    ends_at: datetime
    reason: ReasonCode | None = None


def templates_that_lay_out() -> QuerySet[GroupSessionTemplate]:
    """Return the active ones whose course and resource are active and still belong together."""
    rows = GroupSessionTemplate.objects.filter(
        is_active=True,
        service__is_active=True,
        resource__is_active=True,
        service__offered_by__resource=F("resource"),
    )
    rows = rows.exclude(service__code="")
    return rows.select_related("service__organization", "resource").order_by("pk")


def dates_to_lay_out(
    templates: Sequence[GroupSessionTemplate], *, now: datetime
) -> list[DateToLayOut]:
    """Return the dates ahead in whose weeks nothing was laid out yet, in order.

    One query while all are laid out, else three. What was laid out and cancelled is not laid out
    again. A date whose session would last no time, because the clock skips it, is none.
    """
    laid_out = _laid_out([template.pk for template in templates], now)
    missing = [
        one
        for template in templates
        for one in dates_of(template, now=now)
        if (template.pk, _week(one.on)) not in laid_out
    ]
    if not missing:
        return []
    window = Interval(
        min(_taken(one).start for one in missing), max(_taken(one).end for one in missing)
    )
    resources = {one.template.resource_id for one in missing}
    calendars = calendars_named(list(resources), window)
    busy = read_busy(list(calendars.values()), window, now=now)
    judged = [
        DateToLayOut(
            one.template,
            one.on,
            one.starts_at,
            one.ends_at,
            _against(one, calendars[one.template.resource_id], busy),
        )
        for one in missing
    ]
    return sorted(judged, key=lambda one: (one.starts_at, one.template.pk))


def dates_of(template: GroupSessionTemplate, *, now: datetime) -> Iterator[DateToLayOut]:
    """Yield its dates from now on to the end of its weeks ahead, whatever stands against them."""
    zone = ZoneInfo(template.timezone)
    today = shown(now, zone).date()
    last = today + template.weeks_ahead * WEEK
    last = min(last, template.valid_to_on or last)
    first = max(today, template.valid_from_on or today)
    day = first + timedelta(days=(template.weekday - first.weekday()) % 7)
    while day <= last:
        start, end = times_on(template, day)
        if now < start < end:
            yield DateToLayOut(template, day, start, end)
        day += WEEK


def times_on(template: GroupSessionTemplate, day: date) -> tuple[datetime, datetime]:
    """Return when its session of a local date begins and ends, in UTC.

    A time that a change of the clock skips is the first instant after it; one that it shows twice
    is the first.
    """
    zone = ZoneInfo(template.timezone)
    return (
        instant_of(datetime.combine(day, template.starts_at_time), zone),
        instant_of(datetime.combine(day, template.ends_at_time), zone),
    )


def _laid_out(template_ids: Collection[UUID], now: datetime) -> set[tuple[UUID, date]]:
    """Return the weeks of each template that have a session, which may be on another day by now."""
    rows = GroupSession.objects.filter(template__in=template_ids, on__gte=now.date() - WEEK)
    return {(pk, _week(on)) for pk, on in rows.values_list("template_id", "on") if on is not None}


def _week(day: date) -> date:
    """Return the Monday of its week."""
    return day - timedelta(days=day.weekday())


def _taken(one: DateToLayOut) -> Interval:
    minutes = (one.ends_at - one.starts_at) // MINUTE
    return rules_of(one.template.service).reach(one.starts_at, one.starts_at, minutes=minutes)


def _against(one: DateToLayOut, calendar: ResourceCalendar, busy: Busy) -> ReasonCode | None:
    during, taken = Interval(one.starts_at, one.ends_at), _taken(one)
    codes = {closed.code for closed in calendar.closed if closed.overlaps(during)}
    if not calendar.lanes:
        codes.add(ReasonCode.NO_LANE)
    if any(
        other.overlaps(taken) for lane in calendar.lanes for other in busy.by_lane.get(lane, ())
    ):
        codes.add(ReasonCode.TAKEN)
    return min(codes, key=RANK.__getitem__, default=None)
