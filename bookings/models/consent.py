from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.customer import Customer
from core.languages import first_spoken
from core.models import TenantModel


class ConsentText(TenantModel):
    """One version of what customers are asked to agree to, e.g. `privacy`, numbered from 1.

    A change is a new version, and a trigger refuses every other: what somebody agreed to can be
    read for ever. The latest version of a key counts; where that one is not asked, nobody is
    asked any more. `texts` has the words by language. Without a required one nobody books alone.
    """

    key = models.SlugField(max_length=40, db_index=False)
    version = models.PositiveIntegerField()
    texts = models.JSONField(default=dict)
    is_required = models.BooleanField(default=False)
    is_asked = models.BooleanField(default=True)
    updated_at = None  # type: ignore[assignment]

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key", "version"], name="consent_version_is_unique"
            ),
            models.CheckConstraint(
                name="consent_versions_begin_with_one", condition=Q(version__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    def text_in(self, *languages: str) -> str:
        """Return the words in the first of `languages` that there are; else in any."""
        spoken: dict[str, str] = self.texts
        asked = [first_spoken(language) for language in languages if language]
        found = [code for code in [*asked, *dict(settings.LANGUAGES)] if code in spoken]
        return spoken[found[0]] if found else next(iter(spoken.values()), "")


class ConsentEntry(TenantModel):
    """That a customer agreed to a text, or took it back: the latest about a key counts.

    Rows are only added, a trigger sees to it. Of somebody who was erased they say what anybody
    agreed to, and no longer who.
    """

    class Kind(models.TextChoices):
        GIVEN = "GIVEN", _("Agreed")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    class Door(models.TextChoices):
        API = "API", "API"
        PAGE = "PAGE", _("Booking page")
        WAITLIST = "WAITLIST", _("Waitlist")
        OWN_PAGE = "OWN_PAGE", _("Their own page")
        STAFF = "STAFF", _("Staff")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    text: Any = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind)
    door = models.CharField(max_length=8, choices=Door)
    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, null=True, related_name="consents", db_index=False
    )
    updated_at = None  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "consent entries"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="consent_kind_is_known", condition=Q(kind__in=["GIVEN", "WITHDRAWN"])
            )
        ]

    def __str__(self) -> str:
        return f"consent entry {self.pk}"
