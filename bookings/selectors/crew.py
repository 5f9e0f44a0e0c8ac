"""Who can do a service, and when they are there: everything but what is busy, in one query."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from bookings.availability.closures import TimeOffSpec, holidays_in, time_off_intervals
from bookings.availability.intervals import Interval
from bookings.availability.reasons import Cause, ReasonCode
from bookings.availability.rules import (
    EVERY_DAY,
    DateHours,
    OpeningRules,
    WeeklyHours,
    midnight,
)
from bookings.availability.terms import Blocked, Demand, Need, ResourceCalendar
from bookings.models import Service
from core.db import rows

DAY = timedelta(days=1)
# Local days around a window, whatever the zone.
MARGIN = timedelta(days=2)

# One row per resource; what it has several of comes as JSON, so that a day costs one round trip.
# Of overrides, its own come before everybody's.
COLUMNS = """
    resource.id, resource.timezone, resource.is_always_open,
    CASE WHEN NOT resource.observes_holidays THEN ''
         WHEN resource.holiday_country <> '' THEN resource.holiday_country
         ELSE organization.holiday_country END,
    CASE WHEN resource.holiday_country <> '' THEN resource.holiday_region
         ELSE organization.holiday_region END,
    ARRAY(
        SELECT id FROM bookings_lane
        WHERE resource_id = resource.id AND is_active ORDER BY number
    ),
    (
        SELECT jsonb_agg(jsonb_build_array(
            schedule.id, schedule.valid_from_on, schedule.valid_to_on,
            hours.weekday, hours.opens, hours.closes, hours.is_break
        ) ORDER BY schedule.id, hours.weekday, hours.opens)
        FROM bookings_schedule AS schedule
        JOIN bookings_weeklyhours AS hours ON hours.schedule_id = schedule.id
        WHERE schedule.resource_id = resource.id
    ),
    (
        SELECT jsonb_agg(jsonb_build_array(
            resource_id IS NULL, "on", opens, closes
        ) ORDER BY "on", opens)
        FROM bookings_dateoverride
        WHERE organization_id = resource.organization_id AND "on" BETWEEN %(first)s AND %(last)s
          AND (resource_id = resource.id OR resource_id IS NULL)
    ),
    (
        SELECT jsonb_agg(jsonb_build_array(
            id, starts_on, starts_at_time, ends_on, ends_at_time, recurrence
        ) ORDER BY id)
        FROM bookings_timeoff
        WHERE organization_id = resource.organization_id
          AND last_on >= %(first)s AND starts_on <= %(last)s
          AND (resource_id = resource.id OR resource_id IS NULL)
    )
"""
OFFERED = f"""
    SELECT {COLUMNS}, resource.updated_at, resource.type_id, offered.priority, offered.weight,
        (
            SELECT jsonb_agg(jsonb_build_array(type_id, quantity) ORDER BY position, id)
            FROM bookings_requirement WHERE service_id = offered.service_id
        )
    FROM bookings_serviceresource AS offered
    JOIN bookings_resource AS resource ON resource.id = offered.resource_id
    JOIN core_organization AS organization ON organization.id = resource.organization_id
    WHERE offered.service_id = %(service)s AND resource.is_active
      AND (
          %(only)s::uuid IS NULL OR resource.id = %(only)s
          OR EXISTS (SELECT FROM bookings_requirement WHERE service_id = %(service)s)
      )
    ORDER BY offered.priority, resource.id
"""  # noqa: S608  (no value stands in it)
NAMED = f"""
    SELECT {COLUMNS}
    FROM bookings_resource AS resource
    JOIN core_organization AS organization ON organization.id = resource.organization_id
    WHERE resource.id = ANY(%(resources)s)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Share:
    """What a resource's part of the work is: the lowest `priority` first, `weight` its share."""

    priority: int = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Crew:
    """Who can do a service, by what it needs at once; nothing is busy yet.

    `changed_at` says which hours were read; `lead` is the resource that was asked for, if any.
    """

    needs: tuple[Need, ...]
    shares: dict[UUID, Share] = field(default_factory=dict)
    changed_at: dict[UUID, datetime] = field(default_factory=dict)
    lead: UUID | None = None

    @property
    def calendars(self) -> list[ResourceCalendar]:
        return [calendar for need in self.needs for calendar in need.calendars]

    def demand(self, *, full: tuple[Blocked, ...] = ()) -> Demand:
        return Demand(needs=self.needs, full=full)

    def with_calendars(self, calendars: list[ResourceCalendar]) -> "Crew":
        """The same with these in place of those of the same resources; others drop out."""
        known = {calendar.resource_id: calendar for calendar in calendars}
        needs = tuple(
            replace(
                need,
                calendars=tuple(
                    known[calendar.resource_id]
                    for calendar in need.calendars
                    if calendar.resource_id in known
                ),
            )
            for need in self.needs
        )
        return replace(self, needs=needs)


