"""Types: what resources are, so that a service can take one of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from bookings.models import ResourceType
from core.admin.base import HouseAdmin
from core.admin.wall import HouseForm


class ResourceTypeForm(HouseForm):
    class Meta:
        model = ResourceType
        fields = ["name", "key"]
        labels = {"name": gettext_lazy("Name"), "key": gettext_lazy("Name for programs")}
        help_texts = {"key": gettext_lazy("It stays, whatever the type is called later.")}


@admin.register(ResourceType)
class ResourceTypeAdmin(HouseAdmin):
    noun = "catalog"
    form = ResourceTypeForm
    list_display = ["name", "key", "how_many"]
    list_display_links = ["name"]
    sortable_by = ["name"]
    plural = gettext_lazy("Types")
    add_title = gettext_lazy("New type")
    nothing_yet = gettext_lazy("No types yet")
    how_to_begin = gettext_lazy("Staff is a type by itself; add rooms, tables, equipment.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).annotate(resources_count=Count("resources"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["key"] if obj else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> dict[str, Any]:
        may_type = obj is None and self.has_add_permission(request)
        return {"key": ["name"]} if may_type else {}

    @admin.display(description=gettext_lazy("How many there are"))
    def how_many(self, kind: Any) -> int:
        return kind.resources_count
