from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7


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


class TenantModel(BaseModel):
    """A row that one organization owns. Read it through `for_organization`."""

    organization: Any = models.ForeignKey(
        "core.Organization", on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
