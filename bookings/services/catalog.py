"""Who offers what, and when, in one go: for commands that set up a whole business."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from bookings.models import Resource, Schedule, Service, WeeklyHours
from bookings.services.resource import ResourceChanges, create_resource
from bookings.services.service import ServiceChanges, Share, create_service
from core.access import Caller
from core.db import in_one_transaction
from core.models import Organization

MONDAY_TO_FRIDAY = range(5)
NINE, FIVE = time(9), time(17)


@in_one_transaction
def add_staff_member(
    *,
    organization: Organization,
    name: str,
    caller: Caller,
    weekdays: Iterable[int] = MONDAY_TO_FRIDAY,
    opens: time = NINE,
    closes: time = FIVE,
) -> Resource:
    """Add somebody who can take one appointment at a time, with the same hours on `weekdays`.

    The hours are local, in the organization's zone. 0 is Monday.
    """
    member = create_resource(
        organization=organization, changes=ResourceChanges(columns={"name": name}), caller=caller
    )
    schedule = Schedule.objects.create(organization=organization, resource=member)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=schedule, weekday=weekday, opens=opens, closes=closes)
        for weekday in weekdays
    )
    return member


@in_one_transaction
def add_service(
    *,
    organization: Organization,
    name: str,
    slug: str,
    resources: Iterable[Resource],
    caller: Caller,
    **rules: Any,
) -> Service:
    """Offer something with these resources. `rules` are Service's columns."""
    changes = ServiceChanges(
        columns={"name": name, "slug": slug, **rules},
        shares=[Share(resource=resource) for resource in resources],
    )
    return create_service(organization=organization, changes=changes, caller=caller)
