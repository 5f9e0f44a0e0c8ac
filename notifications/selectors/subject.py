"""What a message is about: a booking, or somebody's place on a waitlist."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from bookings.models import Booking, WaitlistEntry
from notifications.models import Delivery
from notifications.selectors.booking import FreshBookings, booking_for_mail

Subject = Booking | WaitlistEntry


def subject_of(delivery: Delivery) -> Subject:
    """Return what `delivery` is about as it is now, with all that a message may say of it."""
    if delivery.booking_id is not None:
        return booking_for_mail().get(pk=delivery.booking_id)
    return _entry_of(delivery)


def entry_for_mail(entry_id: UUID) -> WaitlistEntry:
    related = ("service", "resource", "customer", "organization", "hold__resource")
    return WaitlistEntry.objects.select_related(*related).get(pk=entry_id)


class FreshSubjects:
    """What the deliveries of a batch are about, each as it is right before it is told.

    Bookings are read together and again when they changed. Entries are few and have no version
    to compare, so each is read when its turn comes.
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
        return _entry_of(delivery)


def _entry_of(delivery: Delivery) -> WaitlistEntry:
    if delivery.waitlist_entry_id is None:
        raise ValueError("a delivery is about a booking or about a waitlist entry")
    return entry_for_mail(delivery.waitlist_entry_id)
