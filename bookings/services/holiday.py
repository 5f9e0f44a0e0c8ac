"""Whose public holidays an organization observes."""

from __future__ import annotations

from bookings.availability.closures import check_holidays
from bookings.services.hours import changing_hours
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid
from core.models import Organization


@in_one_transaction
def set_public_holidays(
    organization: Organization,
    *,
    country: str,
    region: str = "",
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> Organization:
    """Observe the public holidays of `country` (ISO 3166-1) and `region`; of none when empty.

    A resource with a country of its own keeps it. Records organization.updated.
    Raises Invalid (`holidayCountry`, `holidayRegion`), BookingsOutside.
    """
    if region and not country:
        raise Invalid.at("holidayRegion", "A region needs a country.")
    if country:
        _check("holidayCountry", country, "")
        _check("holidayRegion", country, region)
    with changing_hours(
        organization.pk, None, even_if_bookings_fall_outside=even_if_bookings_fall_outside
    ):
        changed = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        changed.holiday_country, changed.holiday_region = country, region
        changed.save(update_fields=["holiday_country", "holiday_region", "updated_at"])
        fields = ["holiday_country", "holiday_region"]
        events.build_for(
            changed.pk, "organization.updated", changed, caller=caller, fields=fields
        ).save(force_insert=True)
        events.relay_after_commit()
    return changed


def _check(field: str, country: str, region: str) -> None:
    try:
        check_holidays(country, region)
    except ValueError as error:
        raise Invalid.at(field, str(error)) from error
