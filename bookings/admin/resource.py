"""Staff and other resources: who they are, what they do, for how many at once."""

from __future__ import annotations

import base64
from contextlib import nullcontext
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin import days_off, hours
from bookings.admin.feed import calendar_address
from bookings.admin.outside import ask, wants_it_anyway
from bookings.admin.resource_form import ResourceForm
from bookings.errors import BookingsOutside
from bookings.models import Photo, Resource
from bookings.services.hours import changing_hours
from bookings.services.photo import drop_photo, put_photo
from bookings.services.resource_type import staff_type
from bookings.services.schedule import set_places
from core.admin.base import HouseAdmin
from core.admin.context import organization_of
from core.errors import DomainError
from core.templatetags.console import render_pill

OF_THE_FORM = {"remove_photo": "photo"}  # what an event calls a part that is no column


@admin.register(Resource)
class ResourceAdmin(HouseAdmin):
    noun = "catalog"
    form = ResourceForm
    list_display = ["name", "kind", "does", "at_once", "state"]
    list_display_links = ["name"]
    sortable_by = ["name"]
    change_form_outer_before_template = "admin/bookings/resource_head.html"
    readonly_fields = ["picture"]
    plural = gettext_lazy("Staff and resources")
    add_title = gettext_lazy("Add staff")
    nothing_yet = gettext_lazy("Nobody here yet")
    how_to_begin = gettext_lazy("Add a member of staff; opening hours come next.")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if not self.has_change_permission(request):
            return [(None, {"fields": ["name", "type", "timezone", "is_active"]})]
        photo = ["picture", "photo", "remove_photo"]
        if obj is None or not Photo.objects.filter(resource=obj.pk).exists():
            photo = ["photo"]
        holidays = ["observes_holidays", ("holiday_country", "holiday_region")]
        return [
            (None, {"fields": [("name", "type"), "is_active", "services", "user"]}),
            (
                _("When it can be booked"),
                {"fields": [("timezone", "places"), "is_always_open", *holidays]},
            ),
            (_("What customers see"), {"fields": ["qualification", "bio", *photo]}),
        ]

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
            resource.type = staff_type(organization_of(request), name=_("Staff"))
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
        if small := form.cleaned_data["photo"]:
            put_photo(obj, small)
        elif form.cleaned_data.get("remove_photo"):
            drop_photo(obj)

    def construct_change_message(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        fields = {OF_THE_FORM.get(name, name) for name in form.changed_data}
        return [{"changed": {"fields": sorted(fields)}}]

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

    @admin.display(description=gettext_lazy("Photo"))
    def picture(self, resource: Resource) -> str:
        """Within the page: the photo of somebody who is switched off has no address."""
        photo = Photo.objects.get(resource=resource)
        content = base64.b64encode(bytes(photo.content)).decode()
        return format_html(
            '<img class="hf-photo" src="data:{};base64,{}" alt="{}" width="128" height="128">',
            photo.content_type,
            content,
            resource.name,
        )
