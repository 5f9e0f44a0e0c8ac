"""What makes a service a course, on its page: what it sells, and when its exams are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.models import ExamPeriod, Product
from bookings.services.bundle import LONGEST_DAYS
from bookings.services.credit import MOST_SESSIONS
from core import events
from core.admin.context import caller_of, organization_of
from core.admin.filters import ChoiceFilter
from core.admin.wall import HouseForm, TenantWall

COURSES, OTHERS = "course", "other"


class KindFilter(ChoiceFilter):
    title = gettext_lazy("Kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [(COURSES, _("Courses")), (OTHERS, _("Other services"))]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.exclude(code="") if value == COURSES else queryset.filter(code="")


class ProductForm(HouseForm):
    """One product. Its kind is chosen once; what was sold of it stays as it was sold."""

    class Meta:
        model = Product
        fields = ["kind", "name", "is_active", "price_amount", "sessions", "valid_days"]
        labels = {
            "kind": gettext_lazy("Kind"),
            "name": gettext_lazy("Name"),
            "is_active": gettext_lazy("Is sold"),
            "sessions": gettext_lazy("Sessions"),
            "valid_days": gettext_lazy("Valid for … days"),
        }
        help_texts = {
            "kind": gettext_lazy("There is one of each kind."),
            "name": gettext_lazy("Empty: as its kind is called."),
            "sessions": gettext_lazy("How many a bundle pays. Empty: said when it is sold."),
            "valid_days": gettext_lazy("From the day of the sale. Empty: said when it is sold."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" not in self.fields:  # shown to somebody who may only look
            return
        self.fields["name"].required = False
        self.fields["kind"].disabled = not self.is_new
        if self.instance.kind == Product.Kind.INDIVIDUAL_SESSION:
            for name in ("sessions", "valid_days"):
                self.fields[name].disabled, self.fields[name].help_text = True, ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") and not data.get("name"):
            data["name"] = str(Product.Kind(data["kind"]).label)
        if data.get("kind") == Product.Kind.INDIVIDUAL_SESSION:
            for name in ("sessions", "valid_days"):
                if data.get(name) is not None:
                    self.add_error(name, _("A single session has no number of sessions or days."))
        for name, most in (("sessions", MOST_SESSIONS), ("valid_days", LONGEST_DAYS)):
            if (data.get(name) or 0) > most:
                self.add_error(name, _("This can be at most %(most)d.") % {"most": most})
        return data


class ProductFormSet(forms.BaseInlineFormSet):
    """A new product can only be of a kind that the course does not have yet."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "kind" in form.fields and not form.fields["kind"].disabled:
            sold = {product.kind for product in self.get_queryset()}
            left = [one for one in Product.Kind.choices if one[0] not in sold]
            form.fields["kind"].choices = [("", _("Choose")), *left]  # type: ignore[attr-defined]


class ProductInline(TenantWall, StackedInline):
    """Nothing is deleted: what is no longer sold stays with who bought it."""

    model = Product
    form = ProductForm
    formset = ProductFormSet
    noun = "catalog"
    fields = [("kind", "name", "is_active"), ("price_amount", "sessions", "valid_days")]
    extra = 1
    max_num = len(Product.Kind)
    verbose_name = gettext_lazy("product")
    verbose_name_plural = gettext_lazy("What it sells")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.organization_id = organization_of(request).pk
        return formset

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "price_amount":
            currency = organization_of(request).currency
            kwargs["label"] = _("Price in %(currency)s") % {"currency": currency}
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ExamPeriodForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Say it beside the field: a part of a page shows nothing else."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("A period must end after it starts."))
        return data


class ExamPeriodInline(TenantWall, StackedInline):
    """Days in which bundles for midterms and finals pay. They can be removed again."""

    model = ExamPeriod
    form = ExamPeriodForm
    noun = "catalog"
    organization_path = "service__organization"
    fields = [("kind", "starts_on", "ends_on")]
    extra = 0
    verbose_name = gettext_lazy("exam period")
    verbose_name_plural = gettext_lazy("Midterms and finals")

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        labels = {
            "kind": _("Exams"),
            "starts_on": _("First day"),
            "ends_on": _("Last day (included)"),
        }
        if db_field.name in labels:
            kwargs["label"] = labels[db_field.name]
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.DateField):
            looks = UnfoldAdminTextInputWidget().attrs
            field.widget = forms.DateInput({**looks, "type": "date"}, format="%Y-%m-%d")
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "write")


def note_products(request: HttpRequest, formset: Any) -> None:
    """Write down which products were made and which changed, with the names of their fields."""
    caller = caller_of(request)
    for product in formset.new_objects:
        events.record("product.created", product, caller=caller)
    for product, fields in formset.changed_objects:
        events.record("product.updated", product, caller=caller, fields=sorted(fields))
