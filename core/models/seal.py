from django.db import models

from core.models.base import BaseModel
from core.models.event import Event
from core.models.organization import Organization


class Seal(BaseModel):
    """The `number`-th link of an organization's chain: it makes an event impossible to change.

    `digest` is SHA-256 over the digest before it and the event's own bytes (`core.audit`), so
    whoever alters, removes or inserts an event would have to write every later link anew. Written
    by a job after the event, so that no writer waits; a trigger refuses every change.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveBigIntegerField()
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    digest = models.BinaryField(max_length=32)
    updated_at = None  # type: ignore[assignment]

    class Meta:
        ordering = ["organization", "number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="seal_number_is_unique")
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"
