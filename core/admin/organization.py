"""The organization's own settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelectWidget

from core import times
from core.admin.base import HouseAdmin
from core.admin.context import organization_of
from core.admin.wall import HouseForm
from core.models import Organization


def languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES)


class OrganizationForm(HouseForm):
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=times.zone_choices, widget=UnfoldAdminSelectWidget
    )
    locale = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=languages,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Of mails to people whose language is not known."),
    )

    class Meta:
        model = Organization
        fields = [
            "name",
            "timezone",
            "locale",
            "currency",
            "accent_color",
            "contact_email",
            "admin_email",
        ]
        labels = {
            "name": gettext_lazy("Name"),
            "currency": gettext_lazy("Currency"),
            "accent_color": gettext_lazy("Color"),
            "contact_email": gettext_lazy("Address that customers may write to"),
            "admin_email": gettext_lazy("Address that hears of new bookings"),
        }
        help_texts = {
            "accent_color": gettext_lazy(
                "Of the console and the mails. Letters on it are made readable by themselves."
            ),
        }
        widgets = {"accent_color": UnfoldAdminColorInputWidget}


@admin.register(Organization)
class OrganizationAdmin(HouseAdmin):
    """One page: this organization. Others are made by a command and chosen in the menu."""

    noun = "organization"
    plural = gettext_lazy("Settings")
    organization_path = "pk"
    form = OrganizationForm

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return HttpResponseRedirect(self._page(request))

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponseBase:
        self.message_user(request, _("The settings are saved."))
        return HttpResponseRedirect(self._page(request))

    def _page(self, request: HttpRequest) -> str:
        return reverse("admin:core_organization_change", args=[organization_of(request).pk])
