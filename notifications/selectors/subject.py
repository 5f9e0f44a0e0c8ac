"""What a message is about: one of a few kinds of row, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from bookings.models import (
    Booking,
    BundlePurchase,
    Customer,
    CustomerLink,
    GroupSession,
    WaitlistEntry,
)
from core.models import Invitation, PasswordReset
from notifications.models import Delivery
from notifications.selectors.booking import FreshBookings, booking_for_mail

Subject = (
    Booking
    | WaitlistEntry
    | GroupSession
    | BundlePurchase
    | CustomerLink
    | Invitation
    | PasswordReset
)

# By the column of Delivery that says it: the rows, with all that a message may say of one.
READ: dict[str, Callable[[], Any]] = {
    "booking": booking_for_mail,
    "waitlist_entry": lambda: WaitlistEntry.objects.select_related(
        "service", "resource", "customer", "organization", "hold__resource", "group_session"
    ),
    "group_session": lambda: GroupSession.objects.select_related(
        "service", "resource", "organization"
    ),
    "bundle": lambda: BundlePurchase.objects.select_related(
        "product", "service", "customer", "organization"
    ),
    "customer_link": lambda: CustomerLink.objects.select_related("customer", "organization"),
    "member_invitation": lambda: Invitation.objects.select_related("invited_by", "organization"),
    "password_reset": lambda: PasswordReset.objects.select_related("user", "organization"),
}
COLUMNS: dict[type[Subject], str] = {
    Booking: "booking",
    WaitlistEntry: "waitlist_entry",
    GroupSession: "group_session",
    BundlePurchase: "bundle",
    CustomerLink: "customer_link",
    Invitation: "member_invitation",
    PasswordReset: "password_reset",
}


def read_subject(column: str, row_id: UUID) -> Subject:
    """Return the row that `column` of a delivery names, as it is now."""
    found: Subject = READ[column]().get(pk=row_id)
    return found


def subject_of(delivery: Delivery) -> Subject:
    """Return what `delivery` is about as it is now, with all that a message may say of it."""
    return read_subject(*delivery.about)


def column_of(subject: Subject) -> str:
    """Return the column of Delivery that names what is like `subject`."""
    return COLUMNS[type(subject)]


def version_of(subject: Subject) -> int:
    """Return what a later change of `subject` raises; 1 where nothing does."""
    if isinstance(subject, WaitlistEntry):
        return subject.offers
    if isinstance(subject, Invitation):
        return subject.generation
    return subject.version if isinstance(subject, Booking | GroupSession) else 1


def person_of(subject: Subject) -> Booking | WaitlistEntry | Customer | None:
    """Return what has the name, e-mail and phone of whom `subject` is for; None: of many."""
    if isinstance(subject, Booking | WaitlistEntry):
        return subject
    return customer_of(subject)


def customer_of(subject: Subject) -> Customer | None:
    if isinstance(subject, GroupSession | Invitation | PasswordReset):
        return None
    return subject.customer


class FreshSubjects:
    """What the deliveries of a batch are about, each as it is right before it is told.

    Bookings are read together and again when they changed. Everything else is rare, and read
    when its turn comes.
    """

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        ids = {delivery.booking_id for delivery in deliveries}
        self._bookings = FreshBookings(booking_id for booking_id in ids if booking_id)

    def have_seen(self, seen: tuple[UUID, int] | None) -> None:
        """Take over the version of the next booking, see FreshBookings."""
        self._bookings.have_seen(seen)

    def get(self, delivery: Delivery) -> Subject:
        if delivery.booking_id is not None:
            return self._bookings.get(delivery.booking_id)
        return subject_of(delivery)
