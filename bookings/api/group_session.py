"""Group sessions: find, read, join, and for staff who comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples, session_examples
from bookings.api.booking_answers import answer_bookings, answer_new_booking
from bookings.api.course_booking_shapes import (
    COURSES,
    CourseBookingSerializer,
    NewCourseBookingSerializer,
    present_of_course,
)
from bookings.api.group_session_shapes import (
    AttendeesQuerySerializer,
    GroupSessionQuerySerializer,
    GroupSessionSerializer,
    JoinGroupSessionSerializer,
    present_session,
)
from bookings.errors import AlreadyJoined, SessionFull, SessionOver
from bookings.models import Booking, GroupSession
from bookings.selectors.group_session import filtered
from bookings.services.customer import CustomerDetails, details_of
from bookings.services.place import PlaceRequest, join_session
from core.api.conditions import etag_of
from core.api.envelope import success
from core.api.pagination import Order, paginate
from core.api.schema import Operation, documented
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.ids import uuid7

BY_START = Order("starts_at")
BY_JOINING = Order("created_at")
COLUMNS = [field.attname for field in GroupSession._meta.concrete_fields]


@documented(
    "Group sessions",
    of_course=Operation(
        id="listGroupSessions",
        summary="List the group sessions of a course",
        description=(
            "By the time at which they begin, with the places that are left; without `from` and "
            "`to` those that have not begun. Bare dates are midnights in the organization's time "
            "zone."
        ),
        query=GroupSessionQuerySerializer,
        answer=GroupSessionSerializer,
        is_list=True,
        answer_examples={"One session": [session_examples.SESSION]},
        links=examples.links("getGroupSession", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getGroupSession",
        summary="Read a group session",
        answer=GroupSessionSerializer,
        is_versioned=True,
        answer_examples={"With places left": session_examples.SESSION},
    ),
    join=Operation(
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
        ),
        conflict_details=session_examples.JOIN_DETAILS,
        body_examples=session_examples.JOINERS,
        answer_examples={"A place": session_examples.NEW_PLACE},
        conflict_examples=session_examples.NOT_JOINED,
        links=examples.AFTER_BOOKING,
    ),
    attendees=Operation(
        id="listAttendees",
        summary="List who has a place in a group session",
        description="In the order in which they joined.",
        query=AttendeesQuerySerializer,
        answer=CourseBookingSerializer,
        is_list=True,
        answer_examples={"One attendee": [session_examples.PLACE]},
        links=examples.links("getBooking", id_at="$response.body#/data/0/id"),
    ),
)
class GroupSessionViewSet(TenantViewSet[GroupSession]):
    queryset = GroupSession.objects.all()
    serializer_class = GroupSessionSerializer
    scope = "sessions"
    scopes = {
        "of_course": "catalog:read",
        "retrieve": "catalog:read",
        "join": "bookings:create",
        "attendees": "bookings:read",
    }

    @action(detail=False, url_path="courses/(?P<pk>[^/]+)")
    def of_course(self, request: Request, pk: str) -> Response:
        query = self.validated_query(GroupSessionQuerySerializer)
        ours = COURSES.for_organization(self.organization_id)
        course = ours.filter(pk=self.id_in_path()).order_by().first()
        if course is None:
            raise NotFound
        now = timezone.now()
        zone = ZoneInfo(course.organization.timezone)
        rows = filtered(self.get_queryset().filter(service=course), query, now=now, zone=zone)
        found, pagination = paginate(rows, query=query, order=BY_START, columns=COLUMNS)
        told = [present_session(GroupSession(**row), now=now) for row in found]
        return Response(success(told, pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self._session())

    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: str) -> Response:
        booking_id = uuid7()  # before the first attempt: a repeated one finds what it made
        session = self._session()
        data = self.validated(JoinGroupSessionSerializer)
        wanted = PlaceRequest(
            session=session,
            customer=_who(data),
            bundle=data.get("bundle_purchase_id"),
            timezone=data.get("timezone", ""),
        )
        booking = join_session(wanted, caller=self.caller, booking_id=booking_id)
        return answer_new_booking(booking, present_of_course)

    @action(detail=True)
    def attendees(self, request: Request, pk: str) -> Response:
        query = self.validated_query(AttendeesQuerySerializer)
        session = self.get_queryset().filter(pk=self.id_in_path()).first()
        if session is None:
            raise NotFound
        places = Booking.objects.for_organization(self.organization_id).filter(
            group_session=session
        )
        if "status" not in query:
            places = places.exclude(status=Booking.Status.CANCELLED)
        return answer_bookings(
            places,
            query,
            present_of_course,
            organization_id=self.organization_id,
            order=BY_JOINING,
        )

    def _session(self) -> GroupSession:
        self.refuse_query()
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found

    def _answer(self, session: GroupSession, *, status: int = 200) -> Response:
        headers = {"ETag": etag_of(session.version)}
        told = present_session(session, now=timezone.now())
        return Response(success(told), status=status, headers=headers)


def _who(data: Mapping[str, Any]) -> CustomerDetails:
    if "student_id" in data:
        return details_of(data["student_id"])
    return CustomerDetails(
        name=data["name"],
        email=data["email"],
        phone=data.get("phone") or "",
        timezone=data.get("timezone", ""),
    )
