"""What the clock does for bookings."""

from celery import shared_task

from bookings.services import booking, hold


@shared_task
def lapse_holds() -> None:
    """Release the holds whose time is over."""
    while hold.lapse_holds() == hold.LAPSED_BATCH:
        pass


@shared_task
def lapse_requests() -> None:
    """Cancel the requests that nobody answered in time."""
    while booking.lapse_requests() == booking.LAPSED_BATCH:
        pass
