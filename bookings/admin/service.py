"""Services: what can be booked, by whom it is done, and its rules."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.admin.choosing import NeedsField, SharesField
from bookings.admin.course import ExamPeriodInline, KindFilter, ProductInline, note_products
from bookings.admin.question import QuestionInline
from bookings.admin.service_words import FIELDSETS, HELP, LABELS
from bookings.models import (
    ExamPeriod,
    Product,
    Question,
    Requirement,
    Resource,
    ResourceType,
    Service,
    ServiceResource,
)
from bookings.models.rules import RULES
from bookings.selectors.defaults import booking_defaults_of
from bookings.services.naming import stays_a_course
from bookings.services.questions import note_questions
from bookings.services.service import (
    MOST_DURATIONS,
    give_up_default,
    set_needs,
    set_shares,
    wrong_with_needs,
)
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, organization_of
from core.admin.refusals import SENTENCES
from core.admin.wall import HouseForm
from core.templatetags.console import render_pill

DAY_MINUTES = 24 * 60
# What an event calls the parts of the form that are no columns.
ON_THE_WIRE = {"done_by": "resources", "needs": "requirements"}
INLINES: dict[type[Model], str] = {
    Question: "questions",
    Product: "products",
    ExamPeriod: "examPeriods",
}


class ServiceForm(HouseForm):
    """A service by what the reader of each part wants to decide.

    `done_by` and `needs` are no columns of the row: the page writes them itself. They are not
    named as the relations are, because Django wants those to be inlines.
    """

    durations = SimpleArrayField(
        forms.IntegerField(validators=[MinValueValidator(5), MaxValueValidator(DAY_MINUTES)]),
        label=gettext_lazy("Durations"),
        help_text=gettext_lazy("Minutes, separated by commas. The shortest is the default."),
        max_length=MOST_DURATIONS,
        widget=UnfoldAdminTextInputWidget,
    )
    done_by = SharesField(
        label=gettext_lazy("Done by"),
        help_text=gettext_lazy(
            "Order: the lowest goes first. Share: 2 gets twice the work that 1 gets."
        ),
        required=False,
    )
    needs = NeedsField(
        label=gettext_lazy("Takes at once"),
        help_text=gettext_lazy(
            "For example one groomer and one table. The first in order is who the booking is "
            "with. Leave it empty to take any one of those above."
        ),
        required=False,
    )

    class Meta:
        model = Service
        fields = list(LABELS)
        labels = LABELS
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "done_by" not in self.fields:  # shown to somebody who may only look
            return
        resources = Resource.objects.for_organization(self.organization_id)
        kinds = ResourceType.objects.for_organization(self.organization_id)
        offers, needs = [], []
        if not self.is_new:
            offers = list(ServiceResource.objects.filter(service=self.instance))
            needs = list(Requirement.objects.filter(service=self.instance))
        by_name = resources.select_related("type").order_by("-is_active", "name", "id")
        cast("SharesField", self.fields["done_by"]).offer(list(by_name), offers)
        cast("NeedsField", self.fields["needs"]).offer(list(kinds), needs)

    def clean_durations(self) -> list[int]:
        """Ascending, so that the first is the default; what comes twice is kept once."""
        durations: list[int] = self.cleaned_data["durations"]
        return sorted(set(durations))

    def clean_code(self) -> str:
        """What sells something stays a course."""
        code: str = self.cleaned_data["code"].strip()
        if not code and not self.is_new and stays_a_course(self.instance):
            raise forms.ValidationError(
                _("It has products or group sessions, so it stays a course with a code.")
            )
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "needs" in data and "done_by" in data:
            wrong = wrong_with_needs(data["needs"], data["done_by"])
            for number, sentence in wrong.items():
                kind = data["needs"][number].type.name
                self.add_error("needs", f"{kind}: {SENTENCES.get(sentence, sentence)}")
        return data

    def _get_validation_exclusions(self) -> set[str]:
        # That another service is the usual one is no mistake: it gives that up (save_model).
        return super()._get_validation_exclusions() | {"is_default"}


@admin.register(Service)
class ServiceAdmin(HouseAdmin):
    noun = "catalog"
    form = ServiceForm
    list_display = ["name", "course_code", "lengths", "done_by", "approval", "state"]
    list_display_links = ["name"]
    list_filter = [KindFilter]
    sortable_by = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    plural = gettext_lazy("Services")
    add_title = gettext_lazy("New service")
    nothing_yet = gettext_lazy("No services yet")
    how_to_begin = gettext_lazy("Add what customers can book: its name and how long it takes.")
    fieldsets = FIELDSETS
    inlines = [QuestionInline]
    conditional_fields = {
        "answer_within_minutes": "needs_approval == true",
        "fairness_days": "assignment == 'FAIR'",
    }

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new service starts with what the organization has chosen for them."""
        usual = booking_defaults_of(organization_of(request).pk)
        return {name: getattr(usual, name) for name in RULES}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        ours = Resource.objects.for_caller(caller_of(request))
        return super().get_queryset(request).prefetch_related(Prefetch("resources", ours))

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        """A course also has products and exam periods. When a form is sent it says itself
        whether they were on the page: its code may be what has just been typed.
        """
        inlines = super().get_inlines(request, obj)
        was_shown = isinstance(obj, Service) and obj.is_course
        if request.method == "POST":
            was_shown = "products-TOTAL_FORMS" in request.POST
        return [ProductInline, ExamPeriodInline, *inlines] if was_shown else inlines

    def save_model(
        self, request: HttpRequest, obj: Service, form: forms.ModelForm, change: bool
    ) -> None:
        """There is one usual service: what was it before gives it up in the same transaction."""
        obj.has_new_code = "code" in form.changed_data  # type: ignore[attr-defined]
        if obj.is_default:
            give_up_default(obj)
        super().save_model(request, obj, form, change)
        set_shares(obj, form.cleaned_data["done_by"])
        set_needs(obj, form.cleaned_data["needs"])

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool
    ) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Question:
            note_questions(form.instance)
        if formset.model is Product:
            note_products(request, formset)

    def response_post_save_add(self, request: HttpRequest, obj: Service) -> HttpResponseBase:
        return self._what_it_sells(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Service) -> HttpResponseBase:
        return self._what_it_sells(request, obj) or super().response_post_save_change(request, obj)

    def _what_it_sells(self, request: HttpRequest, obj: Service) -> HttpResponseRedirect | None:
        """Lead on from a course that was just made to what it sells."""
        if not (obj.is_course and obj.has_new_code) or obj.products.exists():  # type: ignore[attr-defined]
            return None
        self.message_user(request, _("It is a course now. Below stands what it sells."))
        return HttpResponseRedirect(reverse("admin:bookings_service_change", args=[obj.pk]))

    def construct_change_message(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Name what changed as the API does."""
        fields = {ON_THE_WIRE.get(name, name) for name in form.changed_data}
        changed = {formset.model for formset in formsets or () if formset.has_changed()}
        fields |= {INLINES[model] for model in changed if model in INLINES}
        return [{"changed": {"fields": sorted(fields)}}]

    @admin.display(description=gettext_lazy("Code"))
    def course_code(self, service: Service) -> str:
        return service.code

    @admin.display(description=gettext_lazy("Minutes"))
    def lengths(self, service: Service) -> str:
        return ", ".join(map(str, service.durations))

    @admin.display(description=gettext_lazy("Done by"), empty_value="")
    def done_by(self, service: Service) -> str:
        return ", ".join(one.name for one in service.resources.all()) or _("nobody yet")

    @admin.display(description=gettext_lazy("Confirmed"))
    def approval(self, service: Service) -> str:
        return _("by staff") if service.needs_approval else _("at once")

    @admin.display(description=gettext_lazy("State"))
    def state(self, service: Service) -> str:
        if not service.is_active:
            return render_pill("grey", "visibility_off", _("Off"))
        text = _("The usual one") if service.is_default else _("On")
        return render_pill("green", "check_circle", text)

    @admin.display(description=gettext_lazy("Takes at once"), empty_value="")
    def needs(self, service: Service) -> str:
        """Shown to who may only look."""
        rows = service.requirements.select_related("type")
        return ", ".join(f"{row.quantity} {row.type.name}" for row in rows) or _("any one")
