from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.catalog import Resource, Service
from bookings.models.customer import Customer
from bookings.models.group_session import GroupSession
from bookings.models.hold import Hold
from core.fields import EncryptedCharField, EncryptedEmailField, EncryptedTextField
from core.models import TenantModel


class WaitlistEntry(TenantModel):
    """Somebody who would take a start from `from_at` to before `to_at`, should one come free.

    Status:  WAITING → OFFERED (a hold keeps a time for them until it lapses) → ACCEPTED (it
             became `booking`), EXPIRED (not answered; the next in line is asked) or CANCELLED
             (they left). One whose window is over is EXPIRED too.
    Line:    by age; `position` on the wire is a count.
    Session: of a `group_session` it is a place there that they wait for; the window, length and
             resource are those of the session.
    Link:    the accept link names `offers`, which rises with each offer.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        OFFERED = "OFFERED", _("Offered a time")
        ACCEPTED = "ACCEPTED", _("Booked")
        EXPIRED = "EXPIRED", _("Expired")
        CANCELLED = "CANCELLED", _("Left")

    OPEN = (Status.WAITING, Status.OFFERED)

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="waitlist")
    group_session = models.ForeignKey(
        GroupSession, on_delete=models.PROTECT, null=True, related_name="waitlist", db_index=False
    )
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    timezone = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    name = EncryptedCharField(max_length=200)
    company = EncryptedCharField(max_length=200, blank=True, default="")
    email = EncryptedEmailField(max_length=254)
    phone = EncryptedCharField(max_length=32, blank=True, default="")
    inquiry = EncryptedTextField(max_length=10_000, blank=True, default="")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="+")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, null=True, related_name="+")
    offers = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "waitlist entries"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="waitlist_window_ends_after_it_starts",
                condition=Q(to_at__gt=F("from_at")),
                violation_error_message=_("The window must end after it starts."),
            ),
            models.CheckConstraint(
                name="waitlist_status_is_known",
                condition=Q(status__in=["WAITING", "OFFERED", "ACCEPTED", "EXPIRED", "CANCELLED"]),
            ),
            models.CheckConstraint(
                name="waitlist_offer_has_a_hold",
                condition=~Q(status="OFFERED") | Q(hold__isnull=False),
            ),
            models.CheckConstraint(
                name="waitlist_accepted_has_a_booking",
                condition=~Q(status="ACCEPTED") | Q(booking__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["service", "id"],
                name="waitlist_line",
                condition=Q(status="WAITING", group_session=None),
            ),
            models.Index(
                fields=["group_session", "id"],
                name="waitlist_line_of_a_session",
                condition=Q(status="WAITING", group_session__isnull=False),
            ),
            models.Index(fields=["hold"], name="waitlist_by_hold", condition=Q(status="OFFERED")),
            models.Index(fields=["organization", "created_at", "id"], name="waitlist_list"),
            models.Index(fields=["to_at"], name="waitlist_over", condition=Q(status="WAITING")),
        ]

    def __str__(self) -> str:
        return f"waitlist entry {self.pk}"
