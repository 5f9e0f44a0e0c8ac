"""Who offers what, and when."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from bookings.models import Lane, Resource, ResourceType, Schedule, Service, WeeklyHours
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.models import Organization

STAFF = "staff"
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
    staff, _ = ResourceType.objects.get_or_create(
        organization=organization, key=STAFF, defaults={"name": "Staff"}
    )
    member = Resource.objects.create(
        organization=organization, type=staff, name=name, timezone=organization.timezone
    )
    Lane.objects.create(resource=member)
    schedule = Schedule.objects.create(organization=organization, resource=member)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=schedule, weekday=weekday, opens=opens, closes=closes)
        for weekday in weekdays
    )
    events.record("resource.created", member, caller=caller)
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
    service = Service(organization=organization, name=name, slug=slug, **rules)
    service.full_clean(exclude=["organization"])
    service.save(force_insert=True)
    service.resources.set(resources)
    events.record("service.created", service, caller=caller)
    return service
