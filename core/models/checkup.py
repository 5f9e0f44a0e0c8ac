from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from core.models.base import BaseModel
from core.models.organization import Organization


class Checkup(BaseModel):
    """One run of all checks that what the house promises is so, see `core.invariants`.

    `organization` is whose rows were looked at; empty means everybody's. `findings` is a list of
    {"check", "subject", "id", "organization", "numbers", "says"}: ids and numbers, never a name.
    A run without findings found everything in order.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    finished_at = models.DateTimeField()
    checks = models.PositiveSmallIntegerField()
    findings = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    updated_at = None  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"checkup {self.pk}"
