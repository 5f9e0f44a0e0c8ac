"""What reminders a booking has."""

from django.db.models import Q, QuerySet

from bookings.models import Booking
from notifications.models import Reminder


def reminders_of(booking: Booking) -> QuerySet[Reminder]:
    """Return the reminders of a booking with their rules, the first due first.

    Those of a start that it no longer has, and that nobody heard of, are left out.
    """
    rows = Reminder.objects.filter(booking=booking).select_related("rule")
    return rows.exclude(~Q(starts_at=booking.starts_at), status=Reminder.Status.DROPPED).order_by(
        "due_at", "id"
    )
