import hashlib

from django.db import models
from django.db.models import F, Q

from bookings.models.catalog import Resource, Service
from core.models import TenantModel


class Hold(TenantModel):
    """A time kept for somebody who has not booked yet; its allocation excludes all others.

    Only who has the token (we keep its SHA-256) can book with it or drop it. It lapses at
    `expires_at` by itself; `ended_at` says when it was dropped, lapsed or became a booking.
    `assignment` says why this resource, as on a booking.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    assignment = models.JSONField(null=True)
    token_digest = models.BinaryField(max_length=32)
    made_by_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_lapses", condition=Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"

    @staticmethod
    def digest_of(token: str) -> bytes:
        return hashlib.sha256(token.encode()).digest()
