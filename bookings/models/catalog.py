from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models.rules import BookingRules
from core.models import TenantModel
from core.models.organization import validate_timezone


def _limit() -> models.PositiveSmallIntegerField:
    """How many bookings may begin in a day, week or month; empty means any number."""
    return models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )


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

    Whoever takes time on it locks its row first; so does whoever changes its hours. One that
    `is_always_open` (a table, a projector) has no hours of its own and is free whenever those
    are who are booked with it; its time off counts. Public holidays are those of its country
    and region, else of the organization's. `feed_generation` is odd while its calendar has a
    private address; it only rises, so that an address which was replaced or revoked stays dead.
    """

    type = models.ForeignKey(ResourceType, on_delete=models.PROTECT, related_name="resources")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="resources",
    )
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, validators=[validate_timezone])
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    is_always_open = models.BooleanField(default=False, db_default=False)
    observes_holidays = models.BooleanField(default=True, db_default=True)
    holiday_country = models.CharField(max_length=2, blank=True, default="", db_default="")
    holiday_region = models.CharField(max_length=8, blank=True, default="", db_default="")
    bio = models.TextField(blank=True, max_length=2_000, default="", db_default="")
    qualification = models.CharField(max_length=500, blank=True, default="", db_default="")
    feed_generation = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="resource_of_a_user_is_one",
                violation_error_message=_("This person is another member of staff already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """One place at a resource; a resource for three at once has three lanes.

    One that is no longer wanted is not active: it takes no further booking and keeps its
    history. An extra one is never active: staff put there, knowingly, what is one too many. The
    key is a bigint because the exclusion constraint on Allocation indexes it.
    """

    id = models.BigAutoField(primary_key=True)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="lanes")
    number = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True, db_default=True)
    is_extra = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["resource", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "is_extra", "number"], name="lane_number_is_unique"
            ),
            models.CheckConstraint(
                name="lane_extra_is_never_active",
                condition=Q(is_extra=False) | Q(is_active=False),
            ),
        ]

    def __str__(self) -> str:
        return f"lane {self.number}"


class Service(BookingRules):
    """Something that a customer can book, by its rules.

    One with a `code` is a course: it has products and group sessions, and is asked for neither
    company nor inquiry.

    Limits:  how many open or kept appointments may begin in a day, week (Monday first) or month
             of the organization's zone, for the service as a whole and per customer.
    Fee:     after the deadline to cancel they may do so alone only where `late_fee_amount` says
             what that costs; it is noted on the booking.
    Who:     see Assignment, Requirement and ServiceResource.
    Asks:    `asks_questions` says that there are active questions, so that a booking of a
             service without any reads none; `services.questions` keeps it true.
    """

    class LocationKind(models.TextChoices):
        ADDRESS = "ADDRESS", _("At an address")
        PHONE = "PHONE", _("On the telephone")
        VIDEO = "VIDEO", _("By video")
        CUSTOMER = "CUSTOMER", _("Where the customer says")

    class Assignment(models.TextChoices):
        """Who gets a booking that names nobody."""

        FAIR = "FAIR", _("Whoever has been booked least")
        PRIORITY = "PRIORITY", _("The first in the list who is free")
        CUSTOMER = "CUSTOMER", _("The customer has to choose")
        COLLECTIVE = "COLLECTIVE", _("All of them together")

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    code = models.CharField(max_length=40, blank=True)
    description = models.TextField(blank=True, max_length=10_000)
    limit_per_day = _limit()
    limit_per_week = _limit()
    limit_per_month = _limit()
    customer_limit_per_day = _limit()
    customer_limit_per_week = _limit()
    customer_limit_per_month = _limit()
    late_fee_amount = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    price_amount = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    location_kind = models.CharField(
        max_length=16,
        choices=LocationKind,
        default=LocationKind.ADDRESS,
        db_default=LocationKind.ADDRESS,
    )
    location = models.CharField(max_length=500, blank=True)
    assignment = models.CharField(
        max_length=16, choices=Assignment, default=Assignment.FAIR, db_default=Assignment.FAIR
    )
    fairness_days = models.PositiveSmallIntegerField(
        default=28, db_default=28, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    asks_questions = models.BooleanField(default=False, db_default=False, editable=False)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Booked when a request names no service.")
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    resources: models.ManyToManyField = models.ManyToManyField(
        Resource, related_name="services", blank=True, through="ServiceResource"
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
                fields=["organization", "code"],
                condition=~Q(code=""),
                name="service_code_is_unique",
                violation_error_message=_("Another course has this code already."),
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
            models.CheckConstraint(
                name="service_assignment_is_known",
                condition=Q(assignment__in=["FAIR", "PRIORITY", "CUSTOMER", "COLLECTIVE"]),
            ),
            models.CheckConstraint(
                name="service_location_kind_is_known",
                condition=Q(location_kind__in=["ADDRESS", "PHONE", "VIDEO", "CUSTOMER"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_course(self) -> bool:
        return bool(self.code)


class ServiceResource(models.Model):
    """One resource that can do a service. The lowest `priority` goes first; `weight` is its
    share of the work (2 gets twice what 1 gets).
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="offered_by")
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="offers")
    priority = models.PositiveSmallIntegerField(default=0, db_default=0)
    weight = models.PositiveSmallIntegerField(
        default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    class Meta:
        ordering = ["service", "priority", "resource"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "resource"], name="service_resource_is_unique"
            ),
            models.CheckConstraint(name="service_resource_has_weight", condition=Q(weight__gte=1)),
        ]

    def __str__(self) -> str:
        return f"service resource {self.pk}"


class Requirement(models.Model):
    """A service takes `quantity` resources of `type` at once, among those that can do it.

    Without any, it takes one of those, of whatever type. The first by `position` is who the
    booking is with; it is the one that a customer may choose.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="requirements")
    type = models.ForeignKey(ResourceType, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField(
        default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    position = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["service", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "type"],
                name="requirement_type_is_unique",
                violation_error_message=_("This service asks for that type already."),
            ),
            models.CheckConstraint(name="requirement_asks_for_some", condition=Q(quantity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"requirement {self.pk}"


class Question(models.Model):
    """Something that a service asks whoever books. `key` is stable for programs.

    CHOICE takes one of `options`, CHOICES any of them; YES_NO is a box to tick, and required
    means that it has to be ticked. One that is no longer asked is not active.
    """

    class Kind(models.TextChoices):
        TEXT = "TEXT", _("One line")
        LONG_TEXT = "LONG_TEXT", _("Several lines")
        NUMBER = "NUMBER", _("A number")
        DATE = "DATE", _("A date")
        CHOICE = "CHOICE", _("One of several")
        CHOICES = "CHOICES", _("Any of several")
        YES_NO = "YES_NO", _("A box to tick")

    WITH_OPTIONS = (Kind.CHOICE, Kind.CHOICES)

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=300)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TEXT)
    options = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    is_required = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True, db_default=True)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["service", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "key"],
                name="question_key_is_unique",
                violation_error_message=_("Another question has this key already."),
            ),
            models.CheckConstraint(
                name="question_has_its_options",
                condition=Q(kind__in=["CHOICE", "CHOICES"], options__len__gt=0)
                | (~Q(kind__in=["CHOICE", "CHOICES"]) & Q(options=[])),
                violation_error_message=_("A question with a choice needs something to choose."),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Photo(models.Model):
    """A resource's picture, made small when it was uploaded. In the database, so that it is
    there on every machine and in every backup.
    """

    resource = models.OneToOneField(Resource, on_delete=models.CASCADE, related_name="photo")
    content = models.BinaryField(max_length=200_000)
    content_type = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"photo {self.pk}"
