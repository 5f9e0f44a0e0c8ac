"""What the provider says later about a message that it took."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from core import events
from core.access import Caller
from core.observability.metrics import deliveries_total
from notifications.models import Delivery
from notifications.models.delivery import DeliveryQuerySet
from notifications.selectors.subject import subject_of
from notifications.services.messages import CONFIRMATION, REMINDER
from notifications.services.scrubbing import scrubbed
from notifications.services.settling import follow_confirmation, follow_reminder

Status = Delivery.Status
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A provider's word about one message: known by our key, where they keep it, or by theirs."""

    delivery_id: UUID | None
    provider_message_id: str
    answer: str = ""


def note_delivered(report: Report) -> bool:
    """SENT → DELIVERED. Returns whether that was news.

    Heard while we have not yet written SENT, it counts; heard after a bounce, it does not: a
    bounce is the last word, in whichever order the two arrive.
    """
    now = timezone.now()
    news = (
        _about(report)
        .filter(status__in=(Status.SENDING, Status.SENT))
        .update(status=Status.DELIVERED, ended_at=now, updated_at=now)
    )
    if news:
        deliveries_total.labels(Delivery.Channel.EMAIL, "delivered").inc()
    return bool(news)


def note_bounced(report: Report) -> bool:
    """SENT or DELIVERED → BOUNCED, an event that alerts, and no confirmation any more."""
    with transaction.atomic():
        rows = _about(report).filter(status__in=(Status.SENDING, Status.SENT, Status.DELIVERED))
        delivery = rows.select_for_update(of=["self"]).first()
        if delivery is None:
            return False
        delivery.status = Status.BOUNCED
        delivery.ended_at = timezone.now()
        delivery.last_error = scrubbed(
            report.answer,
            address=delivery.address,
            subject=subject_of(delivery),
        )
        delivery.save(update_fields=["status", "ended_at", "last_error", "updated_at"])
        if delivery.message == CONFIRMATION.name:
            follow_confirmation(delivery)
        elif delivery.message == REMINDER.name and delivery.booking_id is not None:
            follow_reminder(delivery.booking_id)
        events.record(
            "delivery.bounced",
            delivery,
            caller=Caller.clock(delivery.organization_id),
            booking_id=delivery.booking_id,
            message=delivery.message,
            audience=delivery.audience,
        )
    deliveries_total.labels(Delivery.Channel.EMAIL, "bounced").inc()
    log.error("Message bounced", delivery=str(delivery.pk), what=delivery.message)
    return True


def _about(report: Report) -> DeliveryQuerySet:
    rows = Delivery.objects.filter(channel=Delivery.Channel.EMAIL)
    if report.delivery_id is not None:
        return rows.filter(pk=report.delivery_id)
    if not report.provider_message_id:
        return rows.none()
    return rows.filter(provider_message_id=report.provider_message_id)
