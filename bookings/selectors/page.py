"""What the booking page of an organization offers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from bookings.models import Booking, GroupSession, Product, Resource, Service
from bookings.selectors.courses import with_price_of_one
from core.models import Organization

MOST_SESSIONS = 40


def organization_with_page(slug: str) -> Organization | None:
    """Return whose booking page this is; None for a wrong name, and where there is no page."""
    return Organization.objects.filter(slug=slug, is_active=True, has_page=True).first()


def bookable_services(organization: Organization) -> QuerySet[Service]:
    """Return the services that somebody can do, the default first.

    They know `organization`, and `price_of_one`: what one appointment costs now.
    """
    somebody = Resource.objects.filter(offers__service=OuterRef("pk"), is_active=True)
    ours = Service.objects.for_organization(organization.pk).filter(is_active=True)
    offered = with_price_of_one(ours)
    return offered.filter(Exists(somebody)).select_related("organization")


def choosable_resources(service: Service) -> list[Resource]:
    """Return with whom a customer may choose to be, by name. One query at most.

    Nobody to choose from, where all do it together. Where a service takes several resources at
    once, those that the booking is with: of the type that it asks for first.
    """
    if service.assignment == Service.Assignment.COLLECTIVE:
        return []
    found = Resource.objects.for_organization(service.organization_id).filter(
        offers__service=service, is_active=True
    )
    first = service.requirements.order_by("position", "id").values("type")[:1]
    candidates = list(found.annotate(wanted_type=first).order_by("name", "id"))
    return [one for one in candidates if _wanted_type(one) in (None, one.type_id)]


def sessions_ahead(course: Service, *, now: datetime) -> list[GroupSession]:
    """Return the next group sessions of a course, those that are full too. One query."""
    ahead = GroupSession.objects.for_organization(course.organization_id).filter(
        service=course, starts_at__gt=now, cancelled_at=None
    )
    return list(ahead.select_related("resource").order_by("starts_at", "id")[:MOST_SESSIONS])


def session_of(course: Service, session_id: UUID) -> GroupSession | None:
    """Return a session of this course, as its page shows it. One query."""
    rows = (
        GroupSession.objects.for_organization(course.organization_id)
        .filter(service=course)
        .select_related("resource")
    )
    return rows.filter(pk=session_id).first()


def bundles_of(course: Service) -> list[Product]:
    """Return the bundles of a course that are for sale, the dearest first. One query."""
    products = Product.objects.for_organization(course.organization_id).filter(
        service=course, is_active=True, kind__in=Product.BUNDLES
    )
    return list(products.order_by("-price_amount", "kind"))


def booking_made(booking_id: UUID, *, organization_id: UUID) -> Booking | None:
    """Return a booking with what a page says about it. One query."""
    rows = Booking.objects.for_organization(organization_id)
    return rows.select_related("service__organization", "resource").filter(pk=booking_id).first()


def _wanted_type(resource: Resource) -> UUID | None:
    return vars(resource)["wanted_type"]  # type: ignore[no-any-return]
