from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models.base import BaseModel, TenantModel
from core.models.user import User


class SignInSession(BaseModel):
    """One place where somebody is signed in, until `ends_at` or until it is `revoked_at`.

    API:      a family of refresh tokens; an access token names it, and dies with it.
    CONSOLE:  a session of the console, known by the digest of its key.
    `device` is what the browser calls itself. `network` is where it was used last.
    """

    class Kind(models.TextChoices):
        API = "API", _("App or website")
        CONSOLE = "CONSOLE", _("Console")

    class EndReason(models.TextChoices):
        SIGNED_OUT = "SIGNED_OUT", _("Signed out")
        REVOKED = "REVOKED", _("Signed out from elsewhere")
        PASSWORD = "PASSWORD", _("The password was changed")
        REUSED = "REUSED", _("A spent token was used again")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=8, choices=Kind)
    console_digest = models.BinaryField(max_length=32, null=True, unique=True)
    device = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=64, blank=True)
    has_second_factor = models.BooleanField(default=False, db_default=False)
    last_used_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)

    class Meta:
        ordering = ["-last_used_at"]
        constraints = [
            models.CheckConstraint(
                name="sign_in_of_the_console_has_its_key",
                condition=Q(kind="CONSOLE", console_digest__isnull=False)
                | Q(kind="API", console_digest=None),
            ),
            models.CheckConstraint(
                name="sign_in_says_why_it_ended",
                condition=Q(revoked_at=None, end_reason="")
                | Q(revoked_at__isnull=False) & ~Q(end_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class RefreshToken(models.Model):
    """Good for one new access token. Of each only a SHA-256 is kept: it is 256 random bits.

    What is spent stays until it would have expired: who shows it again gives away that it was
    copied, and the whole session ends.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(SignInSession, on_delete=models.CASCADE, related_name="tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(spent_at=None),
                name="refresh_token_is_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"refresh token {self.pk}"


class SignInGuard(models.Model):
    """How often a password was wrong lately, for an account or a network.

    `index` is an HMAC of either, whether or not such an account exists. Nobody is let in before
    `locked_until`; with each failure beyond the free ones it is later.
    """

    index = models.BinaryField(max_length=32, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["failed_at"], name="sign_in_guard_age")]

    def __str__(self) -> str:
        return f"sign-in guard {self.pk!r}"


class RecoveryCode(models.Model):
    """Lets somebody in once whose second factor is lost. Only a digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_is_unique")
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class PasswordReset(TenantModel):
    """A link by which somebody who forgot their password sets a new one, once, until `expires_at`.

    The link is an HMAC of the row's id: nothing of it is stored. `organization` is the one of
    theirs whose mail it is.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_resets")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"password reset {self.pk}"
