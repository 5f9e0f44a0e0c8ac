from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.base import TenantModel


class ApiKey(TenantModel):
    """A program's way in. We keep a digest; the key itself is shown once, when it is made.

    Written `sk_<prefix>_<secret>` or `pk_<prefix>_<secret>`. The secret is 256 random bits,
    so a plain SHA-256 is enough: there is nothing to guess, and no slow password hash on
    every request. A publishable key with `origins` is good for those websites alone. Without
    `requests_per_minute` the installation's limit counts. One that `replaces` another leaves that
    one good until its own `expires_at`.
    """

    class Kind(models.TextChoices):
        SECRET = "secret", _("Secret: for servers")
        PUBLISHABLE = "publishable", _("Publishable: may sit in a browser")

    class State(models.TextChoices):
        GOOD = "GOOD", _("Good")
        EXPIRED = "EXPIRED", _("Expired")
        REVOKED = "REVOKED", _("Revoked")

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind)
    prefix = models.CharField(max_length=24, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    origins = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", editable=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="api_key_kind_is_known",
                condition=Q(kind__in=["secret", "publishable"]),
                violation_error_message=_("Choose secret or publishable."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def state(self, now: datetime) -> State:
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return self.State.EXPIRED
        return self.State.GOOD
