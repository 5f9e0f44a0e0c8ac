"""From a row that is due to a message that has left.

claim (one statement for a batch) → per message: read the booking again, compare, write the
words, hand over on the batch's line, write down how it went at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking
from notifications.models import Content, Delivery
from notifications.services.claiming import claim, give_back, lease_suffices
from notifications.services.relevance import why_not
from notifications.services.rendering import one_line, render
from notifications.services.settling import (
    FEWEST_TRIES,
    GIVE_UP_AFTER,
    note_dropped,
    note_failed,
    note_refused,
    note_sent,
)
from notifications.transports import TRANSPORTS, Line, Mail, TransportError

BATCH = 50
# Short, so that a worker that is told to stop stops, and that other tasks have their turn.
LONGEST_RUN_SECONDS = 10.0
# A wait of a few seconds is worth waking up for; anything longer the clock finds.
WORTH_WAKING_FOR = timedelta(seconds=8)
# After so many hang-ups in a row it is the server, and not the message.
HANGUPS_IN_A_ROW = 2

log = structlog.get_logger(__name__)


@dataclass
class Run:
    """What one run did, and until when (monotonic seconds) it may go on.

    wake_in: the soonest next try of what it put off, if that is soon.
    """

    ends: float
    sent: int = 0
    dropped: int = 0
    refused: int = 0
    wake_in: timedelta | None = None
    is_unfinished: bool = False

    def is_over(self) -> bool:
        return monotonic() > self.ends

    def put_off(self, wait: timedelta | None) -> None:
        self.refused += 1
        if wait is not None and wait <= WORTH_WAKING_FOR:
            self.wake_in = min(wait, self.wake_in or wait)


def send_due(*, call_for_help: Callable[[], None] | None = None, batch: int = BATCH) -> Run:
    """Send what is due, batch by batch, for at most LONGEST_RUN_SECONDS.

    `call_for_help` is called once when there is more than one batch. When the mail server
    cannot be reached the run ends: the clock's next one asks again, with one connection.
    """
    run = Run(ends=monotonic() + LONGEST_RUN_SECONDS)
    while not run.is_over():
        claimed = claim(limit=batch, now=timezone.now())
        if not claimed:
            return run
        if len(claimed) == batch and call_for_help is not None:
            call_for_help()
            call_for_help = None
        if not _send_batch(claimed, run):
            return run
    run.is_unfinished = True
    return run


def _send_batch(claimed: list[Delivery], run: Run) -> bool:
    """Send what was claimed on one line. False: the other side is not there."""
    hangups = 0
    waiting = list(claimed)
    with TRANSPORTS[Delivery.Channel.EMAIL].line() as line:
        while waiting:
            if run.is_over() or not lease_suffices(waiting[0], now=timezone.now()):
                break
            delivery = waiting.pop(0)
            try:
                hangups = hangups + 1 if _send_one(delivery, line, run) else 0
            except _NobodyThere as error:
                _put_off_all(waiting, error.why, run)
                return False
            if hangups == HANGUPS_IN_A_ROW:
                break
    give_back(waiting, now=timezone.now())
    return hangups < HANGUPS_IN_A_ROW


class _NobodyThere(Exception):
    def __init__(self, why: TransportError) -> None:
        super().__init__()
        self.why = why


def _send_one(delivery: Delivery, line: Line, run: Run) -> bool:
    """Settle one delivery. Returns whether the other side hung up on it."""
    now = timezone.now()
    booking = booking_for_mail().get(pk=delivery.booking_id)
    if _is_hopeless(delivery, now):
        note_failed(delivery, delivery.last_error or "Every try ended with its worker.", now=now)
        return False
    reason = why_not(delivery, booking, now=now)
    if reason is not None:
        note_dropped(delivery, reason, now=now)
        run.dropped += 1
        return False
    try:
        content = render(delivery, booking, now=now)
        provider_message_id = line.hand_over(as_mail(delivery, booking, content))
    except TransportError as error:
        run.put_off(note_refused(delivery, error, booking, now=timezone.now()))
        if error.unreachable:
            raise _NobodyThere(error) from error
        return error.hung_up
    except DatabaseError:
        raise
    except Exception as error:  # ours: one message that cannot be written holds up no other
        log.exception("A message could not be written", delivery=str(delivery.pk))
        ours = TransportError(type(error).__name__)
        run.put_off(note_refused(delivery, ours, booking, now=timezone.now()))
        return False
    note_sent(
        delivery, content=content, provider_message_id=provider_message_id, now=timezone.now()
    )
    run.sent += 1
    return False


def _put_off_all(waiting: list[Delivery], error: TransportError, run: Run) -> None:
    """Put off the rest of a batch for the same reason, without asking again for each."""
    now = timezone.now()
    for delivery in waiting:
        run.put_off(note_refused(delivery, error, None, now=now))


def booking_for_mail() -> QuerySet[Booking]:
    """Return bookings with all that a message may say, in one statement."""
    return Booking.objects.select_related("service", "resource", "customer", "organization").only(
        "reference",
        "status",
        "version",
        "starts_at",
        "ends_at",
        "timezone",
        "name",
        "company",
        "email",
        "phone",
        "inquiry",
        "notes",
        "cancel_reason",
        "price_amount",
        "price_currency",
        "service__name",
        "service__location",
        "resource__name",
        "customer__locale",
        "organization__name",
        "organization__timezone",
        "organization__locale",
        "organization__accent_color",
        "organization__contact_email",
        "organization__admin_email",
    )


def as_mail(delivery: Delivery, booking: Booking, content: Content) -> Mail:
    """Address the words. A customer's answer goes to the business, the business's to them."""
    for_customer = delivery.audience == Delivery.Audience.CUSTOMER
    return Mail(
        key=str(delivery.pk),
        to=delivery.address,
        from_name=one_line(booking.organization.name),
        reply_to=booking.organization.contact_email if for_customer else booking.email,
        **content,
    )


def _is_hopeless(delivery: Delivery, now: datetime) -> bool:
    """Say whether it is past its time without ever having been answered: it kills its worker."""
    tried_enough = delivery.attempts > FEWEST_TRIES
    return tried_enough and now > delivery.created_at + GIVE_UP_AFTER + timedelta(hours=1)
