"""By which rules something is booked: of a service, and of every service that is new."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import TenantModel

YEAR_MINUTES = 365 * 24 * 60


def default_durations() -> list[int]:
    return [15, 30, 45, 60]


class BookingRules(TenantModel):
    """All lengths are minutes unless the name says days.

    `durations` ascend and the first is what is taken when nobody says. Buffers belong to the
    business: they keep the resource busy and are never shown as part of the appointment.

    Answer:  a request that nobody answers gives its time back after `answer_within_minutes`,
             at the latest when it would begin; empty means that it waits for ever.
    Policy:  what a customer may still do alone, counted back from the start. Staff are not
             bound by it.
    """

    durations = ArrayField(
        models.PositiveSmallIntegerField(
            validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
        ),
        default=default_durations,
        help_text=_("Minutes, separated by commas. The first is the default."),
    )
    slot_step_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(24 * 60)]
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(24 * 60)]
    )
    minimum_notice_minutes = models.PositiveIntegerField(
        default=120, validators=[MaxValueValidator(YEAR_MINUTES)]
    )
    horizon_days = models.PositiveSmallIntegerField(
        default=180, validators=[MinValueValidator(1), MaxValueValidator(3 * 365)]
    )
    needs_approval = models.BooleanField(
        default=True, help_text=_("New bookings wait for staff to confirm them.")
    )
    answer_within_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(YEAR_MINUTES)],
    )
    cancel_notice_minutes = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(YEAR_MINUTES)]
    )
    reschedule_notice_minutes = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(YEAR_MINUTES)]
    )
    most_reschedules = models.PositiveSmallIntegerField(null=True, blank=True)
    company_required = models.BooleanField(default=True)
    inquiry_required = models.BooleanField(default=True)

    class Meta:
        abstract = True


PLAIN_RULES = (
    "durations",
    "slot_step_minutes",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "minimum_notice_minutes",
    "horizon_days",
    "needs_approval",
    "answer_within_minutes",
    "company_required",
    "inquiry_required",
)
NOTICE_RULES = ("cancel_notice_minutes", "reschedule_notice_minutes", "most_reschedules")
RULES = PLAIN_RULES + NOTICE_RULES


class BookingDefaults(BookingRules):
    """What a new service of an organization starts with. Services that are there keep theirs.

    An organization without a row has the product's own defaults.
    """

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], name="booking_defaults_of_an_organization_are_one"
            ),
            models.CheckConstraint(
                name="booking_defaults_have_a_duration",
                condition=Q(durations__len__gt=0),
                violation_error_message=_("A service needs at least one duration."),
            ),
            models.CheckConstraint(
                name="booking_defaults_step_is_positive",
                condition=Q(slot_step_minutes__gt=0),
                violation_error_message=_("The step between times must be longer than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return f"booking defaults {self.pk}"
