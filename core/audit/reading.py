"""Finding events in the trail."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.access import CallerKind
from core.models import Event, Organization, TenantQuerySet


def filtered(
    events: TenantQuerySet[Event], query: Mapping[str, Any], *, organization_id: UUID
) -> TenantQuerySet[Event]:
    """Return the events that a validated query asks for, by all that it names.

    `actor` is an id or a CallerKind. `from_` is included and `to` is not; a bare date is its
    midnight in the organization's zone.
    """
    if "subject" in query:
        events = events.filter(subject_id=query["subject"])
    if "name" in query:
        events = events.filter(name=query["name"])
    if (actor := query.get("actor")) is not None:
        events = events.filter(
            **{"actor_kind" if isinstance(actor, CallerKind) else "actor_id": actor}
        )
    for name, lookup in (("from_", "created_at__gte"), ("to", "created_at__lt")):
        if (moment := query.get(name)) is not None:
            events = events.filter(**{lookup: _as_moment(moment, organization_id)})
    return events


def _as_moment(moment: datetime | date, organization_id: UUID) -> datetime:
    if isinstance(moment, datetime):
        return moment
    zones = Organization.objects.values_list("timezone", flat=True)
    return datetime.combine(moment, time(), ZoneInfo(zones.get(pk=organization_id)))
