from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.catalog import Service
from bookings.models.customer import Customer
from core.models import TenantModel


class Series(TenantModel):
    """Appointments that were booked together, one after another by an RFC 5545 rule.

    `recurrence` (`FREQ=WEEKLY;COUNT=8`) is meant on the wall clock of `timezone`, from the first
    start on. Its bookings are the truth: each is moved and cancelled like any other, and
    `Booking.series_position` keeps the order in which they were laid out.
    """

    class Mode(models.TextChoices):
        ALL_OR_NOTHING = "ALL_OR_NOTHING", _("All of them or none")
        SKIP_CONFLICTS = "SKIP_CONFLICTS", _("Without those that are taken")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="series")
    recurrence = models.CharField(max_length=300)
    timezone = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=16, choices=Mode, default=Mode.ALL_OR_NOTHING)

    class Meta:
        verbose_name_plural = "series"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"series {self.pk}"
