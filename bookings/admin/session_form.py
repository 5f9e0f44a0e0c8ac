"""The forms of group sessions: one session, and one that takes place every week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from bookings.admin.offering import moment_on
from bookings.models import GroupSessionTemplate, Resource, Service
from bookings.models.group_session import MOST_PLACES
from bookings.services.session_template import MOST_WEEKS_AHEAD
from core.admin.context import Desk
from core.models import Organization

NEEDED = _("This is needed.")
# What the services call their fields, and what the forms do.
FIELDS = {
    "courseId": "service",
    "taId": "resource",
    "startTime": "starts",
    "endTime": "ends",
    "validFrom": "first",
    "validTo": "last",
    "weeksAhead": "weeks_ahead",
}


def day_field(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)


def wall_field(**options: Any) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput({"type": "time"}, format="%H:%M"), **options)


class PlanForm(forms.Form):
    """What every session has: with whom, from when to when on that day, places and price."""

    resource = forms.ChoiceField(label=_("With"))
    starts = wall_field(label=_("Begins at"))
    ends = wall_field(label=_("Ends at"))
    capacity = forms.IntegerField(
        label=_("Places"), validators=[MinValueValidator(1), MaxValueValidator(MOST_PLACES)]
    )
    price = forms.DecimalField(
        label=_("Price of a place"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        first, then = ["service", "resource", "weekday", "day"], ["starts", "ends"]
        if "service" in self.fields:  # two stand abreast, and both ends of a time do
            then = ["capacity", *then, "price", "weeks_ahead"]
        self.order_fields(first + then)
        self.resources = {str(one.pk): one for one in resources_of(organization)}
        self.courses = {str(one.pk): one for one in courses_of(organization)}
        self._offer("resource", self.resources)
        if "service" in self.fields:
            self._offer("service", self.courses)
        self.fields["price"].help_text = organization.currency
        for field in self.fields.values():
            field.error_messages["required"] = NEEDED
            field.widget.attrs["autocomplete"] = "off"

    def _offer(self, name: str, rows: Mapping[str, Resource | Service]) -> None:
        named = [(pk, str(row)) for pk, row in rows.items()]
        cast("forms.ChoiceField", self.fields[name]).choices = named

    def keep(self, resource: Resource) -> None:
        """Offer who gives it now, too: they may not teach it any more, or not be there."""
        self.resources.setdefault(str(resource.pk), resource)
        self._offer("resource", self.resources)

    @property
    def course(self) -> Service:
        return self.courses[self.cleaned_data["service"]]

    @property
    def taught_by(self) -> Resource:
        return self.resources[self.cleaned_data["resource"]]

    def take(self, wrong: Mapping[str, Iterable[str]]) -> None:
        """Put what the service found wrong beside its field."""
        for path, texts in wrong.items():
            name = FIELDS.get(path, path)
            self.add_error(name if name in self.fields else None, list(texts))


class SessionForm(PlanForm):
    """One session that is there already: its course stays."""

    day = day_field(label=_("Day"))

    def times(self, desk: Desk) -> tuple[datetime, datetime]:
        """Return both ends on the organization's clock; an end at 00:00 is that of the day."""
        data = self.cleaned_data
        last: date = data["day"] + timedelta(days=1) if data["ends"] == time() else data["day"]
        return (
            moment_on(data["day"], data["starts"], desk.zone),
            moment_on(last, data["ends"], desk.zone),
        )


class NewSessionForm(SessionForm):
    """One session that is to be."""

    service = forms.ChoiceField(label=_("Course"))


class TemplateForm(PlanForm):
    """A session of every week that is there already: its course stays."""

    weekday = forms.TypedChoiceField(
        label=_("Every"), choices=GroupSessionTemplate.Weekday.choices, coerce=int
    )
    first = day_field(label=_("From"), required=False, help_text=_("Empty: from now on."))
    last = day_field(
        label=_("To (included)"), required=False, help_text=_("Empty: until it is stopped.")
    )
    weeks_ahead = forms.IntegerField(
        label=_("Weeks laid out ahead"),
        initial=8,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WEEKS_AHEAD)],
    )

    def columns(self) -> dict[str, Any]:
        """Return what a valid form says, by the names of the columns."""
        data = self.cleaned_data
        return {
            "resource": self.taught_by,
            "weekday": data["weekday"],
            "starts_at_time": data["starts"],
            "ends_at_time": data["ends"],
            "capacity": data["capacity"],
            "price_amount": data["price"],
            "valid_from_on": data["first"],
            "valid_to_on": data["last"],
            "weeks_ahead": data["weeks_ahead"],
        }


class NewTemplateForm(TemplateForm):
    """A session of every week that is to be."""

    service = forms.ChoiceField(label=_("Course"))


def courses_of(organization: Organization) -> list[Service]:
    """Return the courses that can be taught now, by name."""
    active = Service.objects.for_organization(organization.pk).filter(is_active=True)
    found = active.exclude(code="").select_related("organization").order_by("name", "id")
    return list(found)


def resources_of(organization: Organization) -> list[Resource]:
    """Return who teaches any course, by name."""
    active = Resource.objects.for_organization(organization.pk).filter(is_active=True)
    taught = active.filter(services__is_active=True, services__code__gt="")
    return list(taught.order_by("name", "id").distinct())
