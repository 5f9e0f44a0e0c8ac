"""What was said about the hours of certain days, for the doors that list it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.lookups import IsNull

from bookings.models import DateOverride, Resource
from core.models import TenantModel, TenantQuerySet

M = TypeVar("M", bound=TenantModel)
Day = tuple[UUID | None, date]  # a resource, or everybody, and a date


def concerning(rows: TenantQuerySet[M], resource: Resource) -> TenantQuerySet[M]:
    """Return those rows that count for `resource`: its own and everybody's."""
    return rows.filter(Q(resource=resource) | Q(resource=None))


def one_per_date(rows: TenantQuerySet[DateOverride]) -> TenantQuerySet[DateOverride]:
    """Return the first row of each date and resource; it stands for all of that date's hours."""
    everybodys = Q(resource=None) & Q(IsNull(OuterRef("resource_id"), True))
    earlier = DateOverride.objects.filter(
        Q(resource_id=OuterRef("resource_id")) | everybodys,
        organization_id=OuterRef("organization_id"),
        on=OuterRef("on"),
        opens__lt=OuterRef("opens"),
    )
    return rows.filter(~Exists(earlier))


def hours_on(organization_id: UUID, days: Iterable[Day]) -> dict[Day, list[tuple[time, time]]]:
    """Return the stretches of dates with hours of their own, in order; none mean closed.

    One query.
    """
    wanted = set(days)
    rows = DateOverride.objects.for_organization(organization_id).filter(
        on__in={on for _, on in wanted}, opens__isnull=False
    )
    found: defaultdict[Day, list[tuple[time, time]]] = defaultdict(list)
    for resource_id, on, opens, closes in rows.order_by("opens").values_list(
        "resource_id", "on", "opens", "closes"
    ):
        if (resource_id, on) in wanted and opens is not None and closes is not None:
            found[resource_id, on].append((opens, closes))
    return dict(found)
