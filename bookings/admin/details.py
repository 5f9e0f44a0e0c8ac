"""Who books and what about: the part of a new booking that is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import Service
from bookings.selectors.people import Person
from bookings.services.customer import CustomerDetails

NEEDED = _("This is needed.")


class DetailsForm(forms.Form):
    """The customer and the inquiry; what a service makes optional may stay empty."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    company = forms.CharField(label=_("Company"), max_length=200)
    inquiry = forms.CharField(
        label=_("What is it about?"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    notes = forms.CharField(
        label=_("Notes for the team"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.fields["company"].required = service.company_required
        self.fields["inquiry"].required = service.inquiry_required
        for name, field in self.fields.items():
            field.error_messages["required"] = NEEDED
            field.widget.attrs |= {"autocomplete": "off", "id": f"details-{name}"}
            if field.required:
                field.widget.attrs["aria-required"] = "true"
        self.fields["email"].widget.attrs["inputmode"] = "email"
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "type": "tel"}

    def mark_what_is_wrong(self) -> None:
        """Tie each message to its field, for who does not see them side by side."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"wrong-{name}",
                }

    def customer(self) -> CustomerDetails:
        data = self.cleaned_data
        return CustomerDetails(
            name=data["name"], email=data["email"], company=data["company"], phone=data["phone"]
        )


def typed(sent: Any) -> dict[str, str]:
    """Return what stands in the fields, unchecked: it is shown again as it was typed."""
    return {name: sent.get(name, "") for name in DetailsForm.base_fields}


def details_of(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "company": person.company,
    }
