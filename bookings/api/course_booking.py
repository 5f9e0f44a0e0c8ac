"""What a course's clients call: book a single session, list a student's or a TA's, cancel.

They are calls of the one view of bookings (bookings.api.booking), through the same services.
"""

from __future__ import annotations

from uuid import UUID

from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples, session_examples
from bookings.api.booking_answers import answer_booking, answer_bookings, answer_new_booking
from bookings.api.course_booking_shapes import (
    BookIndividualSerializer,
    CourseBookingQuerySerializer,
    CourseBookingSerializer,
    NewCourseBookingSerializer,
    present_of_course,
)
from bookings.api.serializers import CancelBookingSerializer
from bookings.errors import IllegalTransition, SlotTaken, TaBusy, TaNotOnCourse
from bookings.models import Booking, Customer, Resource
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.status import cancel_booking
from core.api.conditions import version_wanted
from core.api.schema import Operation
from core.api.viewsets import TenantViewSet
from core.errors import Invalid, NotFound
from core.ids import uuid7

PERSON = "[^/]+"
# What the services call what these calls call otherwise.
PATHS = {
    "timeSlot.startTime": "date",
    "timeSlot.duration": "durationMinutes",
    "resourceId": "taId",
}
HOW_TO_LIST = (
    "By the time at which they start, with the filters of every list of bookings; `BOOKED` is "
    "another word for `CONFIRMED`. Places in group sessions are among them."
)

OPERATIONS = {
    "individual": Operation(
        id="bookIndividualSession",
        summary="Book a single session of a course",
        description=(
            "For a student, with a TA of the course or, without `taId`, with whom the course's "
            "rule chooses. With `bundlePurchaseId` a bundle pays; otherwise the price of one "
            "session is due."
        ),
        body=BookIndividualSerializer,
        answer=NewCourseBookingSerializer,
        status=status.HTTP_201_CREATED,
        is_versioned=True,
        conflicts=(
            TaBusy.reason,
            TaNotOnCourse.reason,
            *session_examples.BUNDLE_REFUSED,
            *(word for word in examples.START_REFUSED if word != SlotTaken.reason),
        ),
        conflict_details=examples.ALTERNATIVES | session_examples.BUNDLE_DETAILS,
        body_examples=session_examples.INDIVIDUAL_WISHES,
        answer_examples={"Paid by a bundle": session_examples.NEW_INDIVIDUAL},
        conflict_examples=session_examples.BUSY,
        links=examples.AFTER_BOOKING,
    ),
    "of_student": Operation(
        id="listStudentBookings",
        summary="List what a student has booked",
        description=HOW_TO_LIST,
        query=CourseBookingQuerySerializer,
        answer=CourseBookingSerializer,
        is_list=True,
        answer_examples={"One booking": [session_examples.INDIVIDUAL]},
        links=examples.links("getBooking", id_at="$response.body#/data/0/id"),
    ),
    "of_ta": Operation(
        id="listTaBookings",
        summary="List what is booked with a TA",
        description=HOW_TO_LIST,
        query=CourseBookingQuerySerializer,
        answer=CourseBookingSerializer,
        is_list=True,
        answer_examples={"A place in a group session": [session_examples.PLACE]},
        links=examples.links("getBooking", id_at="$response.body#/data/0/id"),
    ),
    "cancel": Operation(
        id="cancelCourseBooking",
        summary="Cancel a session, or give a place back",
        description=(
            "What a bundle paid is returned until the course's deadline for cancelling, unless "
            "`returnCredit` says otherwise. Answers the booking as it now is."
        ),
        body=CancelBookingSerializer,
        answer=CourseBookingSerializer,
        is_versioned=True,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        body_examples=session_examples.CANCELLATIONS,
        answer_examples={"Cancelled": {**session_examples.INDIVIDUAL, "status": "CANCELLED"}},
        conflict_examples=examples.FINAL,
    ),
}


class CourseBookings(TenantViewSet[Booking]):
    """What courses add to the calls about bookings."""

    @action(detail=False, methods=["post"])
    def individual(self, request: Request) -> Response:
        self.refuse_query()
        booking_id = uuid7()  # before the first attempt: a repeated one finds what it made
        data = self.validated(BookIndividualSerializer)
        wanted = IndividualRequest(
            course=data["course_id"],
            student=data["student_id"],
            starts_at=data["date"],
            minutes=data["duration_minutes"],
            ta=data.get("ta_id"),
            bundle=data.get("bundle_purchase_id"),
            inquiry=data.get("inquiry", ""),
            notes=data.get("notes", ""),
            answers=data.get("answers", {}),
            location=data.get("location", ""),
        )
        try:
            booking = book_individual(wanted, caller=self.caller, booking_id=booking_id)
        except Invalid as wrong:
            raise _in_words_of_a_course(wrong) from wrong
        return answer_new_booking(booking, present_of_course)

    @action(detail=False, url_path=f"students/(?P<pk>{PERSON})")
    def of_student(self, request: Request, pk: str) -> Response:
        query = self.validated_query(CourseBookingQuerySerializer)
        rows = self.get_queryset().filter(customer_id=self._known(Customer))
        return answer_bookings(rows, query, present_of_course, organization_id=self.organization_id)

    @action(detail=False, url_path=f"tas/(?P<pk>{PERSON})")
    def of_ta(self, request: Request, pk: str) -> Response:
        query = self.validated_query(CourseBookingQuerySerializer)
        rows = self.get_queryset().filter(resource_id=self._known(Resource))
        return answer_bookings(rows, query, present_of_course, organization_id=self.organization_id)

    @action(detail=True, methods=["patch"])
    def cancel(self, request: Request, pk: str) -> Response:
        return answer_booking(self.cancelled(), present_of_course)

    def cancelled(self) -> Booking:
        """Cancel the booking in the path, as the body says."""
        booking = self.booking()
        data = self.validated(CancelBookingSerializer)
        return cancel_booking(
            booking,
            caller=self.caller,
            reason=data.get("reason", ""),
            return_credit=data.get("return_credit"),
            expected_version=version_wanted(self.request),
        )

    def booking(self) -> Booking:
        """Return the booking in the path. Raises NotFound, Invalid for a query."""
        self.refuse_query()
        rows = self.get_queryset().select_related("service__organization", "resource")
        booking = rows.filter(pk=self.id_in_path()).first()
        if booking is None:
            raise NotFound
        return booking

    def _known(self, model: type[Customer | Resource]) -> UUID:
        """Return the id in the path, if it is one of `model`'s. Raises NotFound."""
        ours = model.objects.for_caller(self.caller)
        if not ours.filter(pk=self.id_in_path()).exists():
            raise NotFound
        return self.id_in_path()


def _in_words_of_a_course(wrong: Invalid) -> Invalid:
    fields: dict[str, list[str]] = {}
    given = wrong.details.get("fields")
    for path, sentences in given.items() if isinstance(given, dict) else ():
        fields[PATHS.get(str(path), str(path))] = sentences
    return Invalid(fields=fields)