def crew_of(
    service: Service,
    window: Interval,
    *,
    resource_id: UUID | None = None,
    among: Collection[UUID] | None = None,
) -> Crew:
    """Return who can do `service`, with their hours and absences around `window`. One query.

    With `resource_id` the first need is that resource, or nobody when it does not offer the
    service; with `among` it is some of these. Collective services need everybody that the first
    need could choose from.
    """
    if resource_id is not None:
        among = {resource_id}
    first, last = window.start.date() - MARGIN, window.end.date() + MARGIN
    is_collective = service.assignment == Service.Assignment.COLLECTIVE
    only = None if is_collective else resource_id  # the others are not asked for
    found = rows(OFFERED, {"service": service.pk, "first": first, "last": last, "only": only})
    shares = {row[0]: Share(row[-3], row[-2]) for row in found}
    asked = orjson.loads(found[0][-1]) if found and found[0][-1] else []
    calendars = [(str(row[-4]), _calendar(row, first, last)) for row in found]
    groups = [
        (quantity, tuple(one for type_id, one in calendars if type_id == wanted))
        for wanted, quantity in asked
    ] or [(1, tuple(one for _, one in calendars))]
    quantity, leads = groups[0]
    needs = [Need(calendars=group, quantity=many) for many, group in groups[1:]]
    if is_collective:
        quantity = max(quantity, len(leads))
    if among is None:
        needs.insert(0, Need(calendars=leads, quantity=quantity))
    else:
        lead = tuple(one for one in leads if one.resource_id in among)
        many = min(quantity, max(1, len(lead)))
        needs.insert(0, Need(calendars=lead, quantity=many))
        if quantity > many:
            others = tuple(one for one in leads if one.resource_id not in among)
            needs.insert(1, Need(calendars=others, quantity=quantity - many))
    changed_at = {row[0]: row[-5] for row in found}
    return Crew(needs=tuple(needs), shares=shares, changed_at=changed_at, lead=resource_id)


def calendars_named(resource_ids: list[UUID], window: Interval) -> dict[UUID, ResourceCalendar]:
    """Return the calendars of these resources around `window`, nothing busy. One query."""
    first, last = window.start.date() - MARGIN, window.end.date() + MARGIN
    found = rows(NAMED, {"resources": resource_ids, "first": first, "last": last})
    return {row[0]: _calendar(row, first, last) for row in found}


def _calendar(row: tuple[Any, ...], first: date, last: date) -> ResourceCalendar:
    pk, zone, is_always_open, country, region, lanes, hours, overrides, time_off = row[:9]
    return ResourceCalendar(
        resource_id=pk,
        timezone=zone,
        lanes=tuple(lanes),
        opening=_opening(zone, is_always_open, hours, overrides),
        closed=_closed(zone, country, region, overrides, time_off, first, last),
    )


# What was read is text, so what it means is computed once for all who read the same.
@lru_cache(maxsize=2048)
def _opening(
    zone: str, is_always_open: bool, hours: str | None, overrides: str | None
) -> tuple[OpeningRules, ...]:
    written = _overrides(overrides)
    days = frozenset(written)
    opening = [
        OpeningRules(
            zone,
            tuple(_stretch(row) for row in stretches if not row[-1]),
            valid_from,
            valid_to,
            breaks=tuple(_stretch(row) for row in stretches if row[-1]),
            not_on=days,
        )
        for valid_from, valid_to, stretches in _schedules(hours)
    ]
    if is_always_open:
        opening = [OpeningRules(zone, EVERY_DAY, not_on=days)]
    dates = tuple(hours for stretches in written.values() for hours in stretches)
    if dates:
        opening.append(OpeningRules(zone, (), dates=dates))
    return tuple(opening)


def _schedules(text: str | None) -> Iterator[tuple[date | None, date | None, list[list[Any]]]]:
    """Each schedule that has hours: its validity, and its stretches."""
    written = orjson.loads(text) if text else []
    for (_, *valid), stretches in groupby(written, key=lambda row: row[:3]):
        valid_from, valid_to = (date.fromisoformat(day) if day else None for day in valid)
        yield valid_from, valid_to, list(stretches)


def _stretch(row: list[Any]) -> WeeklyHours:
    weekday, opens, closes = row[3:6]
    return WeeklyHours(weekday, time.fromisoformat(opens), time.fromisoformat(closes))


@lru_cache(maxsize=2048)
def _overrides(text: str | None) -> dict[date, list[DateHours]]:
    """The hours of each date that has some of its own; none mean that it is closed."""
    rows_of: dict[date, dict[bool, list[DateHours]]] = {}
    for is_everybodys, on, opens, closes in orjson.loads(text) if text else []:
        day = date.fromisoformat(on)
        stretches = rows_of.setdefault(day, {}).setdefault(is_everybodys, [])
        if opens is not None:
            stretches.append(DateHours(day, time.fromisoformat(opens), time.fromisoformat(closes)))
    return {day: kinds[min(kinds)] for day, kinds in rows_of.items()}


@lru_cache(maxsize=2048)
def _closed(
    zone_name: str,
    country: str,
    region: str,
    overrides: str | None,
    time_off: str | None,
    first: date,
    last: date,
) -> tuple[Blocked, ...]:
    zone = ZoneInfo(zone_name)
    closed = []
    if country:
        overridden = _overrides(overrides)
        closed = [
            Blocked(
                midnight(day, zone),
                midnight(day + DAY, zone),
                ReasonCode.HOLIDAY,
                cause=Cause("HOLIDAY", name=name),
            )
            for day, name in holidays_in(country, region, first, last).items()
            if day not in overridden
        ]
    window = Interval(midnight(first, zone), midnight(last + DAY, zone))
    for pk, *written in orjson.loads(time_off) if time_off else []:
        closed += [
            Blocked(start, end, ReasonCode.TIME_OFF, cause=Cause("TIME_OFF", UUID(pk)))
            for start, end in time_off_intervals(_time_off(written), window, zone_name)
        ]
    return tuple(sorted(closed))


def _time_off(written: list[Any]) -> TimeOffSpec:
    starts_on, starts_at_time, ends_on, ends_at_time, recurrence = written
    return TimeOffSpec(
        starts_on=date.fromisoformat(starts_on),
        starts_at_time=time.fromisoformat(starts_at_time) if starts_at_time else None,
        ends_on=date.fromisoformat(ends_on),
        ends_at_time=time.fromisoformat(ends_at_time) if ends_at_time else None,
        recurrence=recurrence,
    )
