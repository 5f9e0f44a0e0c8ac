from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.blind_index import blind_index, normalise_email, normalise_phone, prefix_indexes
from core.fields import EncryptedCharField, EncryptedEmailField
from core.models import TenantModel


class Customer(TenantModel):
    """Somebody who books: one per organization and e-mail address.

    A booking keeps its own copy of what was typed; this row changes only with the scope
    for it. The `*_index` columns are what they are found by. `feed_generation` is odd while their
    calendar has a private address; it only rises, so that an old address stays dead. Of somebody
    who was erased nothing is left but that there was somebody.
    """

    # Without an index of its own: the list's begins with the same column.
    organization = models.ForeignKey(
        "core.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    name = EncryptedCharField(max_length=200)
    company = EncryptedCharField(max_length=200, blank=True, default="")
    email = EncryptedEmailField(max_length=254)
    phone = EncryptedCharField(max_length=32, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=16, blank=True)
    email_index = models.BinaryField(max_length=32)
    phone_index = models.BinaryField(max_length=32, null=True)
    name_index = ArrayField(models.BigIntegerField(), default=list)
    feed_generation = models.PositiveSmallIntegerField(default=0, db_default=0)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email_index"],
                name="customer_email_is_unique",
                violation_error_message=_("A customer with this address is known already."),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "created_at", "id"], name="customer_list"),
            models.Index(
                fields=["organization", "phone_index"],
                name="customer_by_phone",
                condition=Q(phone_index__isnull=False),
            ),
            GinIndex(fields=["name_index"], name="customer_by_name"),
        ]

    def __str__(self) -> str:
        return f"customer {self.pk}"

    def index_the_person(self) -> None:
        """Bring the blind indexes in line with the encrypted columns. Does not save."""
        self.email_index = self.index_of_email(self.email)
        self.phone_index = self.index_of_phone(self.phone) if self.phone else None
        self.name_index = prefix_indexes(self.name)

    @staticmethod
    def index_of_email(email: str) -> bytes:
        return blind_index(normalise_email(email), purpose="customer.email")

    @staticmethod
    def index_of_phone(phone: str) -> bytes:
        return blind_index(normalise_phone(phone), purpose="customer.phone")


class CustomerLink(TenantModel):
    """A link by which a customer sees everything of their own: it opens once, before `expires_at`.

    It was opened at `used_at`; from then on whoever opened it is let in until `ends_at`, unless
    it is `revoked_at` before that. The link is an HMAC of the row's id: nothing of it is stored.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="links")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="customer_link_ends_if_used",
                condition=Q(used_at=None, ends_at=None)
                | Q(used_at__isnull=False, ends_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"customer link {self.pk}"

    def can_be_opened_at(self, now: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and now < self.expires_at

    def lets_in_at(self, now: datetime) -> bool:
        """Say whether whoever opened it may still look."""
        return self.ends_at is not None and now < self.ends_at and self.revoked_at is None
