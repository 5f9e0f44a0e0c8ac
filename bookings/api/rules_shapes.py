"""What clients send about the rules by which something is booked: a service, or all new ones."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bookings.services.service import MOST_DURATIONS
from core.api.fields import WholeNumberField, YesNoField
from core.api.serializers import HouseSerializer

LARGEST_SMALL = 32_767  # of the columns that hold it
DAY_MINUTES = 24 * 60
YEAR_MINUTES = 365 * DAY_MINUTES


def _minutes(most: int = YEAR_MINUTES, **options: Any) -> WholeNumberField:
    return WholeNumberField(**{"min_value": 0, "max_value": most, "required": False, **options})


class NoticeSerializer(HouseSerializer):
    """Until when customers may do something alone. Minutes count back from the start."""

    cancel_notice_minutes = _minutes()
    reschedule_notice_minutes = _minutes()
    most_reschedules = WholeNumberField(
        min_value=0, max_value=LARGEST_SMALL, required=False, allow_null=True
    )


class UpdateRulesSerializer(HouseSerializer):
    """By which rules something is booked; what is left out stays."""

    durations = serializers.ListField(
        child=WholeNumberField(min_value=5, max_value=DAY_MINUTES),
        required=False,
        min_length=1,
        max_length=MOST_DURATIONS,
        help_text="Minutes, ascending; the first is the default.",
    )
    slot_step_minutes = _minutes(DAY_MINUTES, min_value=5)
    buffer_before_minutes = _minutes(DAY_MINUTES)
    buffer_after_minutes = _minutes(DAY_MINUTES)
    minimum_notice_minutes = _minutes()
    horizon_days = WholeNumberField(min_value=1, max_value=3 * 365, required=False)
    needs_approval = YesNoField(required=False)
    answer_within_minutes = _minutes(
        min_value=5, allow_null=True, help_text="Then an unanswered request gives its time back."
    )
    company_required = YesNoField(required=False)
    inquiry_required = YesNoField(required=False)


class NoticeReadSerializer(HouseSerializer):
    cancel_notice_minutes = serializers.IntegerField()
    reschedule_notice_minutes = serializers.IntegerField()
    most_reschedules = serializers.IntegerField(allow_null=True)
