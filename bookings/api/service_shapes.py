"""What clients send and read about services. Shapes; `bookings.services.service` has the rules."""

from __future__ import annotations

from rest_framework import serializers

from bookings.api.course_shapes import ExamPeriodReadSerializer, ExamPeriodSerializer
from bookings.api.fields import AmountField, MoneySerializer
from bookings.api.rules_shapes import (
    LARGEST_SMALL,
    NoticeReadSerializer,
    NoticeSerializer,
    UpdateRulesSerializer,
)
from bookings.models import Question, Service
from bookings.services.details import LONGEST_LOCATION
from bookings.services.questions import MOST_OPTIONS
from core.api.fields import (
    EnumField,
    NamedIdField,
    SlugTextField,
    TextField,
    WholeNumberField,
    YesNoField,
)
from core.api.serializers import HouseSerializer

INTERNAL = "Only for who may change the catalogue."


def _limit(text: str) -> WholeNumberField:
    return WholeNumberField(
        min_value=1, max_value=LARGEST_SMALL, required=False, allow_null=True, help_text=text
    )


class PriceSerializer(HouseSerializer):
    """An amount in the organization's currency, which need not be said."""

    amount = AmountField(max_digits=12, decimal_places=2, min_value=0)
    currency = TextField(max_length=3, required=False, help_text="The organization's own.")


class LimitsSerializer(HouseSerializer):
    """How many bookings may begin in a day, week or month; null is any number."""

    per_day = _limit("Of this service.")
    per_week = _limit("From Monday on.")
    per_month = _limit("Of the calendar.")
    customer_per_day = _limit("Of this service by one customer.")
    customer_per_week = _limit("From Monday on.")
    customer_per_month = _limit("Of the calendar.")


class PolicySerializer(NoticeSerializer):
    """What customers may do alone. Minutes count back from the start."""

    late_fee = PriceSerializer(
        required=False,
        allow_null=True,
        help_text="What a cancellation after the deadline costs; null: it is refused.",
    )


class PlaceSerializer(HouseSerializer):
    kind = EnumField(Service.LocationKind, required=False)
    text = TextField(max_length=LONGEST_LOCATION, required=False, allow_blank=True)


class QuestionSerializer(HouseSerializer):
    key = SlugTextField(max_length=40, help_text="Stays, however it is worded.")
    label = TextField(max_length=300)  # type: ignore[assignment]  # hides Field.label
    kind = EnumField(Question.Kind, required=False, default=Question.Kind.TEXT)
    options = serializers.ListField(
        child=TextField(max_length=200),
        required=False,
        default=list,
        max_length=MOST_OPTIONS,
        help_text="Of a choice.",
    )
    is_required = YesNoField(required=False, default=False)


class RequirementSerializer(HouseSerializer):
    resource_type = TextField(max_length=40, help_text="The key of a type.")
    quantity = WholeNumberField(min_value=1, max_value=20, required=False, default=1)


class ShareSerializer(HouseSerializer):
    id = NamedIdField()
    priority = WholeNumberField(
        min_value=0,
        max_value=LARGEST_SMALL,
        required=False,
        default=0,
        help_text="The lowest goes first.",
    )
    weight = WholeNumberField(
        min_value=1, max_value=100, required=False, default=1, help_text="The share of the work."
    )


