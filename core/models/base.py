from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from core.access import Caller
from core.ids import uuid7
from core.own_resources import narrowed


class BaseModel(models.Model):
    """An id that is safe to show, and the two timestamps that everyone asks for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        abstract = True


M = TypeVar("M", bound="TenantModel")


class TenantQuerySet(models.QuerySet[M]):
    def for_organization(self, organization_id: UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def for_caller(self, caller: Caller) -> Self:
        """Return what a caller sees: their organization's, and of that what is their own if they
        are limited to their own resources (core.own_resources).
        """
        rows = self.for_organization(caller.organization_id)
        if caller.only_resources is None:
            return rows
        return rows.filter(narrowed(self.model, caller.only_resources))


class TenantModel(BaseModel):
    """A row that one organization owns. Doors read it through `for_caller`, all others through
    `for_organization`.
    """

    organization: Any = models.ForeignKey(
        "core.Organization", on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
