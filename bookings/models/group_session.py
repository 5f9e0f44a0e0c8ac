from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models.catalog import Resource, Service
from core.models import TenantModel

MOST_PLACES = 1000


def _capacity() -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PLACES)]
    )


class GroupSessionTemplate(TenantModel):
    """A group session that takes place every week, from which the clock lays out sessions ahead.

    Local times of `timezone`, on `weekday` (0 is Monday), from `valid_from_on` to `valid_to_on`
    (both included, empty means without end). `weeks_ahead` says how far ahead sessions are laid
    out. Days on which the resource is off are skipped. What was laid out already stays when it
    is no longer active.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="session_templates")
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="session_templates"
    )
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at_time = models.TimeField()
    ends_at_time = models.TimeField()
    timezone = models.CharField(max_length=64)
    capacity = _capacity()
    price_amount = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    valid_from_on = models.DateField(null=True, blank=True)
    valid_to_on = models.DateField(null=True, blank=True)
    weeks_ahead = models.PositiveSmallIntegerField(
        default=8, db_default=8, validators=[MinValueValidator(1), MaxValueValidator(52)]
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        ordering = ["service", "weekday", "starts_at_time", "id"]
        constraints = [
            models.CheckConstraint(
                name="session_template_ends_after_it_starts",
                condition=Q(ends_at_time__gt=F("starts_at_time")),
                violation_error_message=_("A session must end after it starts, on the same day."),
            ),
            models.CheckConstraint(
                name="session_template_days_are_in_order",
                condition=Q(valid_from_on=None)
                | Q(valid_to_on=None)
                | Q(valid_to_on__gte=F("valid_from_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                name="session_template_weekday_is_known", condition=Q(weekday__lte=6)
            ),
            models.CheckConstraint(
                name="session_template_has_places", condition=Q(capacity__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"session template {self.pk}"


class GroupSession(TenantModel):
    """A session of a course that many customers join; each place is a Booking.

    Time:    it keeps all lanes of its resource busy by allocations of its own, so nobody can book
             the resource beside it. Its bookings have none, and follow its time and resource.
    Places:  `taken` are booked, `held` are offered to somebody on the waitlist. Both are counted
             with the change that they count; together they never exceed `capacity`, and a trigger
             refuses a commit in which they differ from the rows.
    Version: rises by one with every change of time, resource, capacity, price or status.
    Origin:  of a weekly one `template` and `on`, the local date for which it was laid out.
    """

    class Status(models.TextChoices):
        """Read, never written: it follows from the places, the clock and `cancelled_at`."""

        OPEN = "OPEN", pgettext_lazy("a group session", "Open")
        FULL = "FULL", _("Full")
        CANCELLED = "CANCELLED", _("Cancelled")
        COMPLETED = "COMPLETED", _("Over")

    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="group_sessions", db_index=False
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="group_sessions", db_index=False
    )
    template = models.ForeignKey(
        GroupSessionTemplate,
        on_delete=models.PROTECT,
        null=True,
        related_name="sessions",
        db_index=False,
    )
    on = models.DateField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    timezone = models.CharField(max_length=64)
    capacity = _capacity()
    taken = models.PositiveSmallIntegerField(default=0, db_default=0)
    held = models.PositiveSmallIntegerField(default=0, db_default=0)
    price_amount = models.DecimalField(max_digits=12, decimal_places=2)
    price_currency = models.CharField(max_length=3)
    cancelled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="session_is_not_overbooked",
                condition=Q(taken__gte=0)
                & Q(held__gte=0)
                & Q(capacity__gte=F("taken") + F("held")),
                violation_error_code="SESSION_FULL",
                violation_error_message=_("This session is full."),
            ),
            models.CheckConstraint(name="session_has_places", condition=Q(capacity__gte=1)),
            models.CheckConstraint(
                name="session_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("A session must end after it starts."),
            ),
            models.CheckConstraint(
                name="session_of_a_template_has_a_date",
                condition=Q(template=None, on=None) | Q(template__isnull=False, on__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["template", "on"],
                condition=Q(template__isnull=False),
                name="session_laid_out_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "starts_at", "id"], name="session_list"),
            models.Index(fields=["service", "starts_at", "id"], name="session_by_service"),
            models.Index(fields=["resource", "starts_at"], name="session_by_resource"),
        ]

    def __str__(self) -> str:
        return f"group session {self.pk}"

    def status_at(self, now: datetime) -> "GroupSession.Status":
        if self.cancelled_at is not None:
            return self.Status.CANCELLED
        if self.ends_at <= now:
            return self.Status.COMPLETED
        return self.Status.OPEN if self.places_left else self.Status.FULL

    @property
    def status(self) -> "GroupSession.Status":
        return self.status_at(timezone.now())

    @property
    def is_on(self) -> bool:
        """Tell whether it has begun and is not over: nobody can join it any more."""
        return self.cancelled_at is None and self.starts_at <= timezone.now() < self.ends_at

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def places_left(self) -> int:
        left: int = self.capacity - self.taken - self.held
        return left
