import hashlib

from django.db import models
from django.db.models import F, Q

from bookings.models.catalog import Resource, Service
from bookings.models.group_session import GroupSession
from core.models import TenantModel


class Hold(TenantModel):
    """A time kept for somebody who has not booked yet; its allocation excludes all others.

    Of a `group_session` it is one place, counted there, and has no allocation.

    Only who has the token (we keep its SHA-256) can book with it or drop it. It lapses at
    `expires_at` by itself; `ended_at` says when it was dropped, lapsed or became a booking.
    `assignment` says why this resource, as on a booking.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    group_session = models.ForeignKey(
        GroupSession, on_delete=models.PROTECT, null=True, related_name="holds", db_index=False
    )
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
            models.Index(fields=["expires_at"], name="hold_lapses", condition=Q(ended_at=None)),
            models.Index(
                fields=["group_session"],
                name="hold_of_a_session",
                condition=Q(group_session__isnull=False, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"

    @staticmethod
    def digest_of(token: str) -> bytes:
        return hashlib.sha256(token.encode()).digest()
