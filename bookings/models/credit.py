from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.bundle import BundlePurchase
from core.fields import EncryptedTextField
from core.models import TenantModel


class CreditEntry(TenantModel):
    """One line of a bundle's ledger: `amount` sessions more or less, and the `balance` after it.

    Numbered from 1 without a gap. A trigger refuses every deletion and every change but of
    the words of `reason`; only `bookings.services.credit` adds one. At most one is SPENT and one
    RETURNED per booking.
    `reason` is what staff gave for an adjustment.
    """

    class Kind(models.TextChoices):
        GRANTED = "GRANTED", _("Bought")
        SPENT = "SPENT", _("Used")
        RETURNED = "RETURNED", _("Returned")
        EXPIRED = "EXPIRED", _("Expired")
        ADJUSTED = "ADJUSTED", _("Adjusted by staff")

    OF_A_BOOKING = (Kind.SPENT, Kind.RETURNED)

    bundle = models.ForeignKey(
        BundlePurchase, on_delete=models.PROTECT, related_name="ledger", db_index=False
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.SmallIntegerField()
    balance = models.PositiveSmallIntegerField()
    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, null=True, related_name="credits", db_index=False
    )
    reason = EncryptedTextField(max_length=2_000, blank=True, default="")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    updated_at = None  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "credit entries"
        ordering = ["bundle", "number"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "number"], name="credit_number_is_unique"),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(kind="SPENT"),
                name="credit_spent_once_per_booking",
            ),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(kind="RETURNED"),
                name="credit_returned_once_per_booking",
            ),
            models.CheckConstraint(
                name="credit_amount_fits_its_kind",
                condition=Q(kind__in=["GRANTED", "RETURNED"], amount__gt=0)
                | Q(kind__in=["SPENT", "EXPIRED"], amount__lt=0)
                | Q(kind="ADJUSTED") & ~Q(amount=0),
            ),
            models.CheckConstraint(
                name="credit_knows_its_booking",
                condition=Q(kind__in=["SPENT", "RETURNED"], booking__isnull=False)
                | Q(kind__in=["GRANTED", "EXPIRED", "ADJUSTED"], booking=None),
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "created_at"], name="credit_by_month"),
        ]

    def __str__(self) -> str:
        return f"credit entry {self.pk}"
