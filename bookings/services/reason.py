"""Why somebody changed a booking."""

from bookings.models import Booking, ChangeReason
from core.db import require_transaction


def note_reason(booking: Booking, reason: str) -> None:
    """Keep the words for the change that made `booking.version`; nothing where there are none."""
    require_transaction()
    if text := reason.strip():
        ChangeReason.objects.create(booking=booking, version=booking.version, text=text)
