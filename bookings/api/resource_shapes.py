"""What clients send and read about resources; `bookings.services.resource` has the rules."""

from __future__ import annotations

from rest_framework import serializers

from bookings.api.fields import TimezoneField
from bookings.api.hours import EvenIfSerializer
from bookings.services.schedule import MOST_PLACES
from core.api.fields import OwnedField, TextField, WholeNumberField, YesNoField
from core.api.serializers import HouseSerializer
from core.models import Membership

INTERNAL = "Only for who may change the catalogue."


class HolidaysSerializer(HouseSerializer):
    """Public holidays: those of the organization, unless a country is named."""

    observed = YesNoField(required=False)
    country = TextField(
        max_length=2, required=False, allow_blank=True, help_text="ISO 3166-1, two letters."
    )
    region = TextField(
        max_length=8,
        required=False,
        allow_blank=True,
        help_text="What stands after the hyphen in ISO 3166-2.",
    )


class ResourceSettingsSerializer(HouseSerializer):
    """What can be said about a resource."""

    name = TextField(max_length=200, required=False)
    type = TextField(max_length=40, required=False, help_text="The key of a type.")
    timezone = TimezoneField(required=False, help_text="Where its hours are meant.")
    places = WholeNumberField(
        min_value=1, max_value=MOST_PLACES, required=False, help_text="Bookings at once."
    )
    always_open = YesNoField(
        required=False,
        help_text="Has no hours of its own: free whenever those are who are booked with it.",
    )
    holidays = HolidaysSerializer(required=False)
    bio = TextField(max_length=2_000, required=False, allow_blank=True)
    qualification = TextField(max_length=500, required=False, allow_blank=True)
    user_id = OwnedField(
        queryset=Membership.objects.select_related("user"),
        by="user_id",
        required=False,
        allow_null=True,
        help_text="The member of the organization who this is.",
    )
    active = YesNoField(required=False)


class UpdateResourceSerializer(ResourceSettingsSerializer, EvenIfSerializer):
    """What should be different; what is left out stays."""


class CreateResourceSerializer(ResourceSettingsSerializer):
    """A resource as it is made: staff, in the organization's zone, one place, unless told."""

    name = TextField(max_length=200)


class HolidaysReadSerializer(HouseSerializer):
    observed = serializers.BooleanField()
    country = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)


class ResourceSerializer(HouseSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.CharField(help_text="The key of its type: staff, room, …")
    timezone = serializers.CharField()
    active = serializers.BooleanField()
    bio = serializers.CharField(allow_blank=True)
    qualification = serializers.CharField(allow_blank=True)
    photo_url = serializers.URLField(allow_null=True, help_text="WebP, 512 pixels at most.")
    places = serializers.IntegerField(required=False, help_text=INTERNAL)
    always_open = serializers.BooleanField(required=False, help_text=INTERNAL)
    holidays = HolidaysReadSerializer(required=False, help_text=INTERNAL)
    user_id = serializers.UUIDField(required=False, allow_null=True, help_text=INTERNAL)
