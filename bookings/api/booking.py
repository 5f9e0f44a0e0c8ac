"""Appointments: book, list, read, change, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import consent_examples as consent
from bookings.api import examples, session_examples
from bookings.api.booking_answers import answer_booking, answer_bookings, answer_new_booking
from bookings.api.booking_shapes import COLUMNS, BookingSerializer, NewBookingSerializer, present
from bookings.api.course_booking import OPERATIONS, CourseBookings
from bookings.api.serializers import (
    BookingQuerySerializer,
    CancelBookingSerializer,
    ChangeStatusSerializer,
    CreateBookingSerializer,
    UpdateBookingSerializer,
)
from bookings.errors import HoldLapsed, IllegalTransition
from bookings.models import Booking, Service
from bookings.selectors.catalog import default_service
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails
from bookings.services.hold import HoldClaim
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import CHANGES
from core.api.conditions import etag_of, version_wanted
from core.api.envelope import success
from core.api.schema import Operation, documented
from core.audit.searches import record_search_of_list
from core.errors import Invalid, NotFound
from core.ids import uuid7


@documented(
    "Bookings",
    **OPERATIONS,
    create=Operation(
        id="createBooking",
        summary="Book a time",
        description=(
            "Without `serviceId` it is the default service, without `resourceId` anybody who is "
            "free. A service may make `company` and `inquiry` optional, ask questions of its own, "
            "which are answered in `answers`, and decides whether the booking starts `PENDING` or "
            "`CONFIRMED`. With `holdId` and `holdToken` it takes the time that was held. With "
            "`bundlePurchaseId`, which needs the scope `bookings:write`, a bundle of the customer "
            "with this `email` pays. Only this answer carries the customer's link: `manageToken` "
            "is for the calls below `/api/manage`, `manageUrl` is a page."
        ),
        body=CreateBookingSerializer,
        answer=NewBookingSerializer,
        status=status.HTTP_201_CREATED,
        is_versioned=True,
        conflicts=(
            *examples.START_REFUSED,
            HoldLapsed.reason,
            *session_examples.BUNDLE_REFUSED,
            *consent.REFUSED,
        ),
        conflict_details=(
            examples.ALTERNATIVES | session_examples.BUNDLE_DETAILS | consent.DETAILS
        ),
        body_examples=examples.WISHES | consent.wishes(examples.WISH),
        answer_examples={"Waits for approval": examples.NEW_BOOKING},
        conflict_examples=examples.TAKEN | examples.LAPSED | consent.NOT_AGREED,
        links=examples.AFTER_BOOKING,
    ),
    list=Operation(
        id="listBookings",
        summary="List bookings",
        description=(
            "By the time at which they start. `dateFrom` is included, `dateTo` is not; a bare date "
            "is that whole day in the organization's time zone. `search` finds a reference, an "
            "exact e-mail address or telephone number, or the beginnings of names."
        ),
        query=BookingQuerySerializer,
        answer=BookingSerializer,
        is_list=True,
        answer_examples={"One booking": [examples.BOOKING]},
        links=examples.links("getBooking", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getBooking",
        summary="Read a booking",
        answer=BookingSerializer,
        is_versioned=True,
        answer_examples={"Waits for approval": examples.BOOKING},
    ),
    update=Operation(
        id="updateBooking",
        summary="Change a booking, or move it",
        description=(
            "What is left out stays. A new time keeps the resource unless `resourceId` is given; "
            "null means anybody who is free. What is the same already changes nothing."
        ),
        body=UpdateBookingSerializer,
        answer=BookingSerializer,
        is_versioned=True,
        conflicts=(
            *examples.START_REFUSED,
            IllegalTransition.reason,
            *session_examples.MOVE_REFUSED,
        ),
        conflict_details=(
            examples.ALTERNATIVES | examples.TRANSITION | session_examples.BUNDLE_DETAILS
        ),
        body_examples=examples.CHANGES,
        answer_examples={"Moved": examples.MOVED},
        conflict_examples=examples.TAKEN,
    ),
    partial_update=Operation(
        id="changeBookingStatus",
        summary="Confirm, complete or cancel a booking, or note a no-show",
        description=(
            "`PENDING` may become `CONFIRMED` or `CANCELLED`; `CONFIRMED` may become `COMPLETED`, "
            "`NO_SHOW` or `CANCELLED`; these three are final."
        ),
        body=ChangeStatusSerializer,
        answer=BookingSerializer,
        is_versioned=True,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        body_examples={
            "Confirm": {"status": "CONFIRMED"},
            "Cancel": {"status": "CANCELLED", "reason": "The customer called."},
        },
        answer_examples={"Confirmed": examples.CONFIRMED},
        conflict_examples=examples.FINAL,
    ),
    destroy=Operation(
        id="cancelBooking",
        summary="Cancel a booking",
        description=(
            "Answers the booking as it now is. Nothing is ever deleted. What a bundle paid is "
            "returned until the service's deadline for cancelling, unless `returnCredit` says "
            "otherwise; in a group session the place is free again."
        ),
        body=CancelBookingSerializer,
        body_examples=session_examples.CANCELLATIONS,
        answer=BookingSerializer,
        is_versioned=True,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        answer_examples={"Cancelled": examples.CANCELLED},
        conflict_examples=examples.FINAL,
    ),
)
class BookingViewSet(CourseBookings):
    queryset = Booking.objects.all()
    serializer_class = BookingSerializer
    scope = "bookings"
    scopes = {"create": "bookings:create"}

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            **super().get_serializer_context(),
            "service_of": partial(service_named, organization_id=self.organization_id),
        }

    def create(self, request: Request) -> Response:
        self.refuse_query()
        booking_id = uuid7()  # before the first attempt: a repeated one finds what it made
        data = self.validated(CreateBookingSerializer)
        asked = booking_request(data, organization_id=self.organization_id)
        booking = create_booking(asked, caller=self.caller, booking_id=booking_id)
        return answer_new_booking(booking)

    def list(self, request: Request) -> Response:
        query = self.validated_query(BookingQuerySerializer)
        rows = self.get_queryset()
        answer = answer_bookings(rows, query, organization_id=self.organization_id)
        record_search_of_list("bookings", query, answer.data, caller=self.caller)
        return answer

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        row = self.get_queryset().filter(pk=self.id_in_path()).values(*COLUMNS).first()
        if row is None:
            raise NotFound
        return Response(success(present(row)), headers={"ETag": etag_of(row["version"])})

    def update(self, request: Request, pk: str) -> Response:
        booking = self.booking()
        data = self.validated(UpdateBookingSerializer)
        slot = data.get("time_slot", {})
        if slot.get("timezone", booking.timezone) != booking.timezone:
            raise Invalid.at("timeSlot.timezone", f"This booking's zone is {booking.timezone}.")
        resource = data.get("resource_id")
        changes = Changes(
            starts_at=slot.get("start_time"),
            minutes=slot.get("duration"),
            resource="any" if "resource_id" in data and resource is None else resource,
            inquiry=data.get("inquiry"),
        )
        booking = update_booking(
            booking,
            changes,
            caller=self.caller,
            expected_version=version_wanted(request),
            reason=data.get("reason", ""),
        )
        return answer_booking(booking)

    def partial_update(self, request: Request, pk: str) -> Response:
        booking = self.booking()
        data = self.validated(ChangeStatusSerializer)
        wanted = Booking.Status(data.pop("status"))
        if wanted not in CHANGES:  # PENDING: nothing leads back there
            booking.move_to(wanted)
        change = CHANGES[wanted]
        booking = change(
            booking, caller=self.caller, expected_version=version_wanted(request), **data
        )
        return answer_booking(booking)

    def destroy(self, request: Request, pk: str) -> Response:
        return answer_booking(self.cancelled())


def service_named(data: Mapping[str, Any], *, organization_id: UUID) -> Service:
    """Return the service that a body means, or the default while its id is not right."""
    active = Service.objects.for_organization(organization_id).filter(is_active=True)
    try:
        named = active.filter(pk=str(data.get("serviceId"))).first()
    except (ValueError, TypeError, DjangoValidationError):
        named = None
    return named or default_service(organization_id)


def booking_request(data: dict[str, Any], *, organization_id: UUID) -> BookingRequest:
    """Return what a checked body asks for."""
    service = data.get("service_id") or default_service(organization_id)
    slot = data["time_slot"]
    hold = HoldClaim(data["hold_id"], data["hold_token"]) if "hold_id" in data else None
    zone = slot.get("timezone", "")
    return BookingRequest(
        service=service,
        customer=CustomerDetails(
            name=data["name"],
            company=data.get("company", ""),
            email=data["email"],
            phone=data.get("phone") or "",
            timezone=zone,
        ),
        starts_at=slot["start_time"],
        minutes=slot["duration"],
        inquiry=data.get("inquiry", ""),
        notes=data.get("notes", ""),
        answers=data.get("answers", {}),
        location=data.get("location", ""),
        bundle=data.get("bundle_purchase_id"),
        resource=data.get("resource_id"),
        hold=hold,
        timezone=zone or service.organization.timezone,
        consents=tuple(data.get("consents", ())),
    )
