"""How a delivery ended, or when it is tried again: the only writer of its status after a claim.

Every change names the claim it belongs to (`attempts`): who lost the lease changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import uniform
from time import sleep
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef

from bookings.models import Booking
from core import events
from core.access import Caller
from core.observability.metrics import deliveries_total
from notifications.models import Content, Delivery, Reminder
from notifications.models.delivery import DeliveryQuerySet
from notifications.selectors.subject import Subject
from notifications.services.messages import CONFIRMATION, REMINDER
from notifications.services.scrubbing import scrubbed
from notifications.transports import TransportError

FIRST_WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600)
)
# When nobody is there, asking costs one connection for all, and people wait for them to be back.
LONGEST_WAIT_FOR_A_SERVER = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
FEWEST_TRIES = 3
TRIES_TO_WRITE = 5
FIRST_WAIT_TO_WRITE_SECONDS = 0.1

Status = Delivery.Status
CONTENT = Delivery._meta.get_field("content")
ARRIVED = (Status.SENT, Status.DELIVERED)
log = structlog.get_logger(__name__)


# One round trip, because this is written for every mail, and what is not written is sent again.
# The provider's report may have been faster than we are: then its status stands.
SENT = """
WITH sent AS (
    UPDATE notifications_delivery SET
        status = CASE WHEN status = 'SENDING' THEN 'SENT' ELSE status END,
        last_error = CASE WHEN status = 'BOUNCED' THEN last_error ELSE '' END,
        sent_at = %(now)s, updated_at = %(now)s,
        content = %(content)s, provider_message_id = %(provider_message_id)s,
        invitation = %(invitation)s
    WHERE id = %(id)s AND attempts = %(attempts)s
      AND status IN ('SENDING', 'DELIVERED', 'BOUNCED')
    RETURNING booking_id, message, status
), told AS (
    UPDATE bookings_booking AS booking SET
        confirmation_sent = booking.confirmation_sent OR sent.message = %(confirmation)s,
        reminder_sent = booking.reminder_sent OR sent.message = %(reminder)s
    FROM sent WHERE booking.id = sent.booking_id AND sent.status <> 'BOUNCED'
      AND (sent.message = %(confirmation)s AND NOT booking.confirmation_sent
        OR sent.message = %(reminder)s AND NOT booking.reminder_sent)
), told_with_it AS (
    UPDATE bookings_booking AS booking SET confirmation_sent = true
    FROM sent WHERE booking.series_id = %(series_id)s AND booking.id <> sent.booking_id
      AND booking.status = 'CONFIRMED' AND NOT booking.confirmation_sent
      AND sent.status <> 'BOUNCED'
)
SELECT id, version FROM bookings_booking WHERE id = %(next_booking_id)s
"""


def note_sent(
    delivery: Delivery,
    *,
    content: Content,
    provider_message_id: str,
    now: datetime,
    invitation: str = "",
    next_booking_id: UUID | None = None,
) -> tuple[UUID, int] | None:
    """Write down at once that it was handed over: on the booking too, where it shows that.

    `confirmation_sent` and `reminder_sent` say that the customer was told. One message confirms
    all of a series.

    A row of the booking that somebody holds is waited for, and a lost connection renewed.
    Returns the id and version of `next_booking_id`, as they are now.
    """
    parameters = {
        "id": delivery.pk,
        "attempts": delivery.attempts,
        "now": now,
        "content": CONTENT.get_db_prep_save(content, connection),
        "provider_message_id": provider_message_id,
        "invitation": invitation,
        "confirmation": CONFIRMATION.name,
        "reminder": REMINDER.name,
        "series_id": _confirmed_series(delivery),
        "next_booking_id": next_booking_id,
    }
    for tries_left in reversed(range(TRIES_TO_WRITE)):
        try:
            with connection.cursor() as cursor:
                cursor.execute(SENT, parameters)
                next_booking: tuple[UUID, int] | None = cursor.fetchone()
        except (OperationalError, InterfaceError):
            if not tries_left:
                raise
            connection.close_if_unusable_or_obsolete()
            sleep(FIRST_WAIT_TO_WRITE_SECONDS * 2 ** (TRIES_TO_WRITE - tries_left))
        else:
            _count(delivery, "sent")
            return next_booking
    raise AssertionError


def _confirmed_series(delivery: Delivery) -> UUID | None:
    """Return the series that this message confirms as a whole, if it does."""
    if delivery.message != CONFIRMATION.name or not delivery.event.name.startswith("series."):
        return None
    return delivery.event.subject_id


def follow_confirmation(delivery: Delivery) -> None:
    """Set the booking's `confirmation_sent` to whether a confirmation of it has arrived."""
    arrived = Delivery.objects.filter(
        booking=OuterRef("pk"), message=CONFIRMATION.name, status__in=ARRIVED
    )
    Booking.objects.filter(deliveries=delivery).update(confirmation_sent=Exists(arrived))


