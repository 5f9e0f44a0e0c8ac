"""What there is to see after a fault: one booking with all that belongs to it, or nothing."""

import pytest

from bookings.models import Allocation, Booking, Customer
from core.models import Event, IdempotentRequest, Outbox
from tests.core.log_lines import Lines

WITH_AND_WITHOUT_KEY = pytest.mark.parametrize(
    "headers", [{}, {"Idempotency-Key": "one"}], ids=["without a key", "with a key"]
)


def repeated(lines: Lines) -> list[str]:
    """The sqlstates for which something was done again; empty for a lost connection."""
    return [each["context"]["sqlstate"] for each in lines.of("core.db")]


def one_booking() -> Booking:
    """Return the booking, of which there is exactly one, with all that belongs to it."""
    booking = Booking.objects.get()
    assert Allocation.objects.get().booking_id == booking.pk
    event = Event.objects.get(name="booking.created")
    assert event.subject_id == booking.pk
    assert Outbox.objects.filter(event=event).count() == 1
    assert Customer.objects.get().pk == booking.customer_id
    return booking


def nothing_was_booked() -> bool:
    return not (
        Booking.objects.exists()
        or Allocation.objects.exists()
        or Customer.objects.exists()
        or Event.objects.filter(name__startswith="booking.").exists()
        or IdempotentRequest.objects.exists()
    )
