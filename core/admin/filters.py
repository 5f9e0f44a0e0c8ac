"""Filters of lists: what may be chosen is the current organization's, and nothing is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import ListFilter, ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from core import times
from core.admin.context import caller_of, desk_of
from core.models import TenantModel

MOST_CHOICES = 500


class ChoiceFilter(SimpleListFilter):
    """One of a short list. What is none of them finds nothing, instead of everything."""

    template = "admin/console/choice_filter.html"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value not in {str(choice) for choice, _label in self.lookup_choices}:
            return queryset.none()
        return self.chosen(queryset, value)

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {"value": value, "display": label, "selected": str(value) == self.value()}


class RelatedFilter(ChoiceFilter):
    """Rows of another model in the same organization, by name; `column` is the foreign key's."""

    related: ClassVar[type[TenantModel]]
    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        rows = self.related.objects.for_caller(caller_of(request))
        return [(str(row.pk), str(row)) for row in rows[:MOST_CHOICES]]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{self.column: UUID(value)})


class PastDayFilter(ListFilter):
    """When it happened: `day_from` and `day_to`, both included, on the organization's clock.

    What is no date finds nothing.
    """

    title = _("Day")
    template = "admin/console/day_filter.html"
    column: ClassVar[str] = "created_at"
    names = ("day_from", "day_to")

    def __init__(
        self, request: HttpRequest, params: Any, model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params and (value := params.pop(name)[-1]):
                self.used_parameters[name] = value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        first, last = (self.used_parameters.get(name, "") for name in self.names)
        yield {"first": first, "last": last}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        zone = desk_of(request).zone
        for name, text in self.used_parameters.items():
            day = _day(str(text))
            if day is None:
                return queryset.none()
            if name == "day_from":
                begin = datetime.combine(day, time(), zone)
                queryset = queryset.filter(**{f"{self.column}__gte": begin})
            else:
                end = datetime.combine(times.day_after(day), time(), zone)
                queryset = queryset.filter(**{f"{self.column}__lt": end})
        return queryset


def _day(text: str) -> date | None:
    """Return a day that has neighbours, or None."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1 < day.year < 9999 else None
