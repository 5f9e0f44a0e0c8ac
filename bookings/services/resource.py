"""Who and what can be booked: staff, rooms, equipment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from bookings.availability.closures import check_holidays
from bookings.errors import UserTaken
from bookings.models import Resource, ResourceType
from bookings.services.hours import changing_hours
from bookings.services.resource_type import staff_type
from bookings.services.schedule import set_places
from core import events
from core.access import Caller
from core.db import in_one_transaction, violation_of
from core.errors import Invalid, NotFound
from core.models import Membership, Organization
from core.text import camel_case

# Where a column stands on the wire, if not under its own name.
PATHS = {
    "user": "userId",
    "is_active": "active",
    "is_always_open": "alwaysOpen",
    "observes_holidays": "holidays.observed",
    "holiday_country": "holidays.country",
    "holiday_region": "holidays.region",
}
# What says when it is open.
HOURS = frozenset(
    {"timezone", "is_always_open", "observes_holidays", "holiday_country", "holiday_region"}
)


@dataclass(frozen=True, kw_only=True)
class ResourceChanges:
    """What should be different: columns of Resource by name, and how many it takes at once."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    places: int | None = None


@in_one_transaction
def create_resource(
    *, organization: Organization, changes: ResourceChanges, caller: Caller
) -> Resource:
    """Add somebody or something; staff unless a type is named, in the organization's zone.

    One place, unless told otherwise, and no hours yet: nobody can book it before it has some.
    Records resource.created. Raises Invalid, UserTaken, NotFound.
    """
    resource = Resource(organization=organization, timezone=organization.timezone)
    columns = {"type": None, **changes.columns}
    columns["type"] = columns["type"] or staff_type(organization)
    _set_columns(resource, columns)
    with violation_of("resource_of_a_user_is_one", becomes=UserTaken):
        resource.save(force_insert=True)
    set_places(resource, 1 if changes.places is None else changes.places)
    events.record("resource.created", resource, caller=caller)
    return resource


@in_one_transaction
def update_resource(
    resource: Resource,
    changes: ResourceChanges,
    *,
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> Resource:
    """Change what a resource says. It is locked first, as by whoever takes time on it.

    Records resource.updated with the names of what changed. Raises Invalid, UserTaken, NotFound
    and, unless those bookings may stay there, PlaceInUse when some ahead stand on a place that
    would go and BookingsOutside when some would no longer be within its hours.
    """
    with changing_hours(
        resource.organization_id,
        resource,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside
        or HOURS.isdisjoint(changes.columns),
    ):
        fresh = Resource.objects.select_related("type").get(pk=resource.pk)
        changed = _set_columns(fresh, changes.columns)
        if changed:
            with violation_of("resource_of_a_user_is_one", becomes=UserTaken):
                fresh.save(update_fields=[*changed, "updated_at"])
        if changes.places is not None and set_places(
            fresh, changes.places, even_if_bookings_fall_outside=even_if_bookings_fall_outside
        ):
            changed.append("places")
        if changed:
            events.record("resource.updated", fresh, caller=caller, fields=sorted(changed))
    return fresh


def wrong_with_holidays(country: str, region: str) -> str:
    """Return why there are no public holidays to observe there; empty when there are."""
    if not country:
        return "Name the country too." if region else ""
    try:
        check_holidays(country, region)
    except ValueError as error:
        return str(error)
    return ""


def _set_columns(resource: Resource, columns: Mapping[str, Any]) -> list[str]:
    """Set and check columns; return the names of those that changed. Does not save."""
    changed = [name for name, value in columns.items() if _is_new(resource, name, value)]
    for name in changed:
        setattr(resource, name, columns[name])
    wrong: dict[str, list[str]] = {}
    try:
        resource.clean_fields(exclude=["organization"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            wrong[PATHS.get(name, camel_case(name))] = messages
    if sentence := wrong_with_holidays(resource.holiday_country, resource.holiday_region):
        path = "region" if resource.holiday_region else "country"
        wrong[f"holidays.{path}"] = [sentence]
    if wrong:
        raise Invalid(fields=wrong)
    if "type" in changed:
        _hold_the_type(resource)
    if "user" in changed and resource.user_id is not None:
        _check_user(resource)
    return changed


def _is_new(resource: Resource, name: str, value: Any) -> bool:
    """Tell whether a column would change; rows are compared by their keys."""
    if isinstance(value, Model):
        return bool(getattr(resource, f"{name}_id") != value.pk)
    return bool(getattr(resource, name) != value)


def _hold_the_type(resource: Resource) -> None:
    """Keep the type from being removed meanwhile."""
    kinds = ResourceType.objects.select_for_update(no_key=True)
    if not kinds.filter(pk=resource.type_id, organization=resource.organization_id).exists():
        raise NotFound(fields={"type": ["There is nothing with this key."]})


def _check_user(resource: Resource) -> None:
    """Raise unless the user is a member of the organization and nobody else's resource."""
    ours = {"organization": resource.organization_id, "user": resource.user_id}
    if not Membership.objects.filter(**ours).exists():
        raise NotFound(fields={"userId": ["There is nothing with this id."]})
    if Resource.objects.filter(**ours).exclude(pk=resource.pk).exists():
        raise UserTaken(fields={"userId": [UserTaken.message]})
