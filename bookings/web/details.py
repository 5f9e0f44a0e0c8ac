"""Who books and what about: the third step's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from bookings.forms import answers_in, field_name, fields_for
from bookings.models import Service
from bookings.services.consent import Consent
from bookings.services.customer import CustomerDetails
from bookings.services.details import LONGEST_LOCATION
from bookings.services.questions import questions_of
from bookings.web.consents import consent_fields, consents_in
from core.blind_index import normalise_phone

# Programs fill in whatever is there; people do not see it.
TRAP = "website"


class DetailsForm(forms.Form):
    """The customer, what the service wants to know, and what they are asked to agree to.

    Optional fields say so.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        error_messages={"invalid": gettext_lazy("Write an address like mia@example.com.")},
    )
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=32, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200)
    location = forms.CharField(label=gettext_lazy("Where"), max_length=LONGEST_LOCATION)
    inquiry = forms.CharField(
        label=gettext_lazy("What is it about?"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    website = forms.CharField(
        label=gettext_lazy("Leave this empty"), max_length=500, required=False
    )

    def __init__(
        self,
        sent: Mapping[str, Any] | None = None,
        *,
        service: Service,
        initial: dict[str, Any] | None = None,
        asks_consent: bool = True,
    ) -> None:
        super().__init__(sent, initial=initial, auto_id="%s")
        self.use_required_attribute = False  # our own sentences, in the page's language
        self.fields["inquiry"].required = service.inquiry_required and not service.is_course
        if not service.company_required or service.is_course:
            del self.fields["company"]
        if service.location_kind != Service.LocationKind.CUSTOMER:
            del self.fields["location"]
        is_called = service.location_kind == Service.LocationKind.PHONE and not service.location
        self.fields["phone"].required = is_called
        self.fields |= fields_for(questions_of(service))
        self.consent_fields = consent_fields(service.organization_id) if asks_consent else {}
        self.fields |= self.consent_fields
        for name, autocomplete in (
            ("name", "name"),
            ("email", "email"),
            ("phone", "tel"),
            ("company", "organization"),
            ("location", "street-address"),
            (TRAP, "off"),
        ):
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = autocomplete
        self.fields["phone"].widget.input_type = "tel"
        self.fields[TRAP].widget.attrs["tabindex"] = "-1"
        for field in self.fields.values():
            field.error_messages["required"] = _("This is needed.")
            if field.required:
                field.widget.attrs["aria-required"] = "true"

    def clean_phone(self) -> str:
        """Refuse what has no digit: nobody could be called."""
        phone: str = self.cleaned_data["phone"]
        if phone and not normalise_phone(phone):
            raise forms.ValidationError(_("Write a number like +49 30 1234567."))
        return phone

    def clean_website(self) -> str:
        """Refuse whoever filled in the trap, in words: it may be a browser that helped."""
        if self.cleaned_data[TRAP]:
            raise forms.ValidationError(
                _("This field catches programs. Please empty it and send the form again.")
            )
        return ""

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name != TRAP]

    @property
    def trap(self) -> forms.BoundField:
        return self[TRAP]

    def mark_what_is_wrong(self) -> None:
        """Tie each message to its field, for who does not see them side by side. The first that is
        wrong is where the cursor is.
        """
        wrong = [name for name in self.fields if name in self.errors]
        for name in wrong:
            self.fields[name].widget.attrs |= {
                "aria-invalid": "true",
                "aria-describedby": f"wrong-{name}",
            }
        if wrong:
            self.fields[wrong[0]].widget.attrs["autofocus"] = True

    def take(self, wrong: Mapping[str, list[str]]) -> list[str]:
        """Put what a service found wrong beside its fields; return what belongs to none."""
        general = []
        for path, messages in wrong.items():
            name = field_name(path)
            if name in self.fields:
                self.add_error(name, cast("list[Any]", messages))
            else:
                general += messages
        return general

    def customer(self, zone: str) -> CustomerDetails:
        data = self.cleaned_data
        return CustomerDetails(
            name=data["name"],
            email=data["email"],
            company=data.get("company", ""),
            phone=data["phone"],
            timezone=zone,
            locale=get_language() or "",
        )

    def consents(self) -> tuple[Consent, ...]:
        return consents_in(self.cleaned_data)

    def answers(self) -> dict[str, Any]:
        return answers_in(self.cleaned_data)


class PlaceForm(DetailsForm):
    """Who takes a place in a group session, or waits for one, which asks for no consent yet."""

    KEPT = ("name", "email", "phone", TRAP)

    def __init__(
        self, sent: Any = None, *, service: Service, initial: Any = None, asks_consent: bool = True
    ) -> None:
        super().__init__(sent, service=service, initial=initial, asks_consent=asks_consent)
        kept = [*self.KEPT, *self.consent_fields]
        self.fields = {name: self.fields[name] for name in kept}


def typed(sent: QueryDict, service: Service) -> DetailsForm:
    """Return the form with what was typed, unchecked."""
    fields = DetailsForm(service=service).fields
    typed = {
        name: field.widget.value_from_datadict(sent, {}, name) for name, field in fields.items()
    }
    return DetailsForm(initial=typed, service=service)
