"""Booking on somebody's behalf."""

from uuid import UUID

from bookings.models import Booking
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.status import confirm_booking
from core.access import Caller
from core.db import in_one_transaction


@in_one_transaction
def book_at_the_desk(
    request: BookingRequest,
    *,
    caller: Caller,
    booking_id: UUID,
    confirm: bool,
    on_grid: bool = True,
) -> Booking:
    """Book as `create_booking` does and, with `confirm`, turn it into a promise at once.

    Both are one transaction, so the customer is not told that a request waits which has been
    answered already. Raises what `create_booking` raises.
    """
    booking = create_booking(request, caller=caller, booking_id=booking_id, on_grid=on_grid)
    if confirm and booking.status == Booking.Status.PENDING:
        return confirm_booking(booking, caller=caller)
    return booking
