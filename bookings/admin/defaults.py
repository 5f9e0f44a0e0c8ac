"""What a new service starts with: a page below the settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.service_words import HELP, LABELS
from bookings.models import BookingDefaults
from bookings.models.rules import RULES
from bookings.selectors.defaults import booking_defaults_of
from bookings.services.defaults import set_booking_defaults
from bookings.services.service import MOST_DURATIONS
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.pages import console_page
from core.admin.panels import panel
from core.admin.refusals import sentence_of
from core.errors import DomainError
from core.models import Organization

DAY_MINUTES = 24 * 60


class DefaultsForm(forms.ModelForm):
    """The rules of a service that are the same for many, in its own words."""

    durations = SimpleArrayField(
        forms.IntegerField(validators=[MinValueValidator(5), MaxValueValidator(DAY_MINUTES)]),
        label=gettext_lazy("Durations"),
        help_text=gettext_lazy("Minutes, separated by commas. The shortest is the default."),
        max_length=MOST_DURATIONS,
    )

    class Meta:
        model = BookingDefaults
        fields = list(RULES)
        labels = LABELS
        help_texts = {**HELP, "needs_approval": ""}

    def clean_durations(self) -> list[int]:
        durations: list[int] = self.cleaned_data["durations"]
        return sorted(set(durations))


@console_page("booking-defaults/", name="booking_defaults")
def booking_defaults_page(request: HttpRequest) -> HttpResponseBase:
    """Show what a new service starts with; a POST changes it."""
    if not desk_of(request).may("organization:write"):
        raise PermissionDenied
    organization = organization_of(request)
    up = reverse("admin:core_organization_change", args=[organization.pk])
    defaults = booking_defaults_of(organization.pk)
    form = DefaultsForm(request.POST if request.method == "POST" else None, instance=defaults)
    if request.method == "POST" and form.is_valid():
        try:
            set_booking_defaults(organization, form.cleaned_data, caller=caller_of(request))
        except DomainError as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, _("New services start with this from now on."))
            return HttpResponseRedirect(up)
    request.current_app = admin.site.name
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("New services"),
        "form": form,
        "organization": organization,
        "up_url": up,
        "up_title": _("Settings"),
    }
    return TemplateResponse(request, "admin/bookings/defaults.html", context)


@panel("organization.page")
def defaults_on_the_settings(
    request: HttpRequest, *, organization: Organization
) -> SafeString | None:
    """Say what a new service starts with, with the way to change it."""
    if not desk_of(request).may("organization:write"):
        return None
    context = {"defaults": booking_defaults_of(organization.pk)}
    return render_to_string("admin/bookings/defaults_panel.html", context, request=request)
