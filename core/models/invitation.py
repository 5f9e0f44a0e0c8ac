from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.access import Role
from core.models.base import TenantModel
from core.models.user import User, limit_is_complete


class Invitation(TenantModel):
    """A colleague is asked to work here, in a role, by a link that is sent to `email`.

    The link is an HMAC of the row's id and `generation`: sending it again makes the older one
    invalid. It opens until `expires_at`, once, unless it is `revoked_at` first. `grants` and what
    they are limited to become the membership's.
    """

    email = models.EmailField()
    role = models.CharField(max_length=16, choices=[(r.value, r.value.title()) for r in Role])
    grants = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    only_own_resources = models.BooleanField(default=False, db_default=False)
    own_resource_ids = ArrayField(models.UUIDField(), default=list, db_default=[], blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    generation = models.PositiveSmallIntegerField(default=1, db_default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_is_one_at_a_time",
                violation_error_message=_("This person is invited already."),
            ),
            models.CheckConstraint(
                name="invitation_role_is_known",
                condition=Q(role__in=[role.value for role in Role]),
                violation_error_message=_("Choose one of the roles."),
            ),
            limit_is_complete("invitation_limit_is_complete"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
