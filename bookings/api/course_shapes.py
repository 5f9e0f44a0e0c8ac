"""What clients send and read about courses: their TAs, exam periods and what they offer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bookings.api.fields import MoneySerializer
from bookings.api.wall_clock import DayField
from bookings.models import ExamPeriod, Resource
from bookings.selectors.photos import photo_url
from core.api.fields import EnumField
from core.api.serializers import HouseSerializer


class ExamPeriodSerializer(HouseSerializer):
    """Days of the organization's calendar, both included."""

    kind = EnumField(ExamPeriod.Kind)
    starts_on = DayField()
    ends_on = DayField()


class ExamPeriodReadSerializer(HouseSerializer):
    """Days of the organization's calendar, both included."""

    kind = EnumField(ExamPeriod.Kind)
    starts_on = DayField()
    ends_on = DayField()


class TaSerializer(HouseSerializer):
    id = serializers.UUIDField(help_text="The resource's.")
    name = serializers.CharField()
    qualification = serializers.CharField(allow_blank=True)
    bio = serializers.CharField(allow_blank=True)
    photo_url = serializers.URLField(allow_null=True, help_text="WebP, 512 pixels at most.")


class CourseSerializer(HouseSerializer):
    id = serializers.UUIDField(help_text="The service's.")
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    durations = serializers.ListField(
        child=serializers.IntegerField(), help_text="Minutes, ascending; the first is the default."
    )
    price = MoneySerializer(
        allow_null=True, help_text="Of a single session; null where nobody has said."
    )
    active = serializers.BooleanField()
    tas = TaSerializer(many=True)
    exam_periods = ExamPeriodReadSerializer(
        many=True, help_text="When a bundle for midterms and finals pays; empty: throughout."
    )


def present_ta(ta: Resource) -> dict[str, Any]:
    digest = ta.photo.digest if hasattr(ta, "photo") else None
    return {
        "id": ta.pk,
        "name": ta.name,
        "qualification": ta.qualification,
        "bio": ta.bio,
        "photoUrl": photo_url(ta.pk, digest),
    }


def present_period(period: ExamPeriod) -> dict[str, Any]:
    return {
        "kind": period.kind,
        "startsOn": period.starts_on.isoformat(),
        "endsOn": period.ends_on.isoformat(),
    }
