from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.catalog import Resource
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
    """One stretch of a weekday, in local time. Closing at 00:00 means the end of the day."""

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
