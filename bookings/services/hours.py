"""Changing when somebody is there: locked first, and never silently around a booking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.utils import timezone

from bookings.errors import BookingsOutside
from bookings.models import Resource
from bookings.selectors.outside import bookings_outside, fallen_outside, told
from bookings.services.locking import lock_resources, note_new_hours
from core.errors import NotFound


@contextmanager
def changing_hours(
    organization_id: UUID, resource: Resource | None, *, even_if_bookings_fall_outside: bool
) -> Iterator[None]:
    """Do in the block what changes the hours of `resource`, or of everybody in an organization.

    They are locked first, in one statement, as by whoever takes time on them. Open bookings and
    group sessions ahead that were inside before and are not after it refuse the change, unless they
    may: then they stay as they are. Raises BookingsOutside, NotFound.
    """
    locked = lock_hours(organization_id, resource)
    if even_if_bookings_fall_outside:
        yield
        return
    now = timezone.now()
    before = bookings_outside(locked, now=now)
    yield
    if fallen := fallen_outside(before, bookings_outside(locked, now=now)):
        raise BookingsOutside(**told(fallen))


def lock_hours(organization_id: UUID, resource: Resource | None) -> set[UUID]:
    """Lock `resource`, or everybody in an organization, in one statement; return who that is.

    Whoever waits for them reads their hours again.

    Raises NotFound when the resource is gone.
    """
    if resource is not None:
        found = lock_resources([resource.pk])
        if not found:
            raise NotFound
    else:
        everybody = Resource.objects.for_organization(organization_id)
        found = lock_resources(list(everybody.values_list("pk", flat=True)))
    note_new_hours(found)
    return set(found)
