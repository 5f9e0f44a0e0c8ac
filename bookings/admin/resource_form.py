"""The form of a resource: who or what it is, when it can be booked, how it is shown."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Q
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.availability.closures import country_names, region_names
from bookings.models import Photo, Resource, Service
from bookings.services.photo import make_small
from bookings.services.schedule import MOST_PLACES
from core import times
from core.admin.refusals import SENTENCES, sentences_by_field
from core.admin.wall import HouseForm
from core.errors import Invalid
from core.models import Organization, User
from core.pictures import MOST_BYTES, TOO_LARGE


def country_choices() -> list[tuple[str, str]]:
    return [("", _("Those of the organization")), *country_names().items()]


class ResourceForm(HouseForm):
    """`places`, `services` and the photo are no columns of the row: the page writes them."""

    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=times.zone_choices, widget=UnfoldAdminSelectWidget
    )
    places = forms.IntegerField(
        label=gettext_lazy("Bookings at once"),
        help_text=gettext_lazy("One for a person; as many as there is room for, otherwise."),
        min_value=1,
        max_value=MOST_PLACES,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    services = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Does"),
        queryset=Service.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    user = forms.ModelChoiceField(
        label=gettext_lazy("Signs in as"),
        help_text=gettext_lazy("Is told of their own bookings. People are added under “People”."),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody"),
        widget=UnfoldAdminSelectWidget,
    )
    holiday_country = forms.ChoiceField(
        label=gettext_lazy("Holidays of"),
        choices=country_choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    holiday_region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        help_text=gettext_lazy("The regions of another country are offered once it is saved."),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    photo = forms.FileField(
        label=gettext_lazy("New photo"),
        help_text=gettext_lazy("JPEG, PNG or WebP, 5 MB at most. It is made small here."),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove_photo = forms.BooleanField(
        label=gettext_lazy("Show no photo"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Resource
        fields = [
            "name",
            "type",
            "user",
            "timezone",
            "is_active",
            "is_always_open",
            "observes_holidays",
            "holiday_country",
            "holiday_region",
            "qualification",
            "bio",
        ]
        labels = {
            "name": gettext_lazy("Name"),
            "type": gettext_lazy("Type"),
            "is_active": gettext_lazy("Can be booked"),
            "is_always_open": gettext_lazy("Always open"),
            "observes_holidays": gettext_lazy("Closed on public holidays"),
            "qualification": gettext_lazy("Qualification"),
            "bio": pgettext_lazy("a person", "About"),
        }
        help_texts = {
            "is_always_open": gettext_lazy(
                "Has no hours of its own, such as a room: free whenever those are who are booked "
                "with it."
            ),
            "bio": gettext_lazy("Customers read it when they choose."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "type" not in self.fields:  # shown to somebody who may only look
            return
        ours = Service.objects.for_organization(self.organization_id)
        cast("ModelMultipleChoiceField", self.fields["services"]).queryset = ours
        members = Q(memberships__organization=self.organization_id)
        if self.instance.user_id:  # whoever it is stays, a member or no longer one
            members |= Q(pk=self.instance.user_id)
        users = User.objects.filter(members).distinct()
        cast("ModelChoiceField", self.fields["user"]).queryset = users
        self.fields["type"].required = False  # without one it is staff
        self._offer_regions()
        if self.is_new:
            zone = Organization.objects.values_list("timezone", flat=True)
            self.fields["timezone"].initial = zone.get(pk=self.organization_id)
            del self.fields["remove_photo"]
            return
        self.fields["services"].initial = list(self.instance.services.all())
        self.fields["places"].initial = self.instance.lanes.filter(is_active=True).count()
        if not Photo.objects.filter(resource=self.instance).exists():
            del self.fields["remove_photo"]

    def _offer_regions(self) -> None:
        """Offer the regions of the country. What was chosen among those of the country before
        is forgotten.
        """
        known = region_names(self.data.get("holiday_country", self.instance.holiday_country))
        regions = [("", _("none in particular")), *known.items()]
        cast("forms.ChoiceField", self.fields["holiday_region"]).choices = regions
        if self.is_bound and self.data.get("holiday_region", "") not in known:
            self.data = cast("QueryDict", self.data).copy()
            self.data["holiday_region"] = ""

    def clean_photo(self) -> bytes:
        """Return the picture as it is kept; nothing when none was sent."""
        sent = self.cleaned_data["photo"]
        if not sent:
            return b""
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(str(SENTENCES[TOO_LARGE]))
        try:
            return make_small(sent.read())
        except Invalid as error:
            raise forms.ValidationError(sentences_by_field(error)["photo"]) from error
