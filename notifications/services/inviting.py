"""What a mail puts into its reader's calendar, or takes out of it (RFC 5546)."""

from __future__ import annotations

from django.db.models import Q
from django.utils import translation

from bookings.calendars.ical import Method, Reader, invitation, publication
from bookings.models import Booking
from bookings.selectors.manage import manage_url
from notifications.models import Delivery
from notifications.selectors.booking import booking_for_mail
from notifications.selectors.subject import Subject
from notifications.services.message import Message
from notifications.services.messages import message_of
from notifications.services.rendering import console_url, language_of
from notifications.services.wording import zone_of_reader
from notifications.transports import Invitation


def invitation_for(delivery: Delivery, booking: Subject) -> Invitation | None:
    """Return what `delivery` carries for the reader's calendar; None when that is nothing.

    Only what is confirmed goes into a calendar, so a request brings nothing. Only who was sent
    an invitation, at this address, is told to take it out: a program that never heard of an
    event shows its cancellation as a riddle. What is told of a series brings all of it, each
    appointment as it is now.
    """
    message = message_of(delivery)
    wanted = message.invitation
    if wanted is None or not isinstance(booking, Booking):
        return None
    if booking.group_session_id is not None and delivery.audience == Delivery.Audience.STAFF:
        return None  # the session stands in their calendar once, not each of its places
    is_kept = wanted == Delivery.Invitation.REQUEST
    if is_kept and booking.status != Booking.Status.CONFIRMED:
        return None
    if not is_kept and not _was_invited(delivery, booking):
        return None
    if _tells_series(delivery):
        return _all_of_it(message, booking)
    return one_invitation(message, booking, address=delivery.address)


def one_invitation(message: Message, booking: Booking, *, address: str) -> Invitation | None:
    """Write what `message` asks of the calendar of `address`; None when it asks nothing."""
    if message.invitation is None:
        return None
    method = Method(message.invitation)
    reader = _reader_of(message, booking)
    name = "" if reader.is_staff else booking.name
    with translation.override(language_of(message, booking)):
        file = invitation(booking, method, reader, name=name, address=address)
    return Invitation(method=str(method), file=file)


def _all_of_it(message: Message, booking: Booking) -> Invitation:
    """Write all of a series that is what its first one is: confirmed, or cancelled."""
    reader = _reader_of(message, booking)
    rows = booking_for_mail().filter(series=booking.series_id, status=booking.status)
    if reader.is_staff:
        rows = rows.filter(resource=booking.resource_id)
    with translation.override(language_of(message, booking)):
        file = publication(rows, reader, url_of=console_url if reader.is_staff else manage_url)
    return Invitation(method=str(Method.PUBLISH), file=file)


def _reader_of(message: Message, booking: Booking) -> Reader:
    is_staff = message.audience == Delivery.Audience.STAFF
    return Reader(
        zone=zone_of_reader(message.audience, booking),
        is_staff=is_staff,
        url=console_url(booking) if is_staff else manage_url(booking),
    )


def _tells_series(delivery: Delivery) -> bool:
    return delivery.event.name.startswith("series.")


def _was_invited(delivery: Delivery, booking: Booking) -> bool:
    """Say whether this address has an earlier mail's REQUEST. Addresses are encrypted: no WHERE."""
    about_it = Q(booking=booking.pk)
    if booking.series_id is not None:
        same_series = Q(booking__series=booking.series_id)
        about_it |= same_series & Q(event__name__startswith="series.")
    invited = Delivery.objects.filter(
        about_it, audience=delivery.audience, invitation=Delivery.Invitation.REQUEST
    )
    theirs = delivery.address.casefold()
    return any(row.address.casefold() == theirs for row in invited.only("address"))
