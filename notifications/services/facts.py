"""What a message tells besides the row that it is about, read from its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.dateparse import parse_datetime

from bookings.models import Booking, ChangeReason, Resource
from core.models import Event
from notifications.models import Delivery
from notifications.selectors.delivery import number_that_went_wrong
from notifications.services.messages import MESSAGES, message_of
from notifications.services.relevance import Place, came_from, last_told


@dataclass(frozen=True)
class Facts:
    """`places` is how many had one in a session that was called off."""

    before: Place | None = None
    before_with: str = ""
    was_request: bool = False
    unanswered: bool = False
    session_cancelled: bool = False
    reason: str = ""
    failed_label: str = ""
    failed_answer: str = ""
    failed_today: int = 0
    places: int = 0
    others: tuple[datetime, ...] = ()


NOTHING = Facts()


def facts_of(delivery: Delivery) -> Facts:
    """Read what the delivery's event knows: where it was before, what failed."""
    event = delivery.event
    if event.name.startswith("series."):
        return _facts_of_series(delivery)
    if not message_of(delivery).tells_event:
        return NOTHING
    if event.name in ("booking.rescheduled", "group_session.rescheduled"):
        gone = message_of(delivery).to_previous
        before = came_from(event) if gone else last_told(delivery)
        return Facts(
            before=before,
            before_with=_name_of(before.resource_id),
            reason=_reason_of(event),
        )
    if event.name == "booking.cancelled":
        was_request = event.data.get("was") == Booking.Status.PENDING
        return Facts(
            was_request=was_request,
            unanswered=bool(event.data.get("unanswered")),
            session_cancelled=bool(event.data.get("told_by_session")),
        )
    if event.name == "group_session.cancelled":
        return Facts(places=event.data["bookings"])
    if event.name in ("delivery.failed", "delivery.bounced"):
        failed = Delivery.objects.without_content().get(pk=event.subject_id)
        return Facts(
            failed_label=str(MESSAGES[failed.message].label),
            failed_answer=failed.last_error,
            failed_today=number_that_went_wrong(failed.organization_id),
        )
    return NOTHING


def _facts_of_series(delivery: Delivery) -> Facts:
    """Read when the others are that the same happened to; of a move, where the first was."""
    event = delivery.event
    starts = [parse_datetime(text) for text in event.data["starts"]]
    others = tuple(start for start in starts[1:] if start is not None)
    was_request = event.data.get("was") == Booking.Status.PENDING
    if event.name != "series.rescheduled":
        return Facts(others=others, was_request=was_request)
    before = came_from(event)
    return Facts(before=before, before_with=_name_of(before.resource_id), others=others)


def _reason_of(moved: Event) -> str:
    """Return why it was moved, where somebody said so."""
    said = ChangeReason.objects.filter(booking=moved.subject_id, version=moved.data["version"])
    return said.values_list("text", flat=True).first() or ""


def _name_of(resource_id: UUID) -> str:
    return Resource.objects.values_list("name", flat=True).filter(pk=resource_id).first() or ""
