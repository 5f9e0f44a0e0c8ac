"""Putting somebody on the waitlist who calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.availability.rules import midnight
from bookings.models import Resource, Service
from bookings.services.customer import CustomerDetails
from bookings.services.waitlist import WaitRequest
from core import times
from core.access import Caller
from core.admin.context import Desk

NEEDED = _("This is needed.")
# What the service calls its fields, and what the form does.
FIELDS = {"from": "first", "to": "last", "duration": "minutes", "resourceId": "resource"}


class WaitForm(forms.Form):
    """What they want, between which days, and who they are."""

    service = forms.ChoiceField(label=_("Service"))
    minutes = forms.IntegerField(
        label=_("Minutes"), required=False, help_text=_("Empty: the service's usual length.")
    )
    resource = forms.ChoiceField(label=_("With"), required=False)
    first = forms.DateField(
        label=_("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To (included)"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    inquiry = forms.CharField(
        label=_("What is it about?"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, sent: Any = None, *, caller: Caller) -> None:
        today = times.today()
        initial = {"first": today, "last": today + timedelta(days=7)}
        super().__init__(sent, initial=initial)
        self.use_required_attribute = False
        services = Service.objects.for_caller(caller).filter(is_active=True)
        self._services = {str(one.pk): one for one in services.select_related("organization")}
        resources = Resource.objects.for_caller(caller).filter(is_active=True)
        self._resources = {str(one.pk): one for one in resources}
        named = [(pk, one.name) for pk, one in self._services.items()]
        cast("forms.ChoiceField", self.fields["service"]).choices = named
        anyone = [] if caller.is_limited else [("", _("Anyone"))]
        people = [*anyone, *((pk, one.name) for pk, one in self._resources.items())]
        cast("forms.ChoiceField", self.fields["resource"]).choices = people
        for field in self.fields.values():
            field.error_messages["required"] = NEEDED
            field.widget.attrs["autocomplete"] = "off"

    def request(self, desk: Desk) -> WaitRequest:
        """Return what was typed; days are the organization's."""
        data = self.cleaned_data
        service = self._services[data["service"]]
        return WaitRequest(
            service=service,
            customer=CustomerDetails(
                name=data["name"],
                email=data["email"],
                phone=data["phone"],
                company=data["company"],
            ),
            from_at=midnight(data["first"], desk.zone),
            to_at=midnight(data["last"] + timedelta(days=1), desk.zone),
            minutes=data["minutes"] or service.durations[0],
            resource=self._resources.get(data["resource"]),
            inquiry=data["inquiry"],
        )

    def take(self, wrong: dict[str, list[str]]) -> None:
        """Put what the service found wrong beside its field."""
        for path, texts in wrong.items():
            name = FIELDS.get(path, path)
            self.add_error(name if name in self.fields else None, cast("list[Any]", texts))


def resource_chosen(text: str, resources: list[Resource]) -> Resource | None:
    """Return the one of `resources` that a choice names; None: anyone."""
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return next((one for one in resources if one.pk == wanted), None)
