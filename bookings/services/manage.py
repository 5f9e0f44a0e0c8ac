"""Revoking the links by which customers reach their booking."""

from bookings.models import Booking
from bookings.services.status import check_version, locked
from core import events
from core.access import Caller
from core.db import in_one_transaction


@in_one_transaction
def renew_manage_link(
    booking: Booking, *, caller: Caller, expected_version: int | None = None
) -> Booking:
    """Make every link that was sent so far invalid; the next message carries a new one.

    The version rises, so that a message that is being written is written anew. Raises
    StaleVersion.
    """
    booking = locked(booking)
    check_version(booking, expected_version)
    booking.manage_generation += 1
    booking.version += 1
    booking.save(update_fields=["manage_generation", "version", "updated_at"])
    events.record(
        "booking.link_renewed",
        booking,
        caller=caller,
        generation=booking.manage_generation,
        version=booking.version,
    )
    return booking
