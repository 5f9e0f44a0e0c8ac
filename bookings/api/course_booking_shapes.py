"""Bookings in the words of a course: students, TAs, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from bookings.api.booking_shapes import BookingSerializer, present
from bookings.api.fields import AnswersField, MoneySerializer
from bookings.api.serializers import LONGEST_DURATION_MINUTES, LONGEST_TEXT, BookingQuerySerializer
from bookings.models import Booking, BundlePurchase, Customer, Resource, Service
from bookings.services.details import LONGEST_LOCATION
from core.api.fields import EnumField, OwnedField, TextField, WholeNumberField
from core.api.serializers import HouseSerializer, InstantField

COURSES = Service.objects.filter(is_active=True).exclude(code="").select_related("organization")


class BookIndividualSerializer(HouseSerializer):
    """A single session as it is asked for."""

    course_id = OwnedField(queryset=COURSES, help_text="What is taught.")
    student_id = OwnedField(
        queryset=Customer.objects.filter(erased_at=None), help_text="The customer."
    )
    ta_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        help_text="Who teaches; null is anybody of the course who is free.",
    )
    date = InstantField(help_text="When it begins: in the future, on a whole minute.")
    duration_minutes = WholeNumberField(
        min_value=1,
        max_value=LONGEST_DURATION_MINUTES,
        help_text="One of the course's durations.",
    )
    bundle_purchase_id = OwnedField(
        queryset=BundlePurchase.objects.all(),
        required=False,
        allow_null=True,
        help_text="The student's bundle that pays; null: the price of one session is due.",
    )
    inquiry = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    notes = TextField(
        max_length=LONGEST_TEXT,
        required=False,
        allow_blank=True,
        help_text="What only staff read.",
    )
    answers = AnswersField(
        required=False, help_text="What the course asks, by the key of each question."
    )
    location = TextField(
        max_length=LONGEST_LOCATION,
        required=False,
        allow_blank=True,
        help_text="Where; only for a course whose location is of the kind `CUSTOMER`.",
    )

    def validate_date(self, value: datetime) -> datetime:
        if value.second or value.microsecond:
            raise serializers.ValidationError("Give whole minutes.")
        return value


class SessionType(TextChoices):
    INDIVIDUAL = "INDIVIDUAL"
    GROUP = "GROUP"


class CourseBookingStatus(TextChoices):
    """What a course's clients ask for. BOOKED is another word for CONFIRMED, and never answered."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    BOOKED = "BOOKED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"


class CourseBookingQuerySerializer(BookingQuerySerializer):
    status = EnumField(
        CourseBookingStatus, required=False, help_text="`BOOKED` is another word for `CONFIRMED`."
    )

    def validate_status(self, value: str) -> str:
        return Booking.Status.CONFIRMED if value == CourseBookingStatus.BOOKED else value


class CourseBookingSerializer(BookingSerializer):
    """A booking, and the same once more in the words of a course."""

    student_id = serializers.UUIDField(help_text="The customer.")
    ta_id = serializers.UUIDField(help_text="The resource.")
    course_id = serializers.UUIDField(help_text="The service.")
    date = InstantField(help_text="When it begins.")
    duration_minutes = serializers.IntegerField(min_value=1)
    price_per_student = MoneySerializer(
        allow_null=True, help_text="Nothing to pay where a bundle has paid."
    )
    session_type = EnumField(SessionType)


class NewCourseBookingSerializer(CourseBookingSerializer):
    """As its making answers it: with the customer's link, which nothing else shows."""

    manage_token = serializers.CharField(help_text="Opens `/api/manage/{token}`.")
    manage_url = serializers.URLField(help_text="The page on which it is moved and cancelled.")


def present_of_course(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one booking as a course's client reads it, from its columns."""
    booking = present(row)
    is_place = row["group_session_id"] is not None
    return booking | {
        "studentId": row["customer_id"],
        "taId": row["resource_id"],
        "courseId": row["service_id"],
        "date": row["starts_at"],
        "durationMinutes": booking["timeSlot"]["duration"],
        "pricePerStudent": booking["price"],
        "sessionType": SessionType.GROUP if is_place else SessionType.INDIVIDUAL,
    }
