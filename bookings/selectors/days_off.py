"""The days ahead that are not as usual, for people: dates, time off, public holidays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from bookings.availability.closures import holidays_in
from bookings.models import DateOverride, Resource, TimeOff
from bookings.selectors.hours import concerning, hours_on, one_per_date
from core.models import Organization

A_YEAR = timedelta(days=365)
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class SpecialDate:
    """A date with hours of its own; without any it is closed."""

    row: DateOverride
    stretches: list[tuple[time, time]]


@dataclass(frozen=True, slots=True)
class DaysOff:
    """What is ahead, each in the order of its days. `holidays` are those of the coming year
    that count: dates with hours of their own are left out.
    """

    dates: list[SpecialDate]
    time_off: list[TimeOff]
    holidays: dict[date, str] = field(default_factory=dict)


def days_off_ahead(
    organization: Organization, resource: Resource | None, *, today: date, language: str
) -> DaysOff:
    """Return what counts from `today` on: for one resource, or what is everybody's.

    Three queries. Names of holidays are in `language` where they are known in it.
    """
    dates = DateOverride.objects.for_organization(organization.pk).filter(on__gte=today)
    absences = TimeOff.objects.for_organization(organization.pk).filter(last_on__gte=today)
    if resource is None:
        dates, absences = dates.filter(resource=None), absences.filter(resource=None)
    else:
        dates, absences = concerning(dates, resource), concerning(absences, resource)
    rows = list(one_per_date(dates).order_by("on", "id")[:MOST_SHOWN])
    hours = hours_on(organization.pk, [(row.resource_id, row.on) for row in rows])
    special = [SpecialDate(row, hours.get((row.resource_id, row.on), [])) for row in rows]
    country, region = observed(organization, resource)
    holidays = {}
    if country:
        known = {row.on for row in rows}
        coming = holidays_in(country, region, today, today + A_YEAR, language=language)
        holidays = {day: name for day, name in coming.items() if day not in known}
    return DaysOff(special, list(absences.order_by("starts_on", "id")[:MOST_SHOWN]), holidays)


def observed(organization: Organization, resource: Resource | None) -> tuple[str, str]:
    """Return the country and region whose public holidays count; empty when none do."""
    if resource is not None:
        if not resource.observes_holidays:
            return "", ""
        if resource.holiday_country:
            return resource.holiday_country, resource.holiday_region
    return organization.holiday_country, organization.holiday_region
