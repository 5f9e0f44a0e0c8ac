"""Reminders on the page of a service, and those of all services in the settings."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, ManagementForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from bookings.models import Service
from core.access import Caller
from core.admin.context import caller_of, organization_of
from core.admin.panels import inline_on
from core.admin.refusals import say
from core.admin.wall import HouseForm, TenantWall
from core.models import Organization
from notifications.errors import ReminderExists
from notifications.models import ReminderRule
from notifications.models.reminder import LONGEST_NOTICE_MINUTES, SHORTEST_NOTICE_MINUTES
from notifications.services.reminder_rule import add, change, remove

UNITS = {
    1440: gettext_lazy("days before"),
    60: gettext_lazy("hours before"),
    1: gettext_lazy("minutes before"),
}
DECIDED = ("minutes_before", "audience", "is_active")
EXISTS = gettext_lazy("There is such a reminder already.")
say({ReminderExists.reason: EXISTS})


class ReminderRuleForm(HouseForm):
    """A length as people say it: a number and a unit."""

    number = forms.IntegerField(
        label=gettext_lazy("How long"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    unit = forms.TypedChoiceField(
        label=gettext_lazy("Unit"),
        coerce=int,
        choices=list(UNITS.items()),
        initial=60,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = ReminderRule
        fields = ["audience", "is_active"]
        labels = {
            "audience": gettext_lazy("Who is reminded"),
            "is_active": gettext_lazy("On"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # its label stands above the column
            field.widget.attrs["aria-label"] = field.label
        self.before = {name: getattr(self.instance, name) for name in DECIDED}
        if not self.is_new:
            minutes = self.instance.minutes_before
            unit = next(size for size in UNITS if minutes % size == 0)
            self.initial.update(number=minutes // unit, unit=unit)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "number" in data and "unit" in data:
            minutes = data["number"] * data["unit"]
            if SHORTEST_NOTICE_MINUTES <= minutes <= LONGEST_NOTICE_MINUTES:
                data["minutes_before"] = self.instance.minutes_before = minutes
            else:
                self.add_error(
                    "number", gettext_lazy("Between five minutes and ninety days before.")
                )
        return data

    def decided(self) -> list[str]:
        """Return the columns that are no longer as they were."""
        return [name for name in DECIDED if getattr(self.instance, name) != self.before[name]]

    def _get_validation_exclusions(self) -> set[str]:
        # That there is no such rule yet is checked over all that makes it one.
        checked = {"service", "channel"}
        if self.instance.minutes_before is not None:
            checked.add("minutes_before")
        return super()._get_validation_exclusions() - checked


class ReminderRuleFormSet(BaseInlineFormSet):
    """Saves through the service, in the transaction of the page that it stands on."""

    caller: Caller  # set by the page, per request

    @classmethod
    def get_default_prefix(cls) -> str:
        return "reminder_rules"

    @cached_property
    def management_form(self) -> ManagementForm:
        """A page that was opened before it had reminders sends none, and changes none."""
        is_sent = not self.is_bound or f"{self.prefix}-{TOTAL_FORM_COUNT}" in self.data
        if is_sent:
            return super().management_form
        nothing = {f"{self.prefix}-{name}": 0 for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT)}
        form = ManagementForm(nothing, auto_id=self.auto_id, prefix=self.prefix)
        form.full_clean()
        return form

    def get_unique_error_message(self, unique_check: Any) -> str:
        return str(EXISTS)

    def get_form_error(self) -> str:
        return str(EXISTS)

    def save_new(self, form: Any, commit: bool = True) -> ReminderRule:
        setattr(form.instance, self.fk.name, self.instance)
        return add(form.instance, caller=self.caller)

    def save_existing(self, form: Any, obj: ReminderRule, commit: bool = True) -> ReminderRule:
        fields = form.decided()
        return change(form.instance, fields=fields, caller=self.caller) if fields else obj

    def delete_existing(self, obj: ReminderRule, commit: bool = True) -> None:
        remove(obj, caller=self.caller)


class ReminderRuleInline(TenantWall, TabularInline):
    model = ReminderRule
    form = ReminderRuleForm
    formset = ReminderRuleFormSet
    noun = "reminders"
    fields = ["number", "unit", "audience", "is_active"]
    ordering = ["-minutes_before", "audience"]
    extra = 0
    hide_title = True  # a rule has no name
    verbose_name = gettext_lazy("Reminder")
    verbose_name_plural = gettext_lazy("Reminders")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "write")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.caller = caller_of(request)
        formset.form.organization_id = organization_of(request).pk
        return formset


@inline_on(Service)
class RulesOfService(ReminderRuleInline):
    fk_name = "service"
    template_before = "admin/notifications/rules_of_service.html"


@inline_on(Organization)
class RulesOfOrganization(ReminderRuleInline):
    """Those of no service in particular."""

    fk_name = "organization"
    template_before = "admin/notifications/rules_of_organization.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(service=None)
