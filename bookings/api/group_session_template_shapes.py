"""What clients send and read about group sessions that take place every week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from bookings.api.booking_shapes import money
from bookings.api.course_booking_shapes import COURSES
from bookings.api.fields import MoneySerializer
from bookings.api.hours import optional_day, renamed
from bookings.api.service_changes import amount_of
from bookings.api.service_shapes import PriceSerializer
from bookings.api.wall_clock import DayField, WallTimeField, wall
from bookings.models import GroupSessionTemplate, Resource, Service
from bookings.models.group_session import MOST_PLACES
from bookings.services.laying_out import Skipped
from bookings.services.session_template import MOST_WEEKS_AHEAD
from bookings.services.template_following import Followed
from core.api.fields import EnumField, OwnedField, WholeNumberField, YesNoField
from core.api.pagination import PageQuery
from core.api.serializers import HouseSerializer
from core.models import Organization

# The name of a change on the wire, and the column; weekday and price are made of more.
COLUMN_OF = {
    "ta_id": "resource",
    "start_time": "starts_at_time",
    "end_time": "ends_at_time",
    "capacity": "capacity",
    "valid_from": "valid_from_on",
    "valid_to": "valid_to_on",
    "weeks_ahead": "weeks_ahead",
    "active": "is_active",
}


class DayOfWeek(TextChoices):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class TemplateQuerySerializer(PageQuery):
    course_id = OwnedField(queryset=Service.objects.exclude(code=""), required=False)
    ta_id = OwnedField(queryset=Resource.objects.all(), required=False)


class UpdateTemplateSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    ta_id = OwnedField(
        queryset=Resource.objects.filter(is_active=True), required=False, help_text="Who teaches."
    )
    weekday = EnumField(DayOfWeek, required=False)
    start_time = WallTimeField(required=False, help_text="On the clock of the TA.")
    end_time = WallTimeField(required=False, help_text="On the same day.")
    capacity = WholeNumberField(
        min_value=1, max_value=MOST_PLACES, required=False, help_text="Places."
    )
    price = PriceSerializer(required=False, help_text="What a place costs.")
    valid_from = DayField(required=False, allow_null=True, help_text="The first day; null: now.")
    valid_to = DayField(required=False, allow_null=True, help_text="The last day; null: no end.")
    weeks_ahead = WholeNumberField(
        min_value=1,
        max_value=MOST_WEEKS_AHEAD,
        required=False,
        help_text="How far ahead sessions are laid out; 8 unless said.",
    )
    active = YesNoField(required=False, help_text="Whether sessions are laid out.")


class CreateTemplateSerializer(UpdateTemplateSerializer):
    course_id = OwnedField(queryset=COURSES, help_text="What is taught.")
    ta_id = OwnedField(queryset=Resource.objects.filter(is_active=True), help_text="Who teaches.")
    weekday = EnumField(DayOfWeek)
    start_time = WallTimeField(help_text="On the clock of the TA.")
    end_time = WallTimeField(help_text="On the same day.")
    capacity = WholeNumberField(min_value=1, max_value=MOST_PLACES, help_text="Places.")
    price = PriceSerializer(help_text="What a place costs.")


class TemplateSerializer(HouseSerializer):
    """Made by `present_template`."""

    id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    ta_id = serializers.UUIDField()
    weekday = EnumField(DayOfWeek)
    start_time = WallTimeField()
    end_time = WallTimeField()
    timezone = serializers.CharField(help_text="In which these times are meant.")
    capacity = serializers.IntegerField(min_value=1)
    price = MoneySerializer(help_text="What a place costs.")
    valid_from = DayField(allow_null=True)
    valid_to = DayField(allow_null=True)
    weeks_ahead = serializers.IntegerField(min_value=1)
    active = serializers.BooleanField()


class SkippedSerializer(HouseSerializer):
    date = DayField()
    reason = serializers.CharField(help_text="As in a conflict's `details.reason`.")


class FollowedSerializer(HouseSerializer):
    """What became of the sessions ahead."""

    changed = serializers.IntegerField(min_value=0)
    withdrawn = serializers.IntegerField(
        min_value=0, help_text="Called off: their date is no longer one of the template's."
    )
    left = serializers.IntegerField(
        min_value=0, help_text="As they were: somebody has a place, or the time cannot be had."
    )


class OneTemplateSerializer(TemplateSerializer):
    skipped = SkippedSerializer(
        many=True, help_text="The dates ahead for which no session could be laid out."
    )
    sessions = FollowedSerializer(required=False, help_text="Only in the answer to a change.")


def columns_in(data: Mapping[str, Any], organization: Organization) -> dict[str, Any]:
    """Return the columns that a checked body names. Raises Invalid for another currency."""
    columns = renamed(data, COLUMN_OF)
    if "weekday" in data:
        columns["weekday"] = GroupSessionTemplate.Weekday[data["weekday"]]
    if "price" in data:
        columns["price_amount"] = amount_of(data["price"], "price", organization)
    return columns


def present_template(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one template as it is read, from its columns."""
    return {
        "id": row["id"],
        "courseId": row["service_id"],
        "taId": row["resource_id"],
        "weekday": GroupSessionTemplate.Weekday(row["weekday"]).name,
        "startTime": wall(row["starts_at_time"]),
        "endTime": wall(row["ends_at_time"]),
        "timezone": row["timezone"],
        "capacity": row["capacity"],
        "price": money(row["price_amount"], row["organization__currency"]),
        "validFrom": optional_day(row["valid_from_on"]),
        "validTo": optional_day(row["valid_to_on"]),
        "weeksAhead": row["weeks_ahead"],
        "active": row["is_active"],
    }


def present_skipped(one: Skipped) -> dict[str, str]:
    return {"date": one.on.isoformat(), "reason": one.reason}


def present_followed(followed: Followed) -> dict[str, int]:
    return {
        "changed": followed.changed,
        "withdrawn": followed.withdrawn,
        "left": followed.left,
    }
