"""Is it still true? Asked right before a message leaves, of what it is about as it is then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.utils.dateparse import parse_datetime

from bookings.models import (
    Booking,
    BundlePurchase,
    CustomerLink,
    GroupSession,
    WaitlistEntry,
)
from core.models import Event, Invitation, PasswordReset
from notifications.models import Delivery
from notifications.selectors.subject import Subject
from notifications.services.message import Message
from notifications.services.messages import message_of

Reason = Delivery.DropReason
Session = GroupSession.Status
NEVER_TOLD = (Delivery.Status.DROPPED, Delivery.Status.FAILED)


@dataclass(frozen=True)
class Place:
    """When and with whom an appointment is."""

    starts_at: datetime
    ends_at: datetime
    resource_id: UUID


def place_of(booking: Booking | GroupSession) -> Place:
    return Place(booking.starts_at, booking.ends_at, booking.resource_id)


def why_not(delivery: Delivery, subject: Subject, *, now: datetime) -> Delivery.DropReason | None:
    """Say why `delivery` must not be sent about `subject` as it is; None when it is true."""
    return CHECKS[type(subject)](delivery, subject, now=now)


def _why_not_of_booking(
    delivery: Delivery, booking: Booking, *, now: datetime
) -> Delivery.DropReason | None:
    message = message_of(delivery)
    if booking.status not in message.true_while:
        return Reason.CANCELLED if booking.status == "CANCELLED" else Reason.STATUS_MOVED_ON
    if message.until is not None and booking.ends_at + message.until < now:
        return Reason.OVER
    if message.until_start and booking.starts_at <= now:
        return Reason.BEGUN
    if message.latest_only and booking.version > delivery.version and _has_successor(delivery):
        return Reason.SUPERSEDED
    if message.reads_event and _is_about_another_place(message, delivery.event, booking):
        return Reason.SUPERSEDED
    if message.to_previous:
        is_back = came_from(delivery.event).resource_id == booking.resource_id
        return Reason.UNDONE if is_back or _never_heard_of_it(delivery) else None
    if message.tells_event and delivery.event.name == "booking.rescheduled":
        return Reason.UNDONE if last_told(delivery) == place_of(booking) else None
    return None


def _why_not_of_entry(
    delivery: Delivery, entry: WaitlistEntry, *, now: datetime
) -> Delivery.DropReason | None:
    """Say what is no longer so: the offer that it makes, or that they wait at all."""
    message = message_of(delivery)
    if message.makes_offer:
        hold = entry.hold
        is_that_one = entry.offers == delivery.event.data["offer"]
        is_open = hold is not None and hold.ended_at is None and hold.expires_at > now
        if entry.status not in message.true_while or not is_that_one or not is_open:
            return Reason.OFFER_OVER
    return None if entry.status in message.true_while else Reason.NOT_WAITING


def _why_not_of_session(
    delivery: Delivery, session: GroupSession, *, now: datetime
) -> Delivery.DropReason | None:
    """Say whether it was cancelled, is over, moved on, or is somebody else's to read about."""
    message = message_of(delivery)
    if session.cancelled_at is not None and Session.CANCELLED not in message.true_while:
        return Reason.CANCELLED
    if message.until is not None and session.ends_at + message.until < now:
        return Reason.OVER
    if message.until_start and session.starts_at <= now:
        return Reason.BEGUN
    if message.latest_only and session.version > delivery.version and _has_successor(delivery):
        return Reason.SUPERSEDED
    if message.to_previous:
        is_back = came_from(delivery.event).resource_id == session.resource_id
        return Reason.UNDONE if is_back else None
    if _is_about_another_place(message, delivery.event, session):
        return Reason.SUPERSEDED
    if delivery.event.name == "group_session.rescheduled":
        return Reason.UNDONE if last_told(delivery) == place_of(session) else None
    return None


def _why_not_of_bundle(
    delivery: Delivery, bundle: BundlePurchase, *, now: datetime
) -> Delivery.DropReason | None:
    return None if bundle.status_at(now) in message_of(delivery).true_while else Reason.OVER


