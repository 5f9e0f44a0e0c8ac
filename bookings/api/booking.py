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

from bookings.api import examples
from bookings.api.serializers import (
    COLUMNS,
    BookingQuerySerializer,
    BookingSerializer,
    CancelBookingSerializer,
    ChangeStatusSerializer,
    CreateBookingSerializer,
    NewBookingSerializer,
    UpdateBookingSerializer,
    present,
)
from bookings.errors import HoldLapsed, IllegalTransition
from bookings.models import Booking, Service
from bookings.selectors.booking import filtered
from bookings.selectors.catalog import default_service
from bookings.selectors.manage import manage_token, manage_url
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails
from bookings.services.hold import HoldClaim
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import CHANGES, cancel_booking
from core.api.conditions import etag_of, version_wanted
from core.api.envelope import success
from core.api.pagination import Order, paginate
from core.api.schema import Operation, documented
from core.api.viewsets import TenantViewSet
from core.errors import Invalid, NotFound
from core.ids import uuid7

BY_START = Order("starts_at")


FOLLOWING = examples.links("getBooking", "updateBooking", "changeBookingStatus", "cancelBooking")
FOLLOWING_BY_LINK = examples.links(
    "getManagedBooking", parameter="token", id_at="$response.body#/data/manageToken"
)


@documented(
    "Bookings",
    create=Operation(
        id="createBooking",
        summary="Book a time",
        description=(
            "Without `serviceId` it is the default service, without `resourceId` anybody who is "
            "free. A service may make `company` and `inquiry` optional, ask questions of its own, "
            "which are answered in `answers`, and decides whether the booking starts `PENDING` or "
            "`CONFIRMED`. With `holdId` and `holdToken` it takes the time that was held. Only this "
            "answer carries the customer's link: `manageToken` is for the calls below "
            "`/api/manage`, `manageUrl` is a page."
        ),
        body=CreateBookingSerializer,
        answer=NewBookingSerializer,
        status=status.HTTP_201_CREATED,
        is_versioned=True,
        conflicts=(*examples.START_REFUSED, HoldLapsed.reason),
        conflict_details=examples.ALTERNATIVES,
        body_examples=examples.WISHES,
        answer_examples={"Waits for approval": examples.NEW_BOOKING},
        conflict_examples=examples.TAKEN | examples.LAPSED,
        links=FOLLOWING | FOLLOWING_BY_LINK,
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
        conflicts=(*examples.START_REFUSED, IllegalTransition.reason),
        conflict_details=examples.ALTERNATIVES | examples.TRANSITION,
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
        description="Answers the booking as it now is. Nothing is ever deleted.",
        body=CancelBookingSerializer,
        body_examples={"With a reason": {"reason": "The customer called."}},
        answer=BookingSerializer,
        is_versioned=True,
        conflicts=[IllegalTransition.reason],
        conflict_details=examples.TRANSITION,
        answer_examples={"Cancelled": examples.CANCELLED},
        conflict_examples=examples.FINAL,
    ),
)
class BookingViewSet(TenantViewSet[Booking]):
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
        link = {"manageToken": manage_token(booking), "manageUrl": manage_url(booking)}
        return self._answer(booking, status=status.HTTP_201_CREATED, **link)

    def list(self, request: Request) -> Response:
        query = self.validated_query(BookingQuerySerializer)
        bookings = filtered(self.get_queryset(), query, organization_id=self.organization_id)
        rows, pagination = paginate(bookings, query=query, order=BY_START, columns=COLUMNS)
        return Response(success([present(row) for row in rows], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        row = self.get_queryset().filter(pk=self.id_in_path()).values(*COLUMNS).first()
        if row is None:
            raise NotFound
        return Response(success(present(row)), headers={"ETag": etag_of(row["version"])})

    def update(self, request: Request, pk: str) -> Response:
        booking = self._booking()
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
        return self._answer(booking)

    def partial_update(self, request: Request, pk: str) -> Response:
        booking = self._booking()
        data = self.validated(ChangeStatusSerializer)
        wanted = Booking.Status(data.pop("status"))
        if wanted not in CHANGES:  # PENDING: nothing leads back there
            booking.move_to(wanted)
        change = CHANGES[wanted]
        booking = change(
            booking, caller=self.caller, expected_version=version_wanted(request), **data
        )
        return self._answer(booking)

    def destroy(self, request: Request, pk: str) -> Response:
        booking = self._booking()
        data = self.validated(CancelBookingSerializer)
        booking = cancel_booking(
            booking,
            caller=self.caller,
            reason=data.get("reason", ""),
            expected_version=version_wanted(request),
        )
        return self._answer(booking)

    def _booking(self) -> Booking:
        self.refuse_query()
        rows = self.get_queryset().select_related("service__organization", "resource")
        booking = rows.filter(pk=self.id_in_path()).first()
        if booking is None:
            raise NotFound
        return booking

    def _answer(self, booking: Booking, *, status: int = 200, **more: str) -> Response:
        row = {name: getattr(booking, name) for name in COLUMNS}
        headers = {"ETag": etag_of(booking.version)}
        return Response(success(present(row) | more), status=status, headers=headers)


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
        resource=data.get("resource_id"),
        hold=hold,
        timezone=zone or service.organization.timezone,
    )
