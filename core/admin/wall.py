"""The tenant wall of the console: rows of one organization, and what may be posted about them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from core.admin.context import caller_of, desk_of, organization_of
from core.own_resources import narrowed

OWNER = "organization"


class HouseForm(forms.ModelForm):
    """A form whose row belongs to an organization before it is checked.

    Constraints over (organization, name …) hold in the form then, with their own sentence,
    instead of failing in the database.
    """

    organization_id: Any = None  # set by the page, per request

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = kwargs.get("instance") is None
        if self.is_new and hasattr(self.instance, "organization_id"):
            self.instance.organization_id = self.organization_id

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {OWNER}  # type: ignore[misc]


def _own(rows: QuerySet[Model], request: HttpRequest) -> QuerySet[Model]:
    """Leave what belongs to the resources that the caller is limited to, if they are."""
    own = caller_of(request).only_resources
    return rows if own is None else rows.filter(narrowed(rows.model, own))


class TenantWall(BaseModelAdmin):
    """Rows of the current organization only, wherever rows are read or chosen from; of a member
    who is limited to their own resources what belongs to these.

    `organization_path` leads from the row to its organization. Who may do what is the scope
    `noun:read` or `noun:write` of the caller; nobody deletes.
    """

    is_behind_the_wall = True
    organization_path = OWNER
    noun = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        organization = desk_of(request).organization
        rows = super().get_queryset(request)
        if organization is None:
            return rows.none()
        return _own(rows.filter(**{self.organization_path: organization.pk}), request)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> QuerySet[Model]:
        """Offer, and accept, rows of the current organization in a choice of another model."""
        related = db_field.remote_field.model
        try:
            related._meta.get_field(OWNER)
        except FieldDoesNotExist as error:
            raise ImproperlyConfigured(
                f"{related.__name__} belongs to no organization: {self} must not offer its rows."
            ) from error
        rows = super().get_field_queryset(db, db_field, request)
        if rows is None:
            rows = related.objects.using(db)
        return _own(rows.filter(**{OWNER: organization_of(request).pk}), request)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        wrapper = getattr(field, "widget", None)
        for permission in ("add", "change", "delete", "view"):  # no windows out of a form
            if hasattr(wrapper, f"can_{permission}_related"):
                setattr(wrapper, f"can_{permission}_related", False)
        return field

    def may(self, request: HttpRequest, verb: str) -> bool:
        return desk_of(request).may(f"{self.noun}:{verb}")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "read") or self.may(request, "write")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "write")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "write")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
