"""Promising a message: one row, in the transaction that makes its reason known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from core.models import Event, Organization
from core.queue import nudge
from notifications.models import Delivery
from notifications.services.messages import MESSAGES

Audience = Delivery.Audience
SENDER = "notifications.tasks.send_due_deliveries"  # the task that sends what is due


def promise(event: Event, booking: Booking, messages: Iterable[str]) -> None:
    """Write what `event` promises about `booking`, once however often it is told.

    Wakes the sender after the commit. An admin message without any admin address is promised
    to nobody.
    """
    rows = [
        _delivery(event, booking, message, address)
        for message in messages
        if (address := address_for(MESSAGES[message].audience, booking))
    ]
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        wake_sender_after_commit()


def wake_sender_after_commit() -> None:
    transaction.on_commit(partial(nudge, SENDER))


def address_for(audience: Delivery.Audience, booking: Booking) -> str:
    """Return where messages to `audience` go now; empty when there is nobody."""
    if audience == Audience.CUSTOMER:
        return booking.email
    return admin_address_of(booking.organization)


def admin_address_of(organization: Organization) -> str:
    return organization.admin_email or settings.ADMIN_EMAIL


def _delivery(event: Event, booking: Booking, message: str, address: str) -> Delivery:
    return Delivery(
        organization_id=event.organization_id,
        event=event,
        booking=booking,
        version=event.data.get("version", booking.version),
        message=message,
        audience=MESSAGES[message].audience,
        address=address,
        not_before=timezone.now(),
    )
