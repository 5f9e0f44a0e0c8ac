from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Service
from core.models import Event, TenantModel
from notifications.models.delivery import Delivery

SHORTEST_NOTICE_MINUTES = 5
LONGEST_NOTICE_MINUTES = 90 * 24 * 60


class ReminderRule(TenantModel):
    """Who is reminded how long before a confirmed appointment; without a service, of every one.

    A service with rules of its own has those and not the general ones.
    """

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_rules"
    )
    minutes_before = models.PositiveIntegerField(
        validators=[
            MinValueValidator(SHORTEST_NOTICE_MINUTES),
            MaxValueValidator(LONGEST_NOTICE_MINUTES),
        ]
    )
    audience = models.CharField(
        max_length=16, choices=Delivery.Audience, default=Delivery.Audience.CUSTOMER
    )
    channel = models.CharField(
        max_length=16, choices=Delivery.Channel, default=Delivery.Channel.EMAIL
    )
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["service", "-minutes_before", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "service", "minutes_before", "audience", "channel"],
                name="reminder_rule_is_unique",
                nulls_distinct=False,
                violation_error_message=_("There is such a reminder already."),
            ),
            models.CheckConstraint(
                name="reminder_rule_is_before", condition=Q(minutes_before__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"reminder rule {self.pk}"


class Reminder(TenantModel):
    """One reminder of one booking, due at `due_at`; the clock makes a Delivery of it.

    Laid out when a booking is confirmed, moved with it, dropped with it. `starts_at` is the
    start that it was computed for: one for another start is stale. WAITING → TOLD or DROPPED.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        TOLD = "TOLD", _("Told")
        DROPPED = "DROPPED", _("Not sent")

    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    rule = models.ForeignKey(ReminderRule, on_delete=models.CASCADE, related_name="reminders")
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "rule", "starts_at"], name="reminder_is_unique"
            ),
            models.CheckConstraint(
                name="reminder_status_is_known",
                condition=Q(status__in=["WAITING", "TOLD", "DROPPED"]),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="reminder_due", condition=Q(status="WAITING"))
        ]

    def __str__(self) -> str:
        return f"reminder {self.pk}"
