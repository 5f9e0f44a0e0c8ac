"""A single session of a course, in the words of those who teach: the same booking as any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings.errors import SlotTaken, TaBusy, TaNotOnCourse
from bookings.models import (
    Booking,
    BundlePurchase,
    Customer,
    Resource,
    Service,
    ServiceResource,
)
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import details_of
from core.access import Caller
from core.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class IndividualRequest:
    """Who wants to be taught what, from `starts_at` (aware) for `minutes`, and by whom.

    Without a `ta` the course's rule chooses. A `bundle` pays, or else the price of one session
    is due.
    """

    course: Service
    student: Customer
    starts_at: datetime
    minutes: int
    ta: Resource | None = None
    bundle: BundlePurchase | None = None
    inquiry: str = ""
    notes: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    location: str = ""
    source: Booking.Source = Booking.Source.API


def book_individual(
    request: IndividualRequest, *, caller: Caller, booking_id: UUID | None = None
) -> Booking:
    """Book one session for one student.

    Raises NotFound for what is no course or another organization's, TaNotOnCourse, TaBusy (a
    SlotTaken, with up to three `alternatives`), and whatever create_booking raises.
    """
    course, student, ta = request.course, request.student, request.ta
    if not course.is_course or student.organization_id != course.organization_id:
        raise NotFound
    if ta is not None and not ServiceResource.objects.filter(service=course, resource=ta).exists():
        raise TaNotOnCourse
    asked = BookingRequest(
        service=course,
        customer=details_of(student),
        starts_at=request.starts_at,
        minutes=request.minutes,
        inquiry=request.inquiry,
        notes=request.notes,
        answers=request.answers,
        location=request.location,
        resource=ta,
        timezone=student.timezone or course.organization.timezone,
        source=request.source,
        bundle=request.bundle,
    )
    try:
        return create_booking(asked, caller=caller, booking_id=booking_id)
    except SlotTaken as taken:
        raise TaBusy(None, **taken.details) from taken
