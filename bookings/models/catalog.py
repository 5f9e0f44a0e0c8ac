from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import TenantModel
from core.models.organization import validate_timezone


def default_durations() -> list[int]:
    return [15, 30, 45, 60]


class ResourceType(TenantModel):
    """What a resource is: staff member, room, kennel, equipment. `key` is stable for programs."""

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                name="resource_type_key_is_unique",
                violation_error_message=_("Another type of resource has this key already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Resource(TenantModel):
    """Somebody or something that a booking keeps busy. `timezone` is where its hours are meant.

    Whoever takes time on it locks its row first; so does whoever changes its hours.
    """

    type = models.ForeignKey(ResourceType, on_delete=models.PROTECT, related_name="resources")
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, validators=[validate_timezone])
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """One place at a resource; a resource for three at once has three lanes.

    One that is no longer wanted is not active: it takes no further booking and keeps its
    history. The key is a bigint because the exclusion constraint on Allocation indexes it.
    """

    id = models.BigAutoField(primary_key=True)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="lanes")
    number = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["resource", "number"]
        constraints = [
            models.UniqueConstraint(fields=["resource", "number"], name="lane_number_is_unique")
        ]

    def __str__(self) -> str:
        return f"lane {self.number}"


class Service(TenantModel):
    """Something that a customer can book. All lengths are minutes unless the name says days.

    `durations` ascend and the first is what is taken when nobody says. Buffers belong to the
    business: they keep the resource busy and are never shown as part of the appointment.
    """

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    code = models.CharField(max_length=40, blank=True)
    description = models.TextField(blank=True, max_length=10_000)
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
        default=120, validators=[MaxValueValidator(365 * 24 * 60)]
    )
    horizon_days = models.PositiveSmallIntegerField(
        default=180, validators=[MinValueValidator(1), MaxValueValidator(3 * 365)]
    )
    needs_approval = models.BooleanField(
        default=True, help_text=_("New bookings wait for staff to confirm them.")
    )
    company_required = models.BooleanField(default=True)
    inquiry_required = models.BooleanField(default=True)
    price_amount = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    location = models.CharField(max_length=500, blank=True)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Booked when a request names no service.")
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    resources: models.ManyToManyField = models.ManyToManyField(
        Resource, related_name="services", blank=True
    )

    class Meta:
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="service_slug_is_unique",
                violation_error_message=_("Another service has this slug already."),
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(is_default=True),
                name="service_default_is_one",
                violation_error_message=_("Another service is the default already."),
            ),
            models.CheckConstraint(
                name="service_has_a_duration",
                condition=Q(durations__len__gt=0),
                violation_error_message=_("A service needs at least one duration."),
            ),
            models.CheckConstraint(
                name="service_step_is_positive",
                condition=Q(slot_step_minutes__gt=0),
                violation_error_message=_("The step between times must be longer than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