class UpdateServiceSerializer(UpdateRulesSerializer):
    """What should be different; what is left out stays. A list takes the place of the old one."""

    name = TextField(max_length=200, required=False)
    slug = SlugTextField(max_length=80, required=False, help_text="In addresses.")
    code = TextField(max_length=40, required=False, allow_blank=True)
    description = TextField(max_length=10_000, required=False, allow_blank=True)
    limits = LimitsSerializer(required=False)
    price = PriceSerializer(
        required=False,
        allow_null=True,
        help_text="A course's active product for a single session goes before it.",
    )
    location = PlaceSerializer(required=False)
    questions = QuestionSerializer(many=True, required=False)
    policy = PolicySerializer(required=False)
    assignment = EnumField(Service.Assignment, required=False)
    fairness_days = WholeNumberField(
        min_value=1,
        max_value=365,
        required=False,
        help_text="How far back fairness looks.",
    )
    requirements = RequirementSerializer(
        many=True, required=False, help_text="All of them at once; the first is who it is with."
    )
    resources = ShareSerializer(many=True, required=False, help_text="Who can do it.")
    exam_periods = ExamPeriodSerializer(
        many=True,
        required=False,
        help_text="Of a course: when a bundle for midterms and finals pays.",
    )
    is_default = YesNoField(
        required=False, help_text="Booked when nobody names a service; another gives it up."
    )
    active = YesNoField(required=False)


class CreateServiceSerializer(UpdateServiceSerializer):
    """A service as it is made. Without a slug it is made from the name."""

    name = TextField(max_length=200)


class LocationReadSerializer(HouseSerializer):
    kind = EnumField(Service.LocationKind)
    text = serializers.CharField(
        allow_blank=True, help_text="The link of a video call is told to who has booked."
    )


class PolicyReadSerializer(NoticeReadSerializer):
    late_fee = MoneySerializer(allow_null=True)


class LimitsReadSerializer(HouseSerializer):
    per_day = serializers.IntegerField(allow_null=True)
    per_week = serializers.IntegerField(allow_null=True)
    per_month = serializers.IntegerField(allow_null=True)
    customer_per_day = serializers.IntegerField(allow_null=True)
    customer_per_week = serializers.IntegerField(allow_null=True)
    customer_per_month = serializers.IntegerField(allow_null=True)


class QuestionReadSerializer(HouseSerializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # hides Field.label
    kind = EnumField(Question.Kind)
    options = serializers.ListField(child=serializers.CharField())
    is_required = serializers.BooleanField()


class ShareReadSerializer(HouseSerializer):
    id = serializers.UUIDField()
    priority = serializers.IntegerField(required=False, help_text=INTERNAL)
    weight = serializers.IntegerField(required=False, help_text=INTERNAL)


class RequirementReadSerializer(HouseSerializer):
    resource_type = serializers.CharField()
    quantity = serializers.IntegerField()


class ServiceSerializer(HouseSerializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    durations = serializers.ListField(
        child=serializers.IntegerField(), help_text="Minutes, ascending; the first is the default."
    )
    slot_step_minutes = serializers.IntegerField()
    minimum_notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    needs_approval = serializers.BooleanField()
    company_required = serializers.BooleanField()
    inquiry_required = serializers.BooleanField()
    is_default = serializers.BooleanField()
    active = serializers.BooleanField()
    price = MoneySerializer(
        allow_null=True,
        help_text=(
            "What one appointment costs now, of a course its product for a single session where "
            "it has an active one; null where nobody has said."
        ),
    )
    location = LocationReadSerializer()
    assignment = EnumField(
        Service.Assignment, help_text="`CUSTOMER`: a booking has to name a resource."
    )
    policy = PolicyReadSerializer()
    questions = QuestionReadSerializer(many=True)
    resources = ShareReadSerializer(many=True, help_text="Who can do it.")
    exam_periods = ExamPeriodReadSerializer(many=True, help_text="Of a course.")
    buffer_before_minutes = serializers.IntegerField(required=False, help_text=INTERNAL)
    buffer_after_minutes = serializers.IntegerField(required=False, help_text=INTERNAL)
    answer_within_minutes = serializers.IntegerField(
        required=False, allow_null=True, help_text=INTERNAL
    )
    fairness_days = serializers.IntegerField(required=False, help_text=INTERNAL)
    limits = LimitsReadSerializer(required=False, help_text=INTERNAL)
    requirements = RequirementReadSerializer(many=True, required=False, help_text=INTERNAL)
