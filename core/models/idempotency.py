from datetime import timedelta

from django.db import models

from core.fields import EncryptedTextField
from core.models.base import TenantModel

KEPT_FOR = timedelta(hours=24)


class IdempotentRequest(TenantModel):
    """The first answer to a POST with an Idempotency-Key, kept for 24 hours to be repeated.

    The row is claimed before the work and in its transaction: a request that crashed
    leaves none, and a duplicate waits on the unique index until the first is done.
    """

    credential = models.CharField(max_length=80)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    key_digest = models.BinaryField(max_length=32)
    body_digest = models.BinaryField(max_length=32)
    status_code = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "method", "path", "key_digest"],
                name="idempotent_request_is_unique",
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_request_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.pk}"
