import json
import zlib
from typing import Any, ClassVar, Self, TypedDict
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from bookings.models import (
    Booking,
    BundlePurchase,
    CustomerLink,
    GroupSession,
    WaitlistEntry,
)
from core.fields import EncryptedEmailField, EncryptedJSONField
from core.models import Event, PasswordReset, TenantModel, TenantQuerySet


class Content(TypedDict):
    """A message as it was written: what a person would have read."""

    subject: str
    text: str
    html: str


class ContentField(EncryptedJSONField):
    """A Content or None, compressed before it is encrypted: afterwards nothing can be."""

    def to_bytes(self, value: Any) -> bytes:
        return zlib.compress(json.dumps(value, ensure_ascii=False).encode(), level=1)

    def from_bytes(self, data: bytes) -> Any:
        return json.loads(zlib.decompress(data))


# What a message can be about: exactly one of these columns is set.
SUBJECTS = (
    "booking",
    "waitlist_entry",
    "group_session",
    "bundle",
    "customer_link",
    "member_invitation",
    "password_reset",
)


class HowMany(models.Func):
    """How many of some columns are set."""

    function = "NUM_NONNULLS"
    output_field = models.IntegerField()


class DeliveryQuerySet(TenantQuerySet["Delivery"]):
    def without_content(self) -> Self:
        """Leave what was written in the database: for lists, which do not show it."""
        return self.defer("content")


