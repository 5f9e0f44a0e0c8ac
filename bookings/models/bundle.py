from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings.models.catalog import Service
from bookings.models.customer import Customer
from bookings.models.product import Product
from core.models import TenantModel


class BundlePurchase(TenantModel):
    """Sessions of one course that a customer has paid for in advance.

    Credits: `remaining_sessions` of `total_sessions` are left. Both only change together with an
             entry of the ledger (CreditEntry), of which `entries` is the count; a trigger refuses
             a commit in which the balance and the latest entry differ.
    Valid:   pays for what begins from `valid_from_at` to before `valid_to_at`. What is left then
             expires.
    Price:   what it cost, in the currency of then.
    Latest:  of one product a customer has one bundle that `is_latest`; it is followed by another
             once it is used up or over.
    """

    class Coverage(models.TextChoices):
        FULL_SEMESTER = "FULL_SEMESTER", _("The whole semester")
        MIDTERM_FINAL_ONLY = "MIDTERM_FINAL_ONLY", _("Midterms and finals only")

    class Status(models.TextChoices):
        """Read, never written: it follows from the balance and the clock."""

        ACTIVE = "ACTIVE", _("Active")
        USED_UP = "USED_UP", _("Used up")
        EXPIRED = "EXPIRED", _("Expired")

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="bundles", db_index=False
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="bundles", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="bundles")
    coverage = models.CharField(max_length=20, choices=Coverage)
    total_sessions = models.PositiveSmallIntegerField()
    remaining_sessions = models.PositiveSmallIntegerField()
    entries = models.PositiveIntegerField(default=1, db_default=1)
    valid_from_at = models.DateTimeField()
    valid_to_at = models.DateTimeField()
    price_amount = models.DecimalField(max_digits=12, decimal_places=2)
    price_currency = models.CharField(max_length=3)
    is_latest = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"],
                name="bundle_latest_is_one",
                condition=Q(is_latest=True),
                violation_error_code="DUPLICATE_PURCHASE",
                violation_error_message=_("This customer has an active bundle of this product."),
            ),
            models.CheckConstraint(
                name="bundle_has_what_it_promises",
                condition=Q(remaining_sessions__gte=0)
                & Q(remaining_sessions__lte=F("total_sessions")),
                violation_error_message=_("A bundle has no more sessions left than it had."),
            ),
            models.CheckConstraint(
                name="bundle_ends_after_it_starts",
                condition=Q(valid_to_at__gt=F("valid_from_at")),
                violation_error_message=_("A bundle must end after it starts."),
            ),
            models.CheckConstraint(
                name="bundle_coverage_is_known",
                condition=Q(coverage__in=["FULL_SEMESTER", "MIDTERM_FINAL_ONLY"]),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "service", "id"], name="bundle_by_customer"),
            models.Index(fields=["service", "id"], name="bundle_by_service"),
            models.Index(fields=["organization", "id"], name="bundle_list"),
            models.Index(
                fields=["valid_to_at"],
                name="bundle_expires",
                condition=Q(remaining_sessions__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"bundle {self.pk}"

    def status_at(self, now: datetime) -> "BundlePurchase.Status":
        if self.valid_to_at <= now:
            return self.Status.EXPIRED
        return self.Status.ACTIVE if self.remaining_sessions else self.Status.USED_UP

    @property
    def status(self) -> "BundlePurchase.Status":
        return self.status_at(timezone.now())

    @property
    def pays_for(self) -> str:
        """Return what it pays, in words."""
        is_pass = self.product.kind == Product.Kind.GROUP_SESSION_PASS
        what = gettext("places in group sessions") if is_pass else gettext("individual sessions")
        if self.coverage == self.Coverage.MIDTERM_FINAL_ONLY:
            return gettext("%(what)s in midterms and finals") % {"what": what}
        return what
