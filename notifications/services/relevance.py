"""Is it still true? Asked right before a message leaves, of the booking as it is then."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.utils.dateparse import parse_datetime

from bookings.models import Booking
from core.models import Event
from notifications.models import Delivery
from notifications.services.messages import message_of

Reason = Delivery.DropReason
NEVER_TOLD = (Delivery.Status.DROPPED, Delivery.Status.FAILED)


@dataclass(frozen=True)
class Place:
    """When and with whom an appointment is."""

    starts_at: datetime
    ends_at: datetime
    resource_id: UUID


def place_of(booking: Booking) -> Place:
    return Place(booking.starts_at, booking.ends_at, booking.resource_id)


def why_not(delivery: Delivery, booking: Booking, *, now: datetime) -> Delivery.DropReason | None:
    """Say why `delivery` must not be sent about `booking` as it is; None when it is true."""
    message = message_of(delivery)
    if booking.status not in message.true_while:
        return Reason.CANCELLED if booking.status == "CANCELLED" else Reason.STATUS_MOVED_ON
    if message.until is not None and booking.ends_at + message.until < now:
        return Reason.OVER
    if message.latest_only and booking.version > delivery.version and _has_successor(delivery):
        return Reason.SUPERSEDED
    if message.tells_event and delivery.event.name == "booking.rescheduled":
        return Reason.UNDONE if last_told(delivery) == place_of(booking) else None
    return None


def last_told(delivery: Delivery) -> Place:
    """Return the place that the reader of a "new time" believes in, before reading it.

    That is where the booking moved away from; or, when earlier moves in a row were never
    told, where the first of those began.
    """
    moved = delivery.event
    earlier = Delivery.objects.filter(
        booking_id=delivery.booking_id,
        audience=delivery.audience,
        message=delivery.message,
        event_id__lt=delivery.event_id,
    )
    rows = earlier.without_content().select_related("event").order_by("-event_id")
    for _, tries in groupby(rows, key=attrgetter("event_id")):
        one, *again = tries
        if any(each.status not in NEVER_TOLD for each in (one, *again)):
            break
        moved = one.event
    return came_from(moved)


def came_from(moved: Event) -> Place:
    """Read from a `booking.rescheduled` event where the booking was before."""
    starts_at = parse_datetime(moved.data["from_starts_at"])
    ends_at = parse_datetime(moved.data["from_ends_at"])
    if starts_at is None or ends_at is None:
        raise ValueError("booking.rescheduled says when it was before")
    return Place(starts_at, ends_at, UUID(moved.data["from_resource_id"]))


def _has_successor(delivery: Delivery) -> bool:
    """Say whether the same happened again later: that event has a message of its own."""
    return Event.objects.filter(
        subject_id=delivery.booking_id, id__gt=delivery.event_id, name=delivery.event.name
    ).exists()
