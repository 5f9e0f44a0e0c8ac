"""What resources are: staff, rooms, kennels, equipment."""

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from bookings.errors import KeyTaken, TypeInUse
from bookings.models import Requirement, Resource, ResourceType
from core import events
from core.access import Caller
from core.db import in_one_transaction, violation_of
from core.errors import Invalid, NotFound
from core.models import Organization

STAFF = "staff"


@in_one_transaction
def create_resource_type(
    *, organization: Organization, name: str, key: str = "", caller: Caller
) -> ResourceType:
    """Add a type. Without a key it is made from the name; it never changes afterwards.

    Records resourcetype.created. Raises Invalid, KeyTaken.
    """
    kind = ResourceType(organization=organization, name=name, key=key or slugify(name)[:40])
    _check(kind)
    if ResourceType.objects.filter(organization=organization, key=kind.key).exists():
        raise KeyTaken(fields={"key": [KeyTaken.message]})
    with violation_of("resource_type_key_is_unique", becomes=KeyTaken):
        kind.save(force_insert=True)
    events.record("resourcetype.created", kind, caller=caller)
    return kind


@in_one_transaction
def rename_resource_type(kind: ResourceType, *, name: str, caller: Caller) -> ResourceType:
    """Call a type something else. Records resourcetype.updated. Raises Invalid, NotFound."""
    kind = _locked(kind)
    if kind.name != name:
        kind.name = name
        _check(kind)
        kind.save(update_fields=["name", "updated_at"])
        events.record("resourcetype.updated", kind, caller=caller, fields=["name"])
    return kind


@in_one_transaction
def delete_resource_type(kind: ResourceType, *, caller: Caller) -> None:
    """Remove a type that nothing is of and nothing needs: it says nothing about any booking.

    Records resourcetype.deleted with its key. Raises TypeInUse, NotFound.
    """
    kind = _locked(kind)
    resources = Resource.objects.filter(type=kind).count()
    services = Requirement.objects.filter(type=kind).count()
    if resources or services:
        raise TypeInUse(resources=resources, services=services)
    events.record("resourcetype.deleted", kind, caller=caller, key=kind.key)
    kind.delete()


def staff_type(organization: Organization, *, name: str = "Staff") -> ResourceType:
    """Return the type of people, made when it is first needed and called `name` then."""
    staff, _ = ResourceType.objects.get_or_create(
        organization=organization, key=STAFF, defaults={"name": name}
    )
    return staff


def _locked(kind: ResourceType) -> ResourceType:
    fresh = ResourceType.objects.select_for_update().filter(pk=kind.pk).first()
    if fresh is None:
        raise NotFound
    return fresh


def _check(kind: ResourceType) -> None:
    try:
        kind.clean_fields(exclude=["organization"])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
