import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings.errors import IllegalTransition
from bookings.models.bundle import BundlePurchase
from bookings.models.catalog import Resource, Service
from bookings.models.customer import Customer
from bookings.models.group_session import GroupSession
from bookings.models.series import Series
from core.blind_index import blind_index, normalise_email, normalise_phone, prefix_indexes
from core.fields import (
    EncryptedCharField,
    EncryptedEmailField,
    EncryptedJSONField,
    EncryptedTextField,
)
from core.models import TenantModel

# Without vowels and without what sounds or looks alike: read out on the telephone, no words.
REFERENCE_LETTERS = "23456789BCDFGHJKMNPQRTVWXYZ"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    """Return a fresh reference, e.g. `K7PM-4XQ2`: 38 random bits, unique in an organization."""
    text = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(REFERENCE_LENGTH))
    return f"{text[:4]}-{text[4:]}"


def in_words(answer: Any) -> str:
    """Return one answer to a question as a person reads it."""
    if isinstance(answer, bool):
        return gettext("Yes") if answer else gettext("No")
    if isinstance(answer, list):
        return ", ".join(answer)
    return str(answer)


class Booking(TenantModel):
    """One customer's appointment, or one customer's place in a group session.

    Time:    `starts_at` and `ends_at` are what the customer sees, without buffers. What it
             keeps busy is in its allocations.
    Status:  see TRANSITIONS; only `bookings.services.status` changes it, and a trigger
             refuses what the table does not allow.
    Version: rises by one with every change of status, time, resource or details.
    People:  name, company, email, phone, inquiry, notes, answers, location and reason are
             encrypted; the `*_index` columns are what they are found by.
    Answers: a list of {"key", "label", "answer"}, as they were asked when it was booked.
    Who:     `resource` is who it is with; its allocations say everything that it keeps busy.
             `assignment` says how an automatic choice was made, None where somebody chose.
    Request: nobody's answer until `lapses_at` cancels a PENDING booking.
    Session: of a `group_session` it is the place with number `seat`; it has no allocation, and
             its time and resource are the session's.
    Bundle:  which prepaid one paid for it; its ledger says whether the credit was returned.
    Links:   the manage link names `manage_generation`; a new generation revokes older links.
    Fee:     what a late cancellation costs the customer, noted when it happened.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Pending")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        COMPLETED = "COMPLETED", _("Completed")
        NO_SHOW = "NO_SHOW", _("No-show")
        CANCELLED = "CANCELLED", _("Cancelled")

    TRANSITIONS = {
        Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
        Status.CONFIRMED: frozenset({Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}),
        Status.COMPLETED: frozenset(),
        Status.NO_SHOW: frozenset(),
        Status.CANCELLED: frozenset(),
    }
    OPEN = (Status.PENDING, Status.CONFIRMED)

    class Source(models.TextChoices):
        API = "API", "API"
        STAFF = "STAFF", _("Staff")
        PAGE = "PAGE", _("Booking page")
        WAITLIST = "WAITLIST", _("Waitlist")

    reference = models.CharField(max_length=12, default=new_reference, editable=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="bookings")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="bookings")
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    timezone = models.CharField(max_length=64)

    name = EncryptedCharField(max_length=200)
    company = EncryptedCharField(max_length=200, blank=True, default="")
    email = EncryptedEmailField(max_length=254)
    phone = EncryptedCharField(max_length=32, blank=True, default="")
    inquiry = EncryptedTextField(max_length=10_000, blank=True, default="")
    notes = EncryptedTextField(max_length=10_000, blank=True, default="")
    cancel_reason = EncryptedTextField(max_length=2_000, blank=True, default="")
    answers = EncryptedJSONField(null=True)
    location_kind = models.CharField(
        max_length=16, choices=Service.LocationKind, default=Service.LocationKind.ADDRESS
    )
    location = EncryptedCharField(max_length=500, blank=True, default="")
    email_index = models.BinaryField(max_length=32)
    phone_index = models.BinaryField(max_length=32, null=True)
    name_index = ArrayField(models.BigIntegerField(), default=list)

    price_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    price_currency = models.CharField(max_length=3, blank=True)
    fee_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    source = models.CharField(max_length=16, choices=Source, default=Source.API)
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, null=True, related_name="bookings", db_index=False
    )
    series_position = models.PositiveSmallIntegerField(null=True)
    group_session = models.ForeignKey(
        GroupSession, on_delete=models.PROTECT, null=True, related_name="bookings", db_index=False
    )
    seat = models.PositiveSmallIntegerField(null=True)
    bundle = models.ForeignKey(
        BundlePurchase, on_delete=models.PROTECT, null=True, related_name="bookings", db_index=False
    )
    assignment = models.JSONField(null=True)
    is_overbooked = models.BooleanField(default=False, db_default=False)
    lapses_at = models.DateTimeField(null=True)
    reschedules = models.PositiveSmallIntegerField(default=0, db_default=0)
    manage_generation = models.PositiveSmallIntegerField(default=1, db_default=1)
    confirmation_sent = models.BooleanField(default=False, db_default=False)
    reminder_sent = models.BooleanField(default=False, db_default=False)
    cancelled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="booking_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_code="ends_before_start",
                violation_error_message=_("A booking must end after it starts."),
            ),
            models.CheckConstraint(
                name="booking_status_is_known",
                condition=Q(
                    status__in=["PENDING", "CONFIRMED", "COMPLETED", "NO_SHOW", "CANCELLED"]
                ),
            ),
            models.CheckConstraint(
                name="booking_cancelled_at_matches_status",
                condition=Q(status="CANCELLED", cancelled_at__isnull=False)
                | (~Q(status="CANCELLED") & Q(cancelled_at=None)),
                violation_error_message=_("A cancelled booking knows when it was cancelled."),
            ),
            models.UniqueConstraint(
                fields=["organization", "reference"], name="booking_reference_is_unique"
            ),
            models.UniqueConstraint(
                fields=["series", "series_position"],
                name="booking_series_position_is_unique",
                condition=Q(series__isnull=False),
            ),
            models.CheckConstraint(
                name="booking_of_a_series_has_a_position",
                condition=Q(series=None, series_position=None)
                | Q(series__isnull=False, series_position__isnull=False),
            ),
            models.CheckConstraint(
                name="booking_of_a_session_has_a_seat",
                condition=Q(group_session=None, seat=None)
                | Q(group_session__isnull=False, seat__gte=1),
            ),
            models.UniqueConstraint(
                fields=["group_session", "customer"],
                name="booking_in_a_session_once",
                condition=Q(group_session__isnull=False) & ~Q(status="CANCELLED"),
                violation_error_code="ALREADY_JOINED",
                violation_error_message=_("This customer has a place in this session already."),
            ),
            models.UniqueConstraint(
                fields=["group_session", "seat"],
                name="booking_seat_is_taken_once",
                condition=Q(group_session__isnull=False) & ~Q(status="CANCELLED"),
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "starts_at", "id"], name="booking_list"),
            models.Index(
                fields=["organization", "status", "starts_at", "id"], name="booking_by_status"
            ),
            models.Index(fields=["service", "starts_at"], name="booking_by_service"),
            models.Index(fields=["resource", "starts_at"], name="booking_by_resource"),
            models.Index(fields=["organization", "email_index"], name="booking_by_email"),
            models.Index(
                fields=["organization", "phone_index"],
                name="booking_by_phone",
                condition=Q(phone_index__isnull=False),
            ),
            GinIndex(fields=["name_index"], name="booking_by_name"),
            models.Index(
                fields=["group_session", "id"],
                name="booking_by_session",
                condition=Q(group_session__isnull=False),
            ),
            models.Index(
                fields=["bundle", "id"],
                name="booking_by_bundle",
                condition=Q(bundle__isnull=False),
            ),
            models.Index(
                fields=["lapses_at"],
                name="booking_lapses",
                condition=Q(status="PENDING", lapses_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def move_to(self, status: "Booking.Status") -> None:
        """Set the next status, or raise IllegalTransition. The calling service saves."""
        if status not in self.TRANSITIONS[self.Status(self.status)]:
            raise IllegalTransition(status=self.status, wanted=status)
        self.status = status
        if status == self.Status.CANCELLED:
            self.cancelled_at = timezone.now()

    def index_the_person(self) -> None:
        """Bring the blind indexes in line with the encrypted columns. Does not save."""
        self.email_index = self.index_of_email(self.email)
        self.phone_index = self.index_of_phone(self.phone) if self.phone else None
        self.name_index = prefix_indexes(self.name)

    @property
    def minutes(self) -> int:
        """How long it takes, without buffers."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def where(self) -> str:
        """Where it takes place, in words; empty when nobody said. By telephone it is the number
        of the business, or the customer's when they are the one who is called.
        """
        if self.location_kind == Service.LocationKind.PHONE:
            number = self.location or self.phone
            return gettext("By telephone, %(number)s") % {"number": number}
        if self.location_kind == Service.LocationKind.VIDEO and not self.location:
            return str(Service.LocationKind.VIDEO.label)
        return self.location

    @property
    def where_link(self) -> str:
        """The address of a video call, if that is what `where` says; else empty."""
        is_link = self.location.startswith(("https://", "http://"))
        is_video = self.location_kind == Service.LocationKind.VIDEO
        return self.location if is_video and is_link else ""

    def told(self) -> list[tuple[str, str]]:
        """Return what the customer answered: each question with the answer in words."""
        return [(said["label"], in_words(said["answer"])) for said in self.answers or []]

    @staticmethod
    def index_of_email(email: str) -> bytes:
        return blind_index(normalise_email(email), purpose="booking.email")

    @staticmethod
    def index_of_phone(phone: str) -> bytes:
        return blind_index(normalise_phone(phone), purpose="booking.phone")


class ChangeReason(models.Model):
    """Why somebody changed a booking, in their words; the event of that version says the rest."""

    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, related_name="reasons", db_index=False
    )
    version = models.PositiveIntegerField()
    text = EncryptedTextField(max_length=2_000)

    class Meta:
        ordering = ["booking", "version"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "version"], name="change_reason_is_one")
        ]

    def __str__(self) -> str:
        return f"reason {self.pk}"
