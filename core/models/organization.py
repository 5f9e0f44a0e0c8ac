import re
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.base import BaseModel

# It stands in the header that says who may show a page in a frame, so nothing else may pass.
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?")


LOGO_WIDTH, LOGO_HEIGHT = 160, 48  # CSS pixels within which it is shown


def validate_timezone(name: str) -> None:
    """Refuse what is not an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not an IANA time zone."), params={"name": name})


def validate_origin(text: str) -> None:
    """Refuse what is not a website's origin: scheme, host and perhaps a port, nothing more."""
    found = ORIGIN.fullmatch(text)
    is_local = found is not None and found["host"] in ("localhost", "127.0.0.1")
    if found is None or (found["scheme"] == "http" and not is_local):
        raise ValidationError(_("Write an origin like https://www.example.com."))


class Organization(BaseModel):
    """A business that takes bookings: the tenant that every other row belongs to.

    `timezone` is where its opening hours and its days are meant. `admin_email` is told
    about new bookings; when it is empty the installation's ADMIN_EMAIL is. `holiday_country`
    (ISO 3166-1, two letters) and `holiday_region` (the part after the hyphen in ISO 3166-2) say
    whose public holidays are observed; empty means none. `has_page` puts it on the web for
    everybody, and the `embed_origins` may show that page in a frame. `requires_second_factor`
    of everybody who signs in here.

    Retention: who has not booked for `customer_retention_months` is erased, and what messages
    said after `message_retention_days`; empty means never.
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
    # Of the picture in Logo, all empty without one: shown 48 pixels high, and kept larger.
    logo_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    logo_width = models.PositiveSmallIntegerField(default=0, db_default=0)
    logo_height = models.PositiveSmallIntegerField(default=0, db_default=0)
    contact_email = models.EmailField(blank=True)
    admin_email = models.EmailField(blank=True)
    holiday_country = models.CharField(max_length=2, blank=True, default="", db_default="")
    holiday_region = models.CharField(max_length=8, blank=True, default="", db_default="")
    has_page = models.BooleanField(default=True, db_default=True)
    embed_origins = ArrayField(
        models.CharField(max_length=200, validators=[validate_origin]), default=list, blank=True
    )
    requires_second_factor = models.BooleanField(default=False, db_default=False)
    customer_retention_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    message_retention_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def logo_path(self) -> str:
        """The path of the logo, another one for another picture; empty without one."""
        return f"/logos/{self.pk}?v={self.logo_digest[:12]}" if self.logo_digest else ""

    @property
    def logo_url(self) -> str:
        return f"{settings.PUBLIC_BASE_URL}{self.logo_path}" if self.logo_digest else ""

    @property
    def logo_size(self) -> tuple[int, int]:
        """Width and height in CSS pixels at which the logo is shown."""
        width, height = self.logo_width, self.logo_height
        scale = min(1.0, LOGO_WIDTH / max(width, 1), LOGO_HEIGHT / max(height, 1))
        return max(1, round(width * scale)), max(1, round(height * scale))
