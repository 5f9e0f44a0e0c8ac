"""What a course offers: who teaches it, its price, its exams, its sessions. A query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from bookings.models import (
    BundlePurchase,
    ExamPeriod,
    GroupSession,
    Product,
    Requirement,
    Resource,
    Service,
    ServiceResource,
)
from core.models import TenantQuerySet


def has_courses(organization_id: UUID) -> bool:
    """Tell whether an organization has, or had, something to teach."""
    services = Service.objects.for_organization(organization_id)
    return services.exclude(code="").exists()


def with_price_of_one(courses: TenantQuerySet[Service]) -> TenantQuerySet[Service]:
    """Let each know `price_of_one`: what `bookings.selectors.prices` says of a single one."""
    singles = Product.objects.filter(
        service=OuterRef("pk"), kind=Product.Kind.INDIVIDUAL_SESSION, is_active=True
    )
    price = Coalesce(Subquery(singles.values("price_amount")[:1]), F("price_amount"))
    return cast("TenantQuerySet[Service]", courses.annotate(price_of_one=price))


def tas_of(course_ids: Iterable[UUID]) -> dict[UUID, list[Resource]]:
    """Return who teaches each course, by name, with the picture.

    Where a course takes several resources at once (a TA and a room), those that a booking is
    with: of the type that it asks for first.
    """
    needs = Requirement.objects.filter(service=OuterRef("service")).order_by("position", "id")
    offers = (
        ServiceResource.objects.filter(service__in=list(course_ids), resource__is_active=True)
        .annotate(lead_type=Subquery(needs.values("type")[:1]))
        .filter(Q(lead_type=None) | Q(lead_type=F("resource__type")))
        .select_related("resource__photo")
        .defer("resource__photo__content")
        .order_by("resource__name", "resource")
    )
    found: defaultdict[UUID, list[Resource]] = defaultdict(list)
    for offer in offers:
        found[offer.service_id].append(offer.resource)
    return found


def exam_periods_of(course_ids: Iterable[UUID]) -> dict[UUID, list[ExamPeriod]]:
    """Return the exam periods of each course, by day."""
    periods = ExamPeriod.objects.filter(service__in=list(course_ids))
    found: defaultdict[UUID, list[ExamPeriod]] = defaultdict(list)
    for period in periods.order_by("starts_on", "ends_on", "id"):
        found[period.service_id].append(period)
    return found


def sessions_with_places(course: Service, *, now: datetime, most: int) -> list[GroupSession]:
    """Return the next group sessions of a course that somebody can still join."""
    ahead = GroupSession.objects.for_organization(course.organization_id).filter(
        service=course, starts_at__gt=now, cancelled_at=None
    )
    open_ones = ahead.filter(capacity__gt=F("taken") + F("held"))
    return list(open_ones.order_by("starts_at", "id")[:most])


def active_bundles(
    bundles: TenantQuerySet[BundlePurchase], *, now: datetime
) -> TenantQuerySet[BundlePurchase]:
    """Return those of which something is left and which are not over; they may begin later."""
    return bundles.filter(remaining_sessions__gt=0, valid_to_at__gt=now)
