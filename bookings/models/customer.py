from django.db import models
from django.utils.translation import gettext_lazy as _

from core.blind_index import blind_index, normalise_email
from core.fields import EncryptedCharField, EncryptedEmailField
from core.models import TenantModel


class Customer(TenantModel):
    """Somebody who books: one per organization and e-mail address.

    A booking keeps its own copy of what was typed; this row changes only with the scope
    for it. `email_index` is what the address is found by.
    """

    name = EncryptedCharField(max_length=200)
    company = EncryptedCharField(max_length=200, blank=True, default="")
    email = EncryptedEmailField(max_length=254)
    phone = EncryptedCharField(max_length=32, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=16, blank=True)
    email_index = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email_index"],
                name="customer_email_is_unique",
                violation_error_message=_("A customer with this address is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"customer {self.pk}"

    @staticmethod
    def index_of_email(email: str) -> bytes:
        return blind_index(normalise_email(email), purpose="customer.email")
