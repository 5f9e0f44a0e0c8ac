"""What clients send and read about group sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from bookings.api.booking_shapes import money
from bookings.api.course_booking_shapes import COURSES, CourseBookingStatus
from bookings.api.fields import MoneySerializer, TimezoneField, consents_field
from bookings.api.serializers import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PHONE, reason_field
from bookings.api.service_shapes import PriceSerializer
from bookings.models import Booking, BundlePurchase, Customer, GroupSession, Resource
from bookings.models.group_session import MOST_PLACES
from core.api.fields import EnumField, OwnedField, TextField, WholeNumberField
from core.api.pagination import PageQuery
from core.api.serializers import HouseSerializer, InstantField, InstantOrDateField

MAY_BOOK_FOR_OTHERS = "bookings:write"
OF_A_VISITOR = ("name", "email", "phone", "timezone")


class GroupSessionSerializer(HouseSerializer):
    """What anybody may know: who has a place is told by the attendees' list alone."""

    id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    ta_id = serializers.UUIDField()
    start_time = InstantField()
    end_time = InstantField()
    timezone = serializers.CharField(help_text="The zone of the place, for showing local times.")
    capacity = serializers.IntegerField(min_value=1)
    taken = serializers.IntegerField(
        min_value=0, help_text="Places that are booked, or kept for somebody."
    )
    places_left = serializers.IntegerField(min_value=0)
    status = EnumField(GroupSession.Status)
    price = MoneySerializer(help_text="What a place costs who joins now.")
    version = serializers.IntegerField(
        min_value=1, help_text="Rises with every change of the session; the number in the `ETag`."
    )
    template_id = serializers.UUIDField(
        required=False, help_text="Only of one that a weekly template laid out."
    )


class GroupSessionQuerySerializer(PageQuery):
    """`from` is included, `to` is not; a bare date is its midnight at the organization's."""

    from_ = InstantOrDateField(required=False, help_text="Begins at or after this.")
    to = InstantOrDateField(required=False, help_text="Begins before this.")
    status = EnumField(
        GroupSession.Status, required=False, help_text="Cancelled ones are told only if asked for."
    )


class AttendeesQuerySerializer(PageQuery):
    status = EnumField(
        CourseBookingStatus,
        required=False,
        help_text="`BOOKED` is another word for `CONFIRMED`. Who has cancelled is told only if "
        "asked for.",
    )

    def validate_status(self, value: str) -> str:
        return Booking.Status.CONFIRMED if value == CourseBookingStatus.BOOKED else value


class JoinGroupSessionSerializer(HouseSerializer):
    """Who takes the place: a known student, or somebody who says their name and address."""

    student_id = OwnedField(
        queryset=Customer.objects.filter(erased_at=None),
        needs=MAY_BOOK_FOR_OTHERS,
        required=False,
        help_text="A customer; instead of a name and an address.",
    )
    bundle_purchase_id = OwnedField(
        queryset=BundlePurchase.objects.all(),
        needs=MAY_BOOK_FOR_OTHERS,
        required=False,
        allow_null=True,
        help_text="The student's pass that pays; null: the session's price is due.",
    )
    name = TextField(max_length=LONGEST_NAME, required=False)
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False, required=False)
    phone = TextField(max_length=LONGEST_PHONE, required=False, allow_blank=True, allow_null=True)
    timezone = TimezoneField(
        required=False, help_text="The zone in which they read times; else the session's."
    )
    consents = consents_field()
    schema_rules = {
        "minProperties": 1,
        "if": {"required": ["studentId"]},
        "then": {"not": {"anyOf": [{"required": [name]} for name in OF_A_VISITOR]}},
        "else": {"required": ["name", "email"], "not": {"required": ["bundlePurchaseId"]}},
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, list[str]] = {}
        if "student_id" in attrs:
            for name in OF_A_VISITOR:
                if name in attrs:
                    wrong[name] = ["Not with `studentId`."]
        else:
            for name in ("name", "email"):
                if name not in attrs:
                    wrong[name] = ["This field is required without `studentId`."]
            if "bundle_purchase_id" in attrs:
                wrong["bundlePurchaseId"] = ["Only with `studentId`."]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class CreateGroupSessionSerializer(HouseSerializer):
    course_id = OwnedField(queryset=COURSES, help_text="What is taught.")
    ta_id = OwnedField(queryset=Resource.objects.filter(is_active=True), help_text="Who teaches.")
    start_time = InstantField(help_text="In the future, on a whole minute.")
    end_time = InstantField(help_text="At most a day later.")
    capacity = WholeNumberField(min_value=1, max_value=MOST_PLACES, help_text="Places.")
    price = PriceSerializer(help_text="What a place costs.")


class ChangeGroupSessionSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    ta_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True),
        required=False,
        help_text="Who teaches from now on.",
    )
    start_time = InstantField(required=False, help_text="Without `endTime` it takes as long.")
    end_time = InstantField(required=False)
    capacity = WholeNumberField(
        min_value=1, max_value=MOST_PLACES, required=False, help_text="Not below what is taken."
    )
    price = PriceSerializer(required=False, help_text="What a place costs who joins later.")
    reason = reason_field()


class CancelGroupSessionSerializer(HouseSerializer):
    reason = reason_field()


def present_session(session: GroupSession, *, now: datetime) -> dict[str, Any]:
    """Return a group session as anybody may read it. No query."""
    told = {
        "id": session.pk,
        "courseId": session.service_id,
        "taId": session.resource_id,
        "startTime": session.starts_at,
        "endTime": session.ends_at,
        "timezone": session.timezone,
        "capacity": session.capacity,
        "taken": session.taken + session.held,
        "placesLeft": session.places_left,
        "status": session.status_at(now),
        "price": money(session.price_amount, session.price_currency),
        "version": session.version,
    }
    if session.template_id is not None:
        told["templateId"] = session.template_id
    return told
