"""What the booking page of an organization offers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from bookings.models import Booking, Resource, Service
from core.models import Organization


def organization_with_page(slug: str) -> Organization | None:
    """Return whose booking page this is; None for a wrong name, and where there is no page."""
    return Organization.objects.filter(slug=slug, is_active=True, has_page=True).first()


def bookable_services(organization: Organization) -> QuerySet[Service]:
    """Return the services that somebody can do, the default first. They know `organization`."""
    somebody = Resource.objects.filter(offers__service=OuterRef("pk"), is_active=True)
    offered = Service.objects.for_organization(organization.pk).filter(is_active=True)
    return offered.filter(Exists(somebody)).select_related("organization")


def choosable_resources(service: Service) -> list[Resource]:
    """Return with whom a customer may choose to be, by name. One query at most.

    Nobody to choose from, where all do it together. Where a service takes several resources at
    once, those that the booking is with: of the type that it asks for first.
    """
    if service.assignment == Service.Assignment.COLLECTIVE:
        return []
    found = Resource.objects.filter(offers__service=service, is_active=True)
    first = service.requirements.order_by("position", "id").values("type")[:1]
    candidates = list(found.annotate(wanted_type=first).order_by("name", "id"))
    return [one for one in candidates if _wanted_type(one) in (None, one.type_id)]


def booking_made(booking_id: UUID, *, organization_id: UUID) -> Booking | None:
    """Return a booking with what a page says about it. One query."""
    rows = Booking.objects.for_organization(organization_id)
    return rows.select_related("service__organization", "resource").filter(pk=booking_id).first()


def _wanted_type(resource: Resource) -> UUID | None:
    return vars(resource)["wanted_type"]  # type: ignore[no-any-return]
