"""Filters of lists: what may be chosen is the current organization's, and nothing is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin.context import organization_of
from core.models import TenantModel

MOST_CHOICES = 500


class ChoiceFilter(SimpleListFilter):
    """One of a short list. What is none of them finds nothing, instead of everything."""

    template = "admin/console/choice_filter.html"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value not in {str(choice) for choice, _ in self.lookup_choices}:
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
        rows = self.related.objects.for_organization(organization_of(request).pk)
        return [(str(row.pk), str(row)) for row in rows[:MOST_CHOICES]]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{self.column: UUID(value)})
