"""What customers may still do alone with a booking, until when, and what it costs them.

The rules are the service's as they are now. They bind nobody but the customer: staff, and
programs with a key, move and cancel whenever they want.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bookings.errors import CancelDeadline, RescheduleDeadline, RescheduleLimit, SessionDecides
from bookings.models import Booking


class Action(StrEnum):
    RESCHEDULE = "RESCHEDULE"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Something that the customer may do until `until`, included. `fee` is what it costs."""

    action: Action
    until: datetime
    fee: Decimal | None = None


def allowed_actions(booking: Booking, *, now: datetime) -> list[Allowed]:
    """Return what the customer may do now. No query where the service is at hand."""
    allowed = []
    if booking.status in Booking.OPEN:
        if why_not_rescheduled(booking, now=now) is None:
            until = reschedule_deadline(booking)
            allowed.append(Allowed(action=Action.RESCHEDULE, until=until))
        if now <= cancel_deadline(booking):
            allowed.append(Allowed(action=Action.CANCEL, until=cancel_deadline(booking)))
        elif _may_be_late(booking, now):
            fee = booking.service.late_fee_amount
            allowed.append(Allowed(action=Action.CANCEL, until=booking.starts_at, fee=fee))
    return allowed


def may(booking: Booking, action: Action, *, now: datetime) -> bool:
    return any(one.action == action for one in allowed_actions(booking, now=now))


def why_not_rescheduled(
    booking: Booking, *, now: datetime
) -> RescheduleDeadline | RescheduleLimit | SessionDecides | None:
    """Return why the customer may not move this open booking now; None when they may."""
    if booking.group_session_id is not None:
        return SessionDecides()
    until, most = reschedule_deadline(booking), booking.service.most_reschedules
    if now > until:
        return RescheduleDeadline(until=until)
    if most is not None and booking.reschedules >= most:
        return RescheduleLimit(most=most)
    return None


def fee_for_cancelling(booking: Booking, *, now: datetime) -> Decimal | None:
    """Return what cancelling this open booking now costs the customer; None when nothing.

    Raises CancelDeadline.
    """
    if now <= cancel_deadline(booking):
        return None
    if not _may_be_late(booking, now):
        raise CancelDeadline(until=cancel_deadline(booking))
    return booking.service.late_fee_amount


def cancel_deadline(booking: Booking) -> datetime:
    return booking.starts_at - timedelta(minutes=booking.service.cancel_notice_minutes)


def reschedule_deadline(booking: Booking) -> datetime:
    return booking.starts_at - timedelta(minutes=booking.service.reschedule_notice_minutes)


def _may_be_late(booking: Booking, now: datetime) -> bool:
    """After the deadline a fee opens the door again, until the appointment begins."""
    return booking.service.late_fee_amount is not None and now <= booking.starts_at
