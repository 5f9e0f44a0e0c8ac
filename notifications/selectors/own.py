"""Which messages and reminders belong to a resource: see `bookings.selectors.own`."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from bookings.models import ServiceResource
from core.own_resources import belongs
from notifications.models import Delivery, Reminder, ReminderRule


@belongs(Delivery)
def _about_it(own: Collection[UUID]) -> Q:
    return (
        Q(booking__resource__in=own)
        | Q(group_session__resource__in=own)
        | Q(waitlist_entry__resource__in=own)
    )


@belongs(Reminder)
def _before_it(own: Collection[UUID]) -> Q:
    return Q(booking__resource__in=own)


@belongs(ReminderRule)
def _for_what_it_does(own: Collection[UUID]) -> Q:
    """What counts for every service is theirs too."""
    done = ServiceResource.objects.filter(resource__in=own).order_by().values("service")
    return Q(service=None) | Q(service__in=done)
