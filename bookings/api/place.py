"""Places in a group session: take one, and for staff who has them.

They are calls of the one view of group sessions (bookings.api.group_session).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import consent_examples as consent
from bookings.api import examples, session_examples
from bookings.api.booking_answers import answer_bookings, answer_new_booking
from bookings.api.course_booking_shapes import (
    CourseBookingSerializer,
    NewCourseBookingSerializer,
    present_of_course,
)
from bookings.api.group_session_shapes import AttendeesQuerySerializer, JoinGroupSessionSerializer
from bookings.errors import AlreadyJoined, SessionFull, SessionOver
from bookings.models import Booking, GroupSession
from bookings.services.customer import CustomerDetails, details_of
from bookings.services.place import PlaceRequest, join_session
from core.api.pagination import Order
from core.api.schema import Operation
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.ids import uuid7

BY_JOINING = Order("created_at")

OPERATIONS = {
    "join": Operation(
        id="joinGroupSession",
        summary="Take a place in a group session",
        description=(
            "Until it begins. The booking is `CONFIRMED` at once; cancelling it gives the place "
            "back. Naming a `studentId` needs the scope `bookings:write`; anybody else says a "
            "`name` and an `email`, and gets the link of the booking with this answer."
        ),
        body=JoinGroupSessionSerializer,
        answer=NewCourseBookingSerializer,
        status=status.HTTP_201_CREATED,
        is_versioned=True,
        conflicts=(
            SessionFull.reason,
            AlreadyJoined.reason,
            SessionOver.reason,
            *session_examples.BUNDLE_REFUSED,
            *consent.REFUSED,
        ),
        conflict_details=session_examples.JOIN_DETAILS | consent.DETAILS,
        body_examples=session_examples.JOINERS,
        answer_examples={"A place": session_examples.NEW_PLACE},
        conflict_examples=session_examples.NOT_JOINED | consent.NOT_AGREED,
        links=examples.AFTER_BOOKING,
    ),
    "attendees": Operation(
        id="listAttendees",
        summary="List who has a place in a group session",
        description="In the order in which they joined.",
        query=AttendeesQuerySerializer,
        answer=CourseBookingSerializer,
        is_list=True,
        answer_examples={"One attendee": [session_examples.PLACE]},
        links=examples.links("getBooking", id_at="$response.body#/data/0/id"),
    ),
}


class Places(TenantViewSet[GroupSession]):
    """What places add to the calls about group sessions."""

    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: str) -> Response:
        booking_id = uuid7()  # before the first attempt: a repeated one finds what it made
        self.refuse_query()
        session = self.session()
        data = self.validated(JoinGroupSessionSerializer)
        wanted = PlaceRequest(
            session=session,
            customer=_who(data),
            bundle=data.get("bundle_purchase_id"),
            timezone=data.get("timezone", ""),
            consents=tuple(data.get("consents", ())),
        )
        booking = join_session(wanted, caller=self.caller, booking_id=booking_id)
        return answer_new_booking(booking, present_of_course)

    @action(detail=True)
    def attendees(self, request: Request, pk: str) -> Response:
        query = self.validated_query(AttendeesQuerySerializer)
        session = self.session()
        places = Booking.objects.for_caller(self.caller).filter(group_session=session)
        if "status" not in query:
            places = places.exclude(status=Booking.Status.CANCELLED)
        return answer_bookings(
            places,
            query,
            present_of_course,
            organization_id=self.organization_id,
            order=BY_JOINING,
        )

    def session(self) -> GroupSession:
        """Return the session in the path. Raises NotFound."""
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found


def _who(data: Mapping[str, Any]) -> CustomerDetails:
    if "student_id" in data:
        return details_of(data["student_id"])
    return CustomerDetails(
        name=data["name"],
        email=data["email"],
        phone=data.get("phone") or "",
        timezone=data.get("timezone", ""),
    )
