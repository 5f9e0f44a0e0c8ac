"""Promising a message: one row, in the transaction that makes its reason known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, GroupSession
from core.blind_index import normalise_email
from core.models import Event, Invitation, Organization, PasswordReset
from core.queue import nudge
from notifications.models import Delivery
from notifications.selectors.staff import address_of_staff
from notifications.selectors.subject import Subject, column_of, person_of, version_of
from notifications.services.message import Message
from notifications.services.messages import MESSAGES
from notifications.services.relevance import came_from, with_whom_at

Audience = Delivery.Audience
SENDER = "notifications.tasks.send_due_deliveries"  # the task that sends what is due


def promise(event: Event, subject: Subject, messages: Iterable[str]) -> None:
    """Write what `event` promises about `subject`, once however often it is told.

    Wakes the sender after the commit. What has no address is promised to nobody, and nobody of
    the business hears of one event twice: of `messages` to one address the first counts.
    """
    rows: list[Delivery] = []
    told: set[str] = set()
    for message in map(MESSAGES.__getitem__, messages):
        address = address_for(message, subject, event)
        if not address:
            continue
        if message.audience != Audience.CUSTOMER:
            reader = normalise_email(address)
            if reader in told:
                continue
            told.add(reader)
        rows.append(_delivery(event, subject, message, address))
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        wake_sender_after_commit()


def wake_sender_after_commit() -> None:
    transaction.on_commit(partial(nudge, SENDER))


def address_for(message: Message, subject: Subject, event: Event) -> str:
    """Return where `message` about `event` goes now; empty when there is nobody."""
    if message.audience == Audience.CUSTOMER:
        person = person_of(subject)
        return person.email if person else ""
    if message.audience == Audience.ADMIN:
        return admin_address_of(subject.organization)
    if isinstance(subject, Invitation):
        return subject.email
    if isinstance(subject, PasswordReset):
        return subject.user.email
    if not isinstance(subject, Booking | GroupSession):
        return ""
    if message.to_previous:
        return address_of_staff(came_from(event).resource_id)
    return address_of_staff(with_whom_at(event, subject))


def admin_address_of(organization: Organization) -> str:
    return organization.admin_email or settings.ADMIN_EMAIL


def _delivery(event: Event, subject: Subject, message: Message, address: str) -> Delivery:
    return Delivery(
        organization_id=event.organization_id,
        event=event,
        **{f"{column_of(subject)}_id": subject.pk},
        version=event.data.get("version", version_of(subject)),
        message=message.name,
        audience=message.audience,
        address=address,
        not_before=timezone.now(),
    )