def follow_reminder(booking_id: UUID) -> None:
    """Take back `reminder_sent` when no reminder of the booking's present start has arrived."""
    arrived = Reminder.objects.filter(
        booking=OuterRef("pk"),
        starts_at=OuterRef("starts_at"),
        event__deliveries__message=REMINDER.name,
        event__deliveries__status__in=ARRIVED,
    )
    told = Booking.objects.filter(pk=booking_id, reminder_sent=True)
    told.filter(~Exists(arrived)).update(reminder_sent=False)


def note_dropped(delivery: Delivery, reason: Delivery.DropReason, *, now: datetime) -> None:
    """Write down that it was not sent, and why."""
    _in_hand(delivery).update(
        status=Status.DROPPED, drop_reason=reason, last_error="", ended_at=now, updated_at=now
    )
    _count(delivery, "dropped")
    log.info("Message dropped", delivery=str(delivery.pk), what=delivery.message, why=reason)


def note_refused(
    delivery: Delivery, error: TransportError, subject: Subject | None, *, now: datetime
) -> timedelta | None:
    """Write down what the other side said. Returns how long to wait; None: it has FAILED."""
    answer = scrubbed(str(error), address=delivery.address, subject=subject)
    wait = wait_after(delivery.attempts, unreachable=error.unreachable)
    last_chance = delivery.created_at + GIVE_UP_AFTER
    is_too_late = now >= last_chance and delivery.attempts >= FEWEST_TRIES
    if error.permanent or is_too_late:
        note_failed(delivery, answer, now=now)
        return None
    if now < last_chance < now + wait:
        wait = last_chance - now
    _in_hand(delivery).update(
        status=Status.QUEUED, not_before=now + wait, last_error=answer, updated_at=now
    )
    _count(delivery, "retried")
    log.warning(
        "Message waits for its next try",
        delivery=str(delivery.pk),
        attempt=delivery.attempts,
        wait_seconds=round(wait.total_seconds()),
        unreachable=error.unreachable,
    )
    return wait


def note_failed(delivery: Delivery, answer: str, *, now: datetime) -> None:
    """Give up, and say so: on the row, as an event (which alerts), in the log."""
    with transaction.atomic():
        changed = _in_hand(delivery).update(
            status=Status.FAILED, last_error=answer, ended_at=now, updated_at=now
        )
        if not changed:
            return
        events.record(
            "delivery.failed",
            delivery,
            caller=Caller.clock(delivery.organization_id),
            booking_id=delivery.booking_id,
            message=delivery.message,
            audience=delivery.audience,
            attempts=delivery.attempts,
        )
    _count(delivery, "failed")
    log.error(
        "Message failed",
        delivery=str(delivery.pk),
        what=delivery.message,
        audience=delivery.audience,
        attempts=delivery.attempts,
    )


def _count(delivery: Delivery, outcome: str) -> None:
    deliveries_total.labels(delivery.channel, outcome).inc()


def wait_after(attempts: int, *, unreachable: bool) -> timedelta:
    """Return how long to wait after the given number of tries, up to a quarter longer."""
    wait = FIRST_WAITS[min(attempts, len(FIRST_WAITS)) - 1]
    if unreachable:
        wait = min(wait, LONGEST_WAIT_FOR_A_SERVER)
    return wait * uniform(1, 1.25)  # noqa: S311  (spread, not a secret)


def _in_hand(delivery: Delivery, *statuses: Delivery.Status) -> DeliveryQuerySet:
    return Delivery.objects.filter(
        pk=delivery.pk, status__in=statuses or (Status.SENDING,), attempts=delivery.attempts
    )
