from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.access import LIMITABLE, Role
from core.fields import EncryptedCharField
from core.models.base import BaseModel, TenantModel


def limit_is_complete(name: str) -> models.CheckConstraint:
    """Whoever is limited has resources of their own, and a role that can be limited."""
    limited = models.Q(
        ~models.Q(own_resource_ids=[]),
        only_own_resources=True,
        role__in=sorted(role.value for role in LIMITABLE),
    )
    return models.CheckConstraint(
        name=name,
        condition=limited | models.Q(only_own_resources=False, own_resource_ids=[]),
        violation_error_message=_("Choose at least one resource."),
    )


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """Someone who signs in: staff of one or more organizations, told apart by e-mail.

    A superuser is the administrator of the installation. The second factor counts from
    `otp_confirmed_at` on; `otp_last_step` is the last time step (RFC 6238) whose code was taken,
    so that none is good twice.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("may open the console"), default=True)
    otp_secret = EncryptedCharField(max_length=64, blank=True, default="")
    otp_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    otp_last_step = models.BigIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_is_unique",
                violation_error_message=_("Somebody already signs in with this address."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Membership(TenantModel):
    """A user's role in an organization. What a role may do: `core.access.SCOPES_OF_ROLE`.

    `grants` are scopes on top of the role's (`core.access.GRANTS`). With `only_own_resources` they
    see and change what belongs to `own_resource_ids` alone (`core.own_resources`); a trigger sees
    that these are the organization's.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(r.value, r.value.title()) for r in Role])
    grants = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    only_own_resources = models.BooleanField(default=False, db_default=False)
    own_resource_ids = ArrayField(models.UUIDField(), default=list, db_default=[], blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="membership_is_unique",
                violation_error_message=_("This person is a member already."),
            ),
            models.CheckConstraint(
                name="membership_role_is_known",
                condition=models.Q(role__in=[role.value for role in Role]),
                violation_error_message=_("Choose one of the roles."),
            ),
            limit_is_complete("membership_limit_is_complete"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"