def _why_not_of_link(
    delivery: Delivery, link: CustomerLink, *, now: datetime
) -> Delivery.DropReason | None:
    return None if link.can_be_opened_at(now) else Reason.LINK_OVER


def _why_not_of_invitation(
    delivery: Delivery, invitation: Invitation, *, now: datetime
) -> Delivery.DropReason | None:
    """Say whether it was accepted, revoked or is too old, or was sent again since."""
    if delivery.version != invitation.generation:
        return Reason.SUPERSEDED
    is_over = invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now
    return Reason.LINK_OVER if is_over else None


def _why_not_of_password_reset(
    delivery: Delivery, reset: PasswordReset, *, now: datetime
) -> Delivery.DropReason | None:
    """Say whether a password was set since, or it is too old."""
    return Reason.LINK_OVER if reset.used_at or reset.expires_at <= now else None


CHECKS: dict[type[Subject], Callable[..., Delivery.DropReason | None]] = {
    Booking: _why_not_of_booking,
    WaitlistEntry: _why_not_of_entry,
    GroupSession: _why_not_of_session,
    BundlePurchase: _why_not_of_bundle,
    CustomerLink: _why_not_of_link,
    Invitation: _why_not_of_invitation,
    PasswordReset: _why_not_of_password_reset,
}


def last_told(delivery: Delivery) -> Place:
    """Return the place that the reader of a "new time" believes in, before reading it.

    That is where the booking moved away from; or, when earlier moves in a row were never
    told, where the first of those began.
    """
    moved = delivery.event
    column, row_id = delivery.about
    earlier = Delivery.objects.filter(
        **{column: row_id},
        audience=delivery.audience,
        message=delivery.message,
        event_id__lt=delivery.event_id,
    )
    rows = earlier.without_content().select_related("event").order_by("-event_id")
    theirs = [row for row in rows if _is_to_the_same(row, delivery)]
    for _, tries in groupby(theirs, key=attrgetter("event_id")):
        one, *again = tries
        if any(each.status not in NEVER_TOLD for each in (one, *again)):
            break
        moved = one.event
    return came_from(moved)


def came_from(moved: Event) -> Place:
    """Read from an event of rescheduling where the booking or session was before."""
    starts_at = parse_datetime(moved.data["from_starts_at"])
    ends_at = parse_datetime(moved.data["from_ends_at"])
    if starts_at is None or ends_at is None:
        raise ValueError("an event of rescheduling says when it was before")
    return Place(starts_at, ends_at, UUID(moved.data["from_resource_id"]))


def with_whom_at(event: Event, booking: Booking | GroupSession) -> UUID:
    """Return whose it was when `event` happened; as it is now where that says nothing."""
    with_whom = event.data.get("resource_id")
    return UUID(with_whom) if with_whom else booking.resource_id


def _is_about_another_place(
    message: Message, event: Event, booking: Booking | GroupSession
) -> bool:
    """Say whether a reminder is of another start, or staff read of what is somebody else's now."""
    if message.until_start and parse_datetime(event.data["starts_at"]) != booking.starts_at:
        return True
    theirs = message.audience == Delivery.Audience.STAFF and not message.to_previous
    return theirs and with_whom_at(event, booking) != booking.resource_id


def _never_heard_of_it(delivery: Delivery) -> bool:
    """Say whether all that was ever promised to this member of staff was left unsaid."""
    earlier = Delivery.objects.filter(
        booking=delivery.booking_id,
        audience=delivery.audience,
        event_id__lt=delivery.event_id,
    )
    theirs = [row for row in earlier.without_content() if _is_to_the_same(row, delivery)]
    return bool(theirs) and all(row.status in NEVER_TOLD for row in theirs)


def _is_to_the_same(one: Delivery, other: Delivery) -> bool:
    """Say whether two messages to one audience have one reader: a booking has one customer."""
    return one.audience != Delivery.Audience.STAFF or one.address == other.address


def _has_successor(delivery: Delivery) -> bool:
    """Say whether the same happened again later: that event has a message of its own."""
    return Event.objects.filter(
        subject_id=delivery.event.subject_id, id__gt=delivery.event_id, name=delivery.event.name
    ).exists()
