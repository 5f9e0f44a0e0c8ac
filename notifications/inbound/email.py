"""Delivery reports of mail providers, read by anymail and put into our two words.

anymail tells by a signal, which is its interface; it is heard here and nowhere else.
"""

from typing import Any
from uuid import UUID

from anymail.signals import EventType, tracking

from notifications.services.tracking import Report, note_bounced, note_delivered

BAD_NEWS = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.FAILED})


def listen() -> None:
    """Hear every report, once, however often this is called."""
    tracking.connect(note_report, dispatch_uid="notifications.inbound.email")


def note_report(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """Note one report. Opens, clicks, deferrals and mails that are not ours change nothing."""
    report = Report(
        delivery_id=_our_key(event.metadata),
        provider_message_id=event.message_id or "",
        answer=" ".join(
            filter(None, (event.reject_reason, event.mta_response or event.description))
        ),
    )
    if event.event_type == EventType.DELIVERED:
        note_delivered(report)
    elif event.event_type in BAD_NEWS:
        note_bounced(report)


def _our_key(metadata: Any) -> UUID | None:
    try:
        return UUID(metadata["delivery"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
