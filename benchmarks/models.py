from django.db import models

from core.ids import uuid7


class FloorRow(models.Model):
    """A plain row of a booking's size: nothing encrypted, nothing checked."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    organization_id = models.UUIDField()
    reference = models.CharField(max_length=12)
    status = models.CharField(max_length=16)
    name = models.TextField()
    company = models.TextField()
    email = models.TextField()
    phone = models.TextField()
    inquiry = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"
        indexes = [models.Index(fields=["organization_id", "starts_at", "id"], name="floor_list")]

    def __str__(self) -> str:
        return self.reference
