from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.catalog import Service
from core.models import TenantModel


class Product(TenantModel):
    """Something that a course sells, at a price in the organization's currency; one of each kind.

    INDIVIDUAL_SESSION is what a single session costs; it is paid each time and is no bundle.
    The other kinds are bought as bundles of `sessions` credits that are valid for `valid_days`;
    what is empty has to be said when one is sold. FULL_SEMESTER_BUNDLE pays individual sessions
    throughout, MIDTERM_FINAL_BUNDLE those in the course's exam periods, and GROUP_SESSION_PASS
    places in group sessions.
    """

    class Kind(models.TextChoices):
        INDIVIDUAL_SESSION = "INDIVIDUAL_SESSION", _("Single session")
        FULL_SEMESTER_BUNDLE = "FULL_SEMESTER_BUNDLE", _("Bundle for the whole semester")
        MIDTERM_FINAL_BUNDLE = "MIDTERM_FINAL_BUNDLE", _("Bundle for midterms and finals")
        GROUP_SESSION_PASS = "GROUP_SESSION_PASS", _("Pass for group sessions")

    BUNDLES = (Kind.FULL_SEMESTER_BUNDLE, Kind.MIDTERM_FINAL_BUNDLE, Kind.GROUP_SESSION_PASS)

    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="products", db_index=False
    )
    kind = models.CharField(max_length=24, choices=Kind)
    name = models.CharField(max_length=200)
    price_amount = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    sessions = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    valid_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        ordering = ["service", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"],
                name="product_kind_is_unique",
                violation_error_message=_("This course has a product of this kind already."),
            ),
            models.CheckConstraint(
                name="product_kind_is_known",
                condition=Q(
                    kind__in=[
                        "INDIVIDUAL_SESSION",
                        "FULL_SEMESTER_BUNDLE",
                        "MIDTERM_FINAL_BUNDLE",
                        "GROUP_SESSION_PASS",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="product_price_is_not_negative",
                condition=Q(price_amount__gte=0),
                violation_error_message=_("A price cannot be negative."),
            ),
            models.CheckConstraint(
                name="product_of_one_session_is_no_bundle",
                condition=~Q(kind="INDIVIDUAL_SESSION") | Q(sessions=None, valid_days=None),
                violation_error_message=_("A single session has no number of sessions or days."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExamPeriod(models.Model):
    """Local days, both included, in which a bundle for midterms and finals pays for a course.

    For a course without any, such a bundle pays as long as it is valid.
    """

    class Kind(models.TextChoices):
        MIDTERM = "MIDTERM", _("Midterms")
        FINAL = "FINAL", _("Finals")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="exam_periods")
    kind = models.CharField(max_length=8, choices=Kind)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["service", "starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="exam_period_ends_after_it_starts",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A period must end after it starts."),
            ),
            models.CheckConstraint(
                name="exam_period_kind_is_known", condition=Q(kind__in=["MIDTERM", "FINAL"])
            ),
        ]

    def __str__(self) -> str:
        return f"exam period {self.pk}"
