"""Who books and what about: the part of a new booking that is typed."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bookings.forms import PREFIX, answers_in, fields_for
from bookings.models import Customer, Service
from bookings.selectors.people import Person
from bookings.services.customer import CustomerDetails
from bookings.services.details import LONGEST_LOCATION
from bookings.services.questions import questions_of
from core import times

NEEDED = _("This is needed.")


class DetailsForm(forms.Form):
    """The customer, the inquiry and the service's questions; what it makes optional may stay
    empty.
    """

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    company = forms.CharField(label=_("Company"), max_length=200)
    location = forms.CharField(label=_("Where"), max_length=LONGEST_LOCATION)
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
        is_asked = not service.is_course  # a course asks for neither
        self.fields["company"].required = service.company_required and is_asked
        self.fields["inquiry"].required = service.inquiry_required and is_asked
        if service.location_kind != Service.LocationKind.CUSTOMER:
            del self.fields["location"]
        if service.location_kind == Service.LocationKind.PHONE and not service.location:
            self.fields["phone"].required = True
        notes = self.fields.pop("notes")
        self.fields |= fields_for(questions_of(service))
        self.fields["notes"] = notes
        for name, field in self.fields.items():
            was_typed = name.startswith(PREFIX) and name in self.initial
            if was_typed and not isinstance(field, forms.MultipleChoiceField):
                self.initial[name] = self.initial[name][-1]
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

    def answers(self) -> dict[str, Any]:
        return answers_in(self.cleaned_data)


class CustomerForm(forms.Form):
    """What is known of a customer."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    timezone = forms.ChoiceField(label=_("Reads times in"), required=False)
    locale = forms.ChoiceField(
        label=_("Language"), required=False, help_text=_("Of the mails that they get.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        unknown = ("", _("Not known: the organization's"))
        languages = dict(settings.LANGUAGES)
        spoken = self.initial["locale"]
        if spoken and spoken not in languages:  # told by a program: de-AT
            languages[spoken] = spoken
        choices = {"timezone": times.zone_choices(), "locale": languages.items()}
        for name, known in choices.items():
            cast("forms.ChoiceField", self.fields[name]).choices = [unknown, *known]
        for field in self.fields.values():
            field.error_messages["required"] = NEEDED
            field.widget.attrs["autocomplete"] = "off"


def known_of(person: Person, customer: Customer) -> dict[str, str]:
    """Return what is known last, to be put right."""
    return {**details_of(person), "timezone": person.timezone, "locale": customer.locale}


def typed(sent: QueryDict) -> dict[str, Any]:
    """Return what stands in the fields, unchecked: it is shown again as it was typed."""
    texts = {name: sent.get(name, "") for name in DetailsForm.base_fields}
    return texts | {name: sent.getlist(name) for name in sent if name.startswith(PREFIX)}


def details_of(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "company": person.company,
    }
