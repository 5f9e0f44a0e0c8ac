from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from core.models.base import TenantModel


class Event(TenantModel):
    """Something that happened, written in the same transaction as what it changed.

    A trigger refuses every change and every deletion. `data` holds ids and facts, never
    a name, an address or a free text: a customer who is forgotten must not live on here.
    `network` is where the request came from (`core.audit.network`): the address of staff and of
    programs, of customers no more than their provider's.
    """

    name = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    network = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    updated_at = None  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_id", "id"], name="event_by_subject"),
            models.Index(fields=["organization", "created_at", "id"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_id}"


class Outbox(models.Model):
    """An event that its handlers have not heard yet. Put here by a trigger on Event.

    The row is deleted in the transaction in which the handlers wrote what follows from
    it. `not_before` is both the next try and the lease of whoever is trying.
    """

    event = models.OneToOneField(
        Event, primary_key=True, on_delete=models.CASCADE, related_name="outbox"
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True, db_default="")

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [models.Index(fields=["not_before"], name="outbox_due")]

    def __str__(self) -> str:
        return f"outbox {self.event_id}"
