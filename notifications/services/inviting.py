"""What a mail puts into its reader's calendar, or takes out of it (RFC 5546)."""

from __future__ import annotations

from django.utils import translation

from bookings.calendars.ical import Method, Reader, invitation
from bookings.models import Booking
from bookings.selectors.manage import manage_url
from notifications.models import Delivery
from notifications.selectors.subject import Subject
from notifications.services.messages import message_of
from notifications.services.rendering import console_url, language_of
from notifications.services.wording import zone_of_reader
from notifications.transports import Invitation


def invitation_for(delivery: Delivery, booking: Subject) -> Invitation | None:
    """Return what `delivery` carries for the reader's calendar; None when that is nothing.

    Only what is confirmed goes into a calendar, so a request brings nothing. Only who was sent
    an invitation, at this address, is told to take it out: a program that never heard of an
    event shows its cancellation as a riddle.
    """
    message = message_of(delivery)
    wanted = message.invitation
    if wanted is None or not isinstance(booking, Booking):
        return None
    is_kept = wanted == Delivery.Invitation.REQUEST
    if is_kept and booking.status != Booking.Status.CONFIRMED:
        return None
    if not is_kept and not _was_invited(delivery):
        return None
    is_staff = message.audience == Delivery.Audience.STAFF
    reader = Reader(
        zone=zone_of_reader(message.audience, booking),
        is_staff=is_staff,
        url=console_url(booking) if is_staff else manage_url(booking),
    )
    with translation.override(language_of(message, booking)):
        file = invitation(
            booking,
            Method(wanted),
            reader,
            name="" if is_staff else booking.name,
            address=delivery.address,
        )
    return Invitation(method=str(wanted), file=file)


def _was_invited(delivery: Delivery) -> bool:
    """Say whether this address has an earlier mail's REQUEST. Addresses are encrypted: no WHERE."""
    invited = Delivery.objects.filter(
        booking=delivery.booking_id,
        audience=delivery.audience,
        invitation=Delivery.Invitation.REQUEST,
    )
    theirs = delivery.address.casefold()
    return any(row.address.casefold() == theirs for row in invited.only("address"))
