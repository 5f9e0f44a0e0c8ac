from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.base import BaseModel


def validate_timezone(name: str) -> None:
    """Refuse what is not an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not an IANA time zone."), params={"name": name})


class Organization(BaseModel):
    """A business that takes bookings: the tenant that every other row belongs to.

    `timezone` is where its opening hours and its days are meant. `admin_email` is told
    about new bookings; when it is empty the installation's ADMIN_EMAIL is.
    """

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    locale = models.CharField(max_length=16, default="en")
    currency = models.CharField(
        max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")]
    )
    accent_color = models.CharField(
        max_length=7,
        default="#0f766e",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a color like #0f766e."))],
    )
    contact_email = models.EmailField(blank=True)
    admin_email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
