"""Staff and other resources: who they are, what they do, for how many at once."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from bookings.admin import days_off, hours
from bookings.admin.feed import calendar_address
from bookings.admin.outside import ask, wants_it_anyway
from bookings.errors import BookingsOutside
from bookings.models import Resource, ResourceType, Service
from bookings.services.hours import changing_hours
from bookings.services.schedule import MOST_PLACES, set_places
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import organization_of
from core.admin.wall import HouseForm
from core.errors import DomainError
from core.models import Organization
from core.templatetags.console import render_pill

STAFF = "staff"


class ResourceForm(HouseForm):
    """`places` and `services` are no columns of the row: the page writes them itself."""

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

    class Meta:
        model = Resource
        fields = ["name", "type", "timezone", "is_active"]
        labels = {
            "name": gettext_lazy("Name"),
            "type": gettext_lazy("Type"),
            "is_active": gettext_lazy("Can be booked"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "type" not in self.fields:  # shown to somebody who may only look
            return
        ours = Service.objects.for_organization(self.organization_id)
        cast("ModelMultipleChoiceField", self.fields["services"]).queryset = ours
        self.fields["type"].required = False  # without one it is staff
        if self.is_new:
            zone = Organization.objects.values_list("timezone", flat=True)
            self.fields["timezone"].initial = zone.get(pk=self.organization_id)
        else:
            self.fields["services"].initial = list(self.instance.services.all())
            self.fields["places"].initial = self.instance.lanes.filter(is_active=True).count()


@admin.register(Resource)
class ResourceAdmin(HouseAdmin):
    noun = "catalog"
    form = ResourceForm
    list_display = ["name", "kind", "does", "at_once", "state"]
    list_display_links = ["name"]
    sortable_by = ["name"]
    change_form_outer_before_template = "admin/bookings/resource_head.html"
    plural = gettext_lazy("Staff and resources")
    add_title = gettext_lazy("Add staff")
    nothing_yet = gettext_lazy("Nobody here yet")
    how_to_begin = gettext_lazy("Add a member of staff; opening hours come next.")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if not self.has_change_permission(request):
            return [(None, {"fields": ["name", "type", "timezone", "is_active"]})]
        fields = ["name", "type", "timezone", "is_active", "places", "services"]
        return [(None, {"fields": fields})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        lanes = Count("lanes", filter=Q(lanes__is_active=True))
        rows = super().get_queryset(request).select_related("type")
        return rows.prefetch_related("services").annotate(places=lanes)

    def get_urls(self) -> list[URLPattern]:
        views = {
            "hours": hours.opening_hours,
            "days_off": days_off.days_off,
            "feed": calendar_address,
        }
        of_one = [
            path(
                f"<uuid:pk>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(partial(view, self)),
                name=f"bookings_resource_{name}",
            )
            for name, view in views.items()
        ]
        closed_days = path(
            "closed-days/",
            self.admin_site.admin_view(partial(days_off.days_off, self)),
            name="bookings_closed_days",
        )
        return [*of_one, closed_days, *super().get_urls()]

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponseBase:
        """Fewer places, or other hours, than are booked: show by whom; let it be saved anyway."""
        if isinstance(error, BookingsOutside):
            up = reverse("admin:bookings_resource_changelist")
            return ask(self, request, error, up_url=up, up_title=self.plural)
        return super().refused(request, error)

    def save_form(self, request: HttpRequest, form: forms.ModelForm, change: bool) -> Any:
        resource = super().save_form(request, form, change)
        if resource.type_id is None:
            organization = organization_of(request)
            resource.type, _made = ResourceType.objects.get_or_create(
                organization=organization, key=STAFF, defaults={"name": _("Staff")}
            )
        return resource

    def save_model(
        self, request: HttpRequest, obj: Resource, form: forms.ModelForm, change: bool
    ) -> None:
        """The row, its places and its services: one transaction, the row locked first."""
        anyway = wants_it_anyway(request)
        with (
            changing_hours(obj.organization_id, obj, even_if_bookings_fall_outside=anyway)
            if change
            else nullcontext()
        ):
            super().save_model(request, obj, form, change)
            set_places(obj, form.cleaned_data["places"], even_if_bookings_fall_outside=anyway)
            obj.services.set(form.cleaned_data["services"])

    def response_add(
        self, request: HttpRequest, obj: Resource, post_url_continue: str | None = None
    ) -> HttpResponseBase:
        """Somebody new needs hours before they can be booked."""
        self.message_user(request, _("Added. Now the opening hours."))
        return hours.redirect_to(obj)

    @admin.display(description=gettext_lazy("Type"))
    def kind(self, resource: Resource) -> str:
        return resource.type.name

    @admin.display(description=gettext_lazy("Does"))
    def does(self, resource: Resource) -> str:
        return ", ".join(service.name for service in resource.services.all()) or _("nothing yet")

    @admin.display(description=gettext_lazy("At once"))
    def at_once(self, resource: Any) -> int:
        return resource.places

    @admin.display(description=gettext_lazy("State"))
    def state(self, resource: Resource) -> SafeString:
        if resource.is_active:
            return render_pill("green", "check_circle", _("On"))
        return render_pill("grey", "visibility_off", _("Off"))
