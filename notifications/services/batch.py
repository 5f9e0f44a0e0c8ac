"""One batch of claimed deliveries, on one line to the other side.

Per message: is what it is about as it was read? compare, write the words, hand over, write down at
once how it went. Two round trips to the database would be one too many at hundreds of messages
per second: whether the *next* booking has changed is asked in the statement that writes SENT.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError
from django.utils import timezone

from core.text import one_line
from notifications.models import Content, Delivery
from notifications.selectors.subject import FreshSubjects, Subject, person_of
from notifications.services.claiming import give_back, lease_suffices
from notifications.services.inviting import invitation_for
from notifications.services.messages import message_of
from notifications.services.relevance import why_not
from notifications.services.rendering import render
from notifications.services.run import Run
from notifications.services.settling import (
    FEWEST_TRIES,
    GIVE_UP_AFTER,
    note_dropped,
    note_failed,
    note_refused,
    note_sent,
)
from notifications.transports import Invitation, Line, Mail, TransportError

# After so many hang-ups in a row it is the server, and not the message.
HANGUPS_IN_A_ROW = 2

log = structlog.get_logger(__name__)


class Batch:
    """What was claimed together, and how far it is sent."""

    def __init__(self, claimed: list[Delivery], line: Line, run: Run) -> None:
        self._waiting = deque(claimed)
        self._subjects = FreshSubjects(claimed)
        self._line = line
        self._run = run
        self._hangups = 0

    def send(self) -> bool:
        """Send one after the other. False: the other side is not there, or not well."""
        while self._waiting and self._hangups < HANGUPS_IN_A_ROW:
            if self._run.is_over() or not lease_suffices(self._waiting[0], now=timezone.now()):
                break
            delivery = self._waiting.popleft()
            try:
                self._send(delivery)
            except TransportError as error:
                self._put_off(delivery, error, self._subjects.get(delivery))
                if error.unreachable:
                    self._put_off_the_rest(error)
                    return False
                self._hangups = self._hangups + 1 if error.hung_up else 0
        give_back(list(self._waiting), now=timezone.now())
        return self._hangups < HANGUPS_IN_A_ROW

    def _send(self, delivery: Delivery) -> None:
        """Send or drop one delivery, or raise TransportError."""
        now = timezone.now()
        if _is_hopeless(delivery, now):
            note_failed(
                delivery, delivery.last_error or "Every try ended with its worker.", now=now
            )
            return
        subject = self._subjects.get(delivery)
        reason = why_not(delivery, subject, now=now)
        if reason is not None:
            note_dropped(delivery, reason, now=now)
            self._run.dropped += 1
            return
        content, invitation = _written(delivery, subject)
        mail = as_mail(delivery, subject, content, invitation)
        provider_message_id = self._line.hand_over(mail)
        seen = note_sent(
            delivery,
            content=content,
            invitation=(message_of(delivery).invitation or "") if invitation else "",
            provider_message_id=provider_message_id,
            now=timezone.now(),
            next_booking_id=self._waiting[0].booking_id if self._waiting else None,
        )
        self._subjects.have_seen(seen)
        self._hangups = 0
        self._run.sent += 1

    def _put_off(
        self, delivery: Delivery, error: TransportError, subject: Subject | None = None
    ) -> None:
        self._run.put_off(note_refused(delivery, error, subject, now=timezone.now()))

    def _put_off_the_rest(self, error: TransportError) -> None:
        """Put off what was not tried, for the same reason, without asking again for each."""
        for delivery in self._waiting:
            self._put_off(delivery, error)


def as_mail(
    delivery: Delivery, subject: Subject, content: Content, invitation: Invitation | None
) -> Mail:
    """Address the words. A customer's answer goes to the business, the business's to them."""
    for_customer = delivery.audience == Delivery.Audience.CUSTOMER
    person = person_of(subject)
    theirs = person.email if person else ""
    return Mail(
        key=str(delivery.pk),
        to=delivery.address,
        from_name=one_line(subject.organization.name),
        reply_to=subject.organization.contact_email if for_customer else theirs,
        invitation=invitation,
        **content,
    )


def _written(delivery: Delivery, subject: Subject) -> tuple[Content, Invitation | None]:
    """Write the words. What we cannot write holds up no other, and is tried again later."""
    try:
        return render(delivery, subject), invitation_for(delivery, subject)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("A message could not be written", delivery=str(delivery.pk))
        raise TransportError(type(error).__name__) from error


def _is_hopeless(delivery: Delivery, now: datetime) -> bool:
    """Say whether it is past its time without ever having been answered: it kills its worker."""
    tried_enough = delivery.attempts > FEWEST_TRIES
    return tried_enough and now > delivery.created_at + GIVE_UP_AFTER + timedelta(hours=1)
