"""What reminders a booking has."""

from django.db.models import Q, QuerySet

from bookings.models import Booking
from notifications.models import Reminder


def reminders_of(booking: Booking) -> QuerySet[Reminder]:
    """Return the reminders of a booking with their rules, the first due first.

    Those of a start that it no longer has, and that nobody heard of, are left out.
    """
    rows = (
        Reminder.objects.for_organization(booking.organization_id)
        .filter(booking=booking)
        .select_related("rule")
    )
    return rows.exclude(~Q(starts_at=booking.starts_at), status=Reminder.Status.DROPPED).order_by(
        "due_at", "id"
    )


def is_first_of_its_session(booking: Booking) -> bool:
    """Say whether nobody who has a place in the session that `booking` is of took it earlier.

    Their reminders are due at the same moment, and one of them reminds the business.
    """
    others = Booking.objects.for_organization(booking.organization_id).filter(
        group_session=booking.group_session_id, status=Booking.Status.CONFIRMED
    )
    return not others.filter(pk__lt=booking.pk).exists()
