"""What is typed when a bundle is sold or adjusted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.bundle_words import left_of
from bookings.admin.details import NEEDED
from bookings.availability.rules import midnight
from bookings.models import BundlePurchase, Customer, Product
from bookings.services.bundle import COVERED_BY, BundleOrder
from bookings.services.credit import LONGEST_REASON, MOST_SESSIONS
from bookings.services.customer import CustomerDetails
from core import times

# Where the service's fields stand in the form.
FIELDS = {"totalSessions": "sessions", "validTo": "last", "coverageType": "coverage"}


class _Form(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for field in self.fields.values():
            field.error_messages["required"] = NEEDED
            field.widget.attrs["autocomplete"] = "off"

    def take(self, wrong: dict[str, list[str]]) -> None:
        """Put what the service found wrong beside its field."""
        for path, texts in wrong.items():
            name = FIELDS.get(path, path)
            self.add_error(name if name in self.fields else None, cast("list[Any]", texts))


class BuyerForm(_Form):
    """Somebody who is not known yet."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=32, required=False)

    def details(self) -> CustomerDetails:
        return CustomerDetails(**self.cleaned_data)


class SaleForm(_Form):
    """How many sessions, and in which days they can be used; as the product says, unless changed.

    Days are the organization's.
    """

    sessions = forms.IntegerField(
        label=gettext_lazy("Sessions"), min_value=1, max_value=MOST_SESSIONS
    )
    first = forms.DateField(
        label=gettext_lazy("Valid from"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To (included)"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    coverage = forms.ChoiceField(label=gettext_lazy("Pays during"))

    def __init__(self, sent: Any = None, *, product: Product) -> None:
        today, days = times.today(), product.valid_days
        possible = COVERED_BY[Product.Kind(product.kind)]
        initial = {
            "sessions": product.sessions,
            "first": today,
            "last": today + timedelta(days=days - 1) if days else None,
            "coverage": possible[0],
        }
        super().__init__(sent, initial=initial)
        choices = [(one.value, one.label) for one in possible]
        cast("forms.ChoiceField", self.fields["coverage"]).choices = choices
        if len(possible) == 1:
            del self.fields["coverage"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            day = data.get(name)
            if day is not None and not 1970 <= day.year <= 2200:
                self.add_error(name, _("Choose a day."))
        return data

    def order(self, product: Product, customer: Customer, zone: ZoneInfo) -> BundleOrder:
        data = self.cleaned_data
        coverage = data.get("coverage")
        return BundleOrder(
            product=product,
            customer=customer,
            total_sessions=data["sessions"],
            valid_from_at=midnight(data["first"], zone),
            valid_to_at=midnight(data["last"] + timedelta(days=1), zone),
            coverage=BundlePurchase.Coverage(coverage) if coverage else None,
        )


class AdjustForm(_Form):
    """So many sessions more or less, and why. `entries` is how long the ledger was when the page
    was opened.
    """

    sessions = forms.IntegerField(
        label=gettext_lazy("Sessions more or less"),
        min_value=-MOST_SESSIONS,
        max_value=MOST_SESSIONS,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For the team; it stays in the ledger."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 2}),
    )
    entries = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, sent: Any = None, *, bundle: BundlePurchase) -> None:
        super().__init__(sent, initial={"entries": bundle.entries})
        self.fields["sessions"].help_text = _("%(left)s. 2 gives two more, -1 takes one.") % {
            "left": left_of(bundle)
        }
