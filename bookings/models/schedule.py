from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.catalog import Resource
from core.fields import EncryptedCharField
from core.models import TenantModel


class Schedule(TenantModel):
    """When a resource works: weekly hours in the resource's own zone.

    Valid from `valid_from_on` to `valid_to_on`, both included; empty means without end.
    Whoever changes a schedule locks its resource first, as whoever takes time does.
    """

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="schedules")
    valid_from_on = models.DateField(null=True, blank=True)
    valid_to_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["resource", "valid_from_on"]
        constraints = [
            models.CheckConstraint(
                name="schedule_ends_after_it_begins",
                condition=Q(valid_from_on=None)
                | Q(valid_to_on=None)
                | Q(valid_to_on__gte=F("valid_from_on")),
                violation_error_message=_("A schedule must end after it begins."),
            )
        ]

    def __str__(self) -> str:
        return f"schedule {self.pk}"


class WeeklyHours(models.Model):
    """One stretch of a weekday, in local time. Closing at 00:00 means the end of the day.

    A break is a stretch in which it is closed although other hours say that it is open.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday, validators=[MaxValueValidator(6)])
    opens = models.TimeField()
    closes = models.TimeField()
    is_break = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "weekly hours"
        constraints = [
            models.CheckConstraint(
                name="weekly_hours_close_after_they_open",
                condition=Q(closes__gt=F("opens")) | Q(closes="00:00"),
                violation_error_message=_("Closing comes after opening."),
            ),
            models.CheckConstraint(
                name="weekly_hours_weekday_is_known",
                condition=Q(weekday__lte=6),
                violation_error_message=_("Choose a day of the week."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"


class DateOverride(TenantModel):
    """The hours of one date, in place of the weekly ones; also on a public holiday.

    One row per stretch, several for one date; a row without times says that it is closed.
    Without a resource it is for everybody who has no override of their own on that date.
    """

    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, null=True, blank=True, related_name="date_overrides"
    )
    on = models.DateField()
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["on", "opens", "id"]
        constraints = [
            models.CheckConstraint(
                name="date_override_closes_after_it_opens",
                condition=Q(opens=None, closes=None)
                | Q(opens__isnull=False, closes__gt=F("opens"))
                | Q(opens__isnull=False, closes="00:00"),
                violation_error_message=_("Closing comes after opening."),
            ),
            models.UniqueConstraint(
                fields=["organization", "resource", "on", "opens"],
                name="date_override_is_unique",
                nulls_distinct=False,
                violation_error_message=_("This date has these hours already."),
            ),
        ]
        indexes = [models.Index(fields=["organization", "on"], name="date_override_list")]

    def __str__(self) -> str:
        return f"date override {self.pk}"


class TimeOff(TenantModel):
    """When a resource is not there, in its own local time; without a resource, nobody is.

    From `starts_on` at `starts_at_time` (empty: midnight) to `ends_on` at `ends_at_time`
    (empty: the end of that day). `recurrence` is an RFC 5545 rule such as
    `FREQ=WEEKLY;BYDAY=FR`, by which all of it happens again; it always has an end (COUNT or
    UNTIL), and `last_on` is the last day that any of it touches.
    """

    class Kind(models.TextChoices):
        VACATION = "VACATION", _("Vacation")
        SICK = "SICK", _("Sick")
        TRAINING = "TRAINING", _("Training")
        OTHER = "OTHER", _("Other")

    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, null=True, blank=True, related_name="time_off"
    )
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.VACATION)
    starts_on = models.DateField()
    starts_at_time = models.TimeField(null=True, blank=True)
    ends_on = models.DateField()
    ends_at_time = models.TimeField(null=True, blank=True)
    recurrence = models.CharField(max_length=300, blank=True)
    last_on = models.DateField(editable=False)
    reason = EncryptedCharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name_plural = "time off"
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="time_off_ends_after_it_starts",
                condition=Q(ends_on__gt=F("starts_on"))
                | Q(ends_on=F("starts_on"), ends_at_time=None)
                | Q(ends_on=F("starts_on"), starts_at_time=None)
                | Q(ends_on=F("starts_on"), ends_at_time__gt=F("starts_at_time")),
                violation_error_message=_("Time off must end after it starts."),
            ),
            models.CheckConstraint(
                name="time_off_ends_at_last", condition=Q(last_on__gte=F("ends_on"))
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "last_on"], name="time_off_not_over"),
        ]

    def __str__(self) -> str:
        return f"time off {self.pk}"
