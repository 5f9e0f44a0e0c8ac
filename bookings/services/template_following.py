"""What becomes of the sessions ahead of a weekly template that is changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from bookings.models import GroupSession, GroupSessionTemplate
from bookings.selectors.session_dates import times_on
from bookings.services.group_session import cancel_session
from bookings.services.session_changing import change_session
from core.access import Caller
from core.db import require_transaction
from core.errors import Conflict, Invalid

WHEN = frozenset({"weekday", "starts_at_time", "ends_at_time", "timezone"})
VALIDITY = frozenset({"valid_from_on", "valid_to_on"})
COPIED = frozenset({"resource", "capacity", "price_amount"})


@dataclass
class Followed:
    """How many sessions ahead were changed, were called off because their date is no longer one
    of the template's, and were left as they were.
    """

    changed: int = 0
    withdrawn: int = 0
    left: int = 0


def follow_template(
    template: GroupSessionTemplate, changed: Collection[str], *, weekday: int, caller: Caller
) -> Followed:
    """Bring its sessions ahead in line with the columns of it that `changed`.

    `weekday` is the one that it had; a session stays in its week, which has no other. One in which
    somebody has a place is left, and so is one that cannot follow. Only what changed follows: what
    staff have changed of a single session otherwise stays. Inside a transaction in which everybody
    that these sessions keep busy, before or after, is locked.
    """
    require_transaction()
    followed = Followed()
    if not (WHEN | VALIDITY | COPIED).intersection(changed):
        return followed
    ahead = GroupSession.objects.filter(
        template=template, cancelled_at=None, starts_at__gt=timezone.now()
    )
    for session in ahead.order_by("starts_at"):
        on = _moved_on(session, template.weekday - weekday)
        wanted = _wanted(template, changed, on)
        is_empty = session.taken + session.held == 0
        if not _is_valid(template, on):
            if is_empty:
                _withdraw(session, caller)
                followed.withdrawn += 1
            else:
                followed.left += 1
        elif wanted:
            if is_empty and _move(session, on, wanted, caller):
                followed.changed += 1
            else:
                followed.left += 1
    return followed


def _moved_on(session: GroupSession, days: int) -> date:
    if session.on is None:
        raise ValueError("this session is of no template")
    return session.on + timedelta(days=days)


def _is_valid(template: GroupSessionTemplate, on: date) -> bool:
    first, last = template.valid_from_on or on, template.valid_to_on or on
    return first <= on <= last


def _wanted(template: GroupSessionTemplate, changed: Collection[str], on: date) -> dict[str, Any]:
    wanted = {name: getattr(template, name) for name in COPIED.intersection(changed)}
    if WHEN.intersection(changed):
        wanted["starts_at"], wanted["ends_at"] = times_on(template, on)
    return wanted


def _move(session: GroupSession, on: date, wanted: dict[str, Any], caller: Caller) -> bool:
    try:
        change_session(session, **wanted, caller=caller)
    except (Conflict, Invalid):
        return False
    GroupSession.objects.filter(pk=session.pk).update(on=on)
    return True


def _withdraw(session: GroupSession, caller: Caller) -> None:
    """Call it off, and let its date be laid out again should it become one of the template's."""
    cancel_session(session, caller=caller)
    GroupSession.objects.filter(pk=session.pk).update(template=None, on=None)
