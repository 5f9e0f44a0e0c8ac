"""Finding group sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from bookings.availability.rules import midnight
from bookings.models import GroupSession

Status = GroupSession.Status


def filtered(
    sessions: QuerySet[GroupSession], query: Mapping[str, Any], *, now: datetime, zone: ZoneInfo
) -> QuerySet[GroupSession]:
    """Return the sessions that a validated query asks for.

    `from_` and `to` compare with the start, at or after the one and before the other; a bare date
    is its midnight in `zone`. Without both: what has not begun. Cancelled ones only where
    `status` asks for them.
    """
    moments = {
        name: moment if isinstance(moment, datetime) else midnight(moment, zone)
        for name in ("from_", "to")
        if (moment := query.get(name)) is not None
    }
    if not moments:
        sessions = sessions.filter(starts_at__gt=now)
    if "from_" in moments:
        sessions = sessions.filter(starts_at__gte=moments["from_"])
    if "to" in moments:
        sessions = sessions.filter(starts_at__lt=moments["to"])
    if "status" in query:
        return sessions.filter(is_in(query["status"], now=now))
    return sessions.filter(cancelled_at=None)


def is_in(status: Status, *, now: datetime) -> Q:
    """Return which sessions have this status at `now`: what GroupSession.status_at says of one."""
    if status == Status.CANCELLED:
        return Q(cancelled_at__isnull=False)
    if status == Status.COMPLETED:
        return Q(cancelled_at=None, ends_at__lte=now)
    ahead = Q(cancelled_at=None, ends_at__gt=now)
    has_places = Q(capacity__gt=F("taken") + F("held"))
    return ahead & (has_places if status == Status.OPEN else ~has_places)
