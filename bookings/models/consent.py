from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.customer import Customer
from core.models import TenantModel


class ConsentText(TenantModel):
    """What customers agree to, in one wording: never changed, only followed by a newer version.

    `key` says what it is about (`privacy`, `newsletter`); the latest version that is published is
    the one that is asked for. Where `is_required`, nobody books on the booking page without it.
    """

    key = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=20_000)
    is_required = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key", "version"],
                name="consent_version_is_unique",
                violation_error_message=_("This version exists already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class Consent(TenantModel):
    """Somebody agreed to one version of a text, and perhaps took it back."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="given")
    source = models.CharField(max_length=16)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "text"],
                condition=models.Q(withdrawn_at=None),
                name="consent_is_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"