class Delivery(TenantModel):
    """One message about one thing, promised to one recipient by one event.

    What it is about is one of `SUBJECTS`.

    Status:     QUEUED → SENDING → SENT → DELIVERED or BOUNCED; or FAILED, when no try can help
                any more; or DROPPED, when it would no longer be true. Only services write it.
    not_before: the next try of what is QUEUED, and the lease of what is SENDING: a worker that
                dies gives its rows back by letting time pass.
    content:    what was sent, encrypted; empty until then. `address` is encrypted too.
    version:    the booking's version when the message was promised; of an entry, its offers;
                of a session, its own; of anything else 1.
    last_error: the other side's words, without anybody's address or name.
    invitation: what it asked the reader's calendar program to do, if anything (RFC 5546).
    """

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")

    class Audience(models.TextChoices):
        CUSTOMER = "CUSTOMER", _("Customer")
        STAFF = "STAFF", _("Member of staff")
        ADMIN = "ADMIN", _("Admin address")

    class Status(models.TextChoices):
        QUEUED = "QUEUED", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        SENT = "SENT", _("Sent")
        DELIVERED = "DELIVERED", _("Delivered")
        BOUNCED = "BOUNCED", _("Bounced")
        FAILED = "FAILED", _("Failed")
        DROPPED = "DROPPED", _("Not sent")

    class DropReason(models.TextChoices):
        CANCELLED = "CANCELLED", _("It was cancelled first.")
        STATUS_MOVED_ON = "STATUS_MOVED_ON", _("The booking's status changed first.")
        SUPERSEDED = "SUPERSEDED", _("A later change has a message of its own.")
        UNDONE = "UNDONE", _("The change was undone before anybody was told.")
        OVER = "OVER", _("It was over.")
        BEGUN = "BEGUN", _("The appointment had begun.")
        OFFER_OVER = "OFFER_OVER", _("The offer was over.")
        NOT_WAITING = "NOT_WAITING", _("They were no longer on the waitlist.")
        LINK_OVER = "LINK_OVER", _("The link was used, or its time was over.")
        ERASED = "ERASED", _("They were forgotten first.")

    class Invitation(models.TextChoices):
        REQUEST = "REQUEST", _("Keep this appointment")
        CANCEL = "CANCEL", _("Take it out again")

    OPEN = (Status.QUEUED, Status.SENDING)
    WENT_WRONG = (Status.FAILED, Status.BOUNCED)

    # A row is written three times within a second, and each time into every index: those that
    # Django makes for foreign keys are left out where another one begins with the same column.
    organization = models.ForeignKey(
        "core.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    waitlist_entry = models.ForeignKey(
        WaitlistEntry,
        on_delete=models.PROTECT,
        null=True,
        related_name="deliveries",
        db_index=False,
    )
    group_session = models.ForeignKey(
        GroupSession, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    bundle = models.ForeignKey(
        BundlePurchase, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    customer_link = models.ForeignKey(
        CustomerLink, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    member_invitation = models.ForeignKey(
        "core.Invitation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    password_reset = models.ForeignKey(
        PasswordReset, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField()
    channel = models.CharField(max_length=16, choices=Channel, default=Channel.EMAIL)
    message = models.CharField(max_length=40)
    audience = models.CharField(max_length=16, choices=Audience)
    address = EncryptedEmailField(max_length=254)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True)
    drop_reason = models.CharField(max_length=20, choices=DropReason, blank=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    provider_message_id = models.CharField(max_length=255, blank=True)
    content = ContentField(null=True)
    invitation = models.CharField(
        max_length=8, choices=Invitation, blank=True, default="", db_default=""
    )
    resend_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="resends", db_index=False
    )

    objects: ClassVar = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "channel", "message", "audience"],
                condition=Q(resend_of=None),
                name="delivery_once_per_event",
                violation_error_message=_("This message was promised already."),
            ),
            models.UniqueConstraint(
                fields=["resend_of"],
                condition=Q(status__in=["QUEUED", "SENDING"]),
                name="delivery_one_resend_at_a_time",
                violation_error_code="RESEND_ON_ITS_WAY",
                violation_error_message=_("This message is being sent again already."),
            ),
            models.CheckConstraint(
                name="delivery_status_is_known",
                condition=Q(
                    status__in=[
                        "QUEUED", "SENDING", "SENT", "DELIVERED", "BOUNCED", "FAILED", "DROPPED",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="delivery_is_about_one_thing",
                condition=Exact(HowMany(*SUBJECTS), 1),
            ),
            models.CheckConstraint(
                name="delivery_dropped_has_a_reason",
                condition=Q(status="DROPPED") & ~Q(drop_reason="")
                | ~Q(status="DROPPED") & Q(drop_reason=""),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["not_before"],
                name="delivery_due",
                condition=Q(status__in=["QUEUED", "SENDING"]),
            ),
            models.Index(
                fields=["booking", "audience", "event", "id"],
                name="delivery_in_order",
                condition=Q(status__in=["QUEUED", "SENDING"]),
            ),
            models.Index(fields=["booking", "id"], name="delivery_by_booking"),
            models.Index(
                fields=["waitlist_entry", "id"],
                name="delivery_by_entry",
                condition=Q(waitlist_entry__isnull=False),
            ),
            models.Index(
                fields=["group_session", "id"],
                name="delivery_by_group_session",
                condition=Q(group_session__isnull=False),
            ),
            models.Index(
                fields=["bundle", "id"],
                name="delivery_by_bundle",
                condition=Q(bundle__isnull=False),
            ),
            models.Index(
                fields=["customer_link", "id"],
                name="delivery_by_customer_link",
                condition=Q(customer_link__isnull=False),
            ),
            models.Index(
                fields=["member_invitation", "id"],
                name="delivery_by_member_invite",
                condition=Q(member_invitation__isnull=False),
            ),
            models.Index(
                fields=["password_reset", "id"],
                name="delivery_by_password_reset",
                condition=Q(password_reset__isnull=False),
            ),
            models.Index(fields=["organization", "id"], name="delivery_list"),
            models.Index(
                fields=["organization", "id"],
                name="delivery_went_wrong",
                condition=Q(status__in=["FAILED", "BOUNCED"]),
            ),
            models.Index(
                fields=["resend_of"],
                name="delivery_by_resend",
                condition=Q(resend_of__isnull=False),
            ),
            models.Index(
                fields=["provider_message_id"],
                name="delivery_by_provider",
                condition=~Q(provider_message_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.pk}"

    @property
    def about(self) -> tuple[str, UUID]:
        """Which of SUBJECTS it is about, and the id of that row."""
        (found,) = [
            (column, row_id)
            for column in SUBJECTS
            if (row_id := getattr(self, f"{column}_id")) is not None
        ]
        return found
