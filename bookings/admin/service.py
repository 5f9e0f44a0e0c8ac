"""Services: what can be booked, by whom it is done, and its rules."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from bookings.models import Resource, Service
from core.admin.base import HouseAdmin
from core.admin.wall import HouseForm
from core.templatetags.console import render_pill

DAY_MINUTES = 24 * 60


class ServiceForm(HouseForm):
    durations = SimpleArrayField(
        forms.IntegerField(validators=[MinValueValidator(5), MaxValueValidator(DAY_MINUTES)]),
        label=gettext_lazy("Durations"),
        help_text=gettext_lazy("Minutes, separated by commas. The first is the default."),
        widget=UnfoldAdminTextInputWidget,
    )

    # No column of the row, and not named as its relation is: Django wants that to be an inline.
    done_by = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Done by"),
        queryset=Resource.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Service
        fields = [
            "name",
            "slug",
            "code",
            "description",
            "durations",
            "slot_step_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "minimum_notice_minutes",
            "horizon_days",
            "needs_approval",
            "company_required",
            "inquiry_required",
            "price_amount",
            "location",
            "is_default",
            "is_active",
        ]
        labels = {
            "name": gettext_lazy("Name"),
            "slug": gettext_lazy("Name in addresses"),
            "code": gettext_lazy("Code"),
            "description": gettext_lazy("Description"),
            "slot_step_minutes": gettext_lazy("A start every … minutes"),
            "buffer_before_minutes": gettext_lazy("Minutes kept free before"),
            "buffer_after_minutes": gettext_lazy("Minutes kept free after"),
            "minimum_notice_minutes": gettext_lazy("Minutes of notice"),
            "horizon_days": gettext_lazy("Days ahead"),
            "needs_approval": gettext_lazy("Staff confirm each booking"),
            "company_required": gettext_lazy("A company is needed"),
            "inquiry_required": gettext_lazy("An inquiry is needed"),
            "price_amount": gettext_lazy("Price"),
            "location": gettext_lazy("Where"),
            "is_default": gettext_lazy("The usual service"),
            "is_active": gettext_lazy("Can be booked"),
        }
        help_texts = {
            "is_default": gettext_lazy(
                "Booked when a request names no service. There is one; another gives it up."
            ),
            "needs_approval": gettext_lazy("New bookings wait for staff to confirm them."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "done_by" not in self.fields:  # shown to somebody who may only look
            return
        ours = Resource.objects.for_organization(self.organization_id)
        cast("ModelMultipleChoiceField", self.fields["done_by"]).queryset = ours
        if not self.is_new:
            self.fields["done_by"].initial = list(self.instance.resources.all())

    def clean_durations(self) -> list[int]:
        """The first is the default; what comes twice is kept once."""
        durations: list[int] = self.cleaned_data["durations"]
        return list(dict.fromkeys(durations))

    def _get_validation_exclusions(self) -> set[str]:
        # That another service is the usual one is no mistake: it gives that up (save_model).
        return super()._get_validation_exclusions() | {"is_default"}


@admin.register(Service)
class ServiceAdmin(HouseAdmin):
    noun = "catalog"
    form = ServiceForm
    list_display = ["name", "lengths", "done_by", "approval", "state"]
    list_display_links = ["name"]
    sortable_by = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    plural = gettext_lazy("Services")
    add_title = gettext_lazy("New service")
    nothing_yet = gettext_lazy("No services yet")
    how_to_begin = gettext_lazy("Add what customers can book: its name and how long it takes.")
    fieldsets = [
        (None, {"fields": ["name", "slug", "code", "description", "location", "price_amount"]}),
        (
            gettext_lazy("When it can be booked"),
            {
                "fields": [
                    "durations",
                    "slot_step_minutes",
                    ("buffer_before_minutes", "buffer_after_minutes"),
                    ("minimum_notice_minutes", "horizon_days"),
                ]
            },
        ),
        (
            gettext_lazy("How it is booked"),
            {
                "fields": [
                    "needs_approval",
                    "company_required",
                    "inquiry_required",
                    "is_default",
                    "is_active",
                ]
            },
        ),
        (gettext_lazy("By whom it is done"), {"fields": ["done_by"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).prefetch_related("resources")

    def save_model(
        self, request: HttpRequest, obj: Service, form: forms.ModelForm, change: bool
    ) -> None:
        """There is one usual service: what was it before gives it up in the same transaction."""
        if obj.is_default:
            others = Service.objects.filter(organization=obj.organization_id, is_default=True)
            others.exclude(pk=obj.pk).update(is_default=False)
        super().save_model(request, obj, form, change)
        obj.resources.set(form.cleaned_data["done_by"])

    @admin.display(description=gettext_lazy("Minutes"))
    def lengths(self, service: Service) -> str:
        return ", ".join(map(str, service.durations))

    @admin.display(description=gettext_lazy("Done by"), empty_value="")
    def done_by(self, service: Service) -> str:
        return ", ".join(one.name for one in service.resources.all()) or _("nobody yet")

    @admin.display(description=gettext_lazy("Confirmed"))
    def approval(self, service: Service) -> str:
        return _("by staff") if service.needs_approval else _("at once")

    @admin.display(description=gettext_lazy("State"))
    def state(self, service: Service) -> str:
        if not service.is_active:
            return render_pill("grey", "visibility_off", _("Off"))
        text = _("The usual one") if service.is_default else _("On")
        return render_pill("green", "check_circle", text)
