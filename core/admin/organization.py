"""The organization's own settings."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from core import known_keys, times
from core.admin.base import HouseAdmin
from core.admin.context import organization_of
from core.admin.logo import logo_view
from core.admin.panels import panels_at
from core.admin.second_step import has_proved
from core.admin.wall import HouseForm
from core.models import Organization
from core.models.organization import validate_origin


def languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES)


class OriginsField(forms.CharField):
    """Websites by their origin, one in a line. A slash at the end is forgiven."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (line.strip().rstrip("/").lower() for line in (value or "").splitlines())
        origins = list(dict.fromkeys(line for line in lines if line))
        for origin in origins:
            validate_origin(origin)
        return origins


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

    embed_origins = OriginsField(
        label=gettext_lazy("Websites that may show it in a frame"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("One in a line, like https://www.example.com."),
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
            "has_page",
            "embed_origins",
            "customer_retention_months",
            "message_retention_days",
            "requires_second_factor",
        ]
        labels = {
            "name": gettext_lazy("Name"),
            "currency": gettext_lazy("Currency"),
            "accent_color": gettext_lazy("Color"),
            "contact_email": gettext_lazy("Address that customers may write to"),
            "admin_email": gettext_lazy("Address that hears of new bookings"),
            "has_page": gettext_lazy("Anybody may book on the booking page"),
            "customer_retention_months": gettext_lazy("Months to keep customers"),
            "message_retention_days": gettext_lazy("Days to keep what messages said"),
            "requires_second_factor": gettext_lazy("Everybody signs in with a second factor"),
        }
        help_texts = {
            "customer_retention_months": gettext_lazy(
                "Who has not been here for that long is erased at night. Empty: never."
            ),
            "message_retention_days": gettext_lazy("Older ones are emptied. Empty: never."),
            "requires_second_factor": gettext_lazy(
                "Who has none is led to set one up, and can do nothing else here until then."
            ),
            "accent_color": gettext_lazy(
                "Of the console and the mails. Letters on it are made readable by themselves."
            ),
        }
        widgets = {"accent_color": UnfoldAdminColorInputWidget}

    has_second_factor = False  # who fills it in; set by the page, per request

    def clean_requires_second_factor(self) -> bool:
        wanted = bool(self.cleaned_data["requires_second_factor"])
        if wanted and not (self.instance.requires_second_factor or self.has_second_factor):
            raise forms.ValidationError(
                _("Set up your own first: below Your account. Else you would shut yourself out.")
            )
        return wanted


@admin.register(Organization)
class OrganizationAdmin(HouseAdmin):
    """One page: this organization. Others are made by a command and chosen in the menu."""

    noun = "organization"
    plural = gettext_lazy("Settings")
    organization_path = "pk"
    form = OrganizationForm
    change_form_outer_before_template = "admin/console/settings_head.html"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(logo_view, self))
        ours = path("<uuid:pk>/logo/", view, name="core_organization_logo")
        return [ours, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return HttpResponseRedirect(self._page(request))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        shown = panels_at("organization.page", request, organization=organization_of(request))
        extra_context = {"panels": shown, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.has_second_factor = has_proved(request)  # type: ignore[attr-defined]
        return form

    def save_model(
        self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool
    ) -> None:
        """Let who is signed in be asked for their second factor from now on, not in a while."""
        super().save_model(request, obj, form, change)
        if "requires_second_factor" in form.changed_data:
            transaction.on_commit(known_keys.forget_everywhere)

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponseBase:
        self.message_user(request, _("The settings are saved."))
        return HttpResponseRedirect(self._page(request))

    def _page(self, request: HttpRequest) -> str:
        return reverse("admin:core_organization_change", args=[organization_of(request).pk])
