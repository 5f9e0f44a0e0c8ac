"""What a customer may still do with their booking, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.errors import RescheduleDeadline, SessionDecides
from bookings.models import Booking
from bookings.services.policy import (
    Action,
    allowed_actions,
    cancel_deadline,
    reschedule_deadline,
    why_not_rescheduled,
)
from bookings.web.facts import price_of
from core import times


@dataclass(frozen=True)
class Permissions:
    """Whether it may be moved and cancelled, what cancelling costs now, and what to say of it."""

    may_move: bool
    may_cancel: bool
    fee: str
    sentences: list[str]


def permissions_of(booking: Booking, *, now: datetime) -> Permissions:
    """Say it on the active clock. Nothing is said of what is over."""
    allowed = {one.action: one for one in allowed_actions(booking, now=now)}
    cancelling = allowed.get(Action.CANCEL)
    fee = cancelling.fee if cancelling else None
    said = []
    if booking.status in Booking.OPEN and now <= booking.starts_at:
        said = [_moving(booking, now), _cancelling(booking, now, is_allowed=cancelling is not None)]
    return Permissions(
        may_move=Action.RESCHEDULE in allowed,
        may_cancel=cancelling is not None,
        fee="" if fee is None else price_of(fee, currency_of(booking)),
        sentences=[sentence for sentence in said if sentence],
    )


def currency_of(booking: Booking) -> str:
    return booking.price_currency or booking.organization.currency


def _moving(booking: Booking, now: datetime) -> str:
    refusal = why_not_rescheduled(booking, now=now)
    if isinstance(refusal, SessionDecides):
        return ""
    until = times.moment(reschedule_deadline(booking))
    if isinstance(refusal, RescheduleDeadline):
        return _("It could be moved until %(until)s.") % {"until": until}
    if refusal is not None:
        return _("You have moved it as often as is possible here.")
    most = booking.service.most_reschedules
    left = None if most is None else most - booking.reschedules
    has_deadline = booking.service.reschedule_notice_minutes > 0
    if left is None:
        return _("You can move it until %(until)s.") % {"until": until} if has_deadline else ""
    if not has_deadline:
        sentence = ngettext(
            "You can move it %(left)d more time.", "You can move it %(left)d more times.", left
        )
    else:
        sentence = ngettext(
            "You can move it %(left)d more time, until %(until)s.",
            "You can move it %(left)d more times, until %(until)s.",
            left,
        )
    return sentence % {"left": left, "until": until}


def _cancelling(booking: Booking, now: datetime, *, is_allowed: bool) -> str:
    service, deadline = booking.service, cancel_deadline(booking)
    until = times.moment(deadline)
    if booking.bundle_id is not None and is_allowed:
        if now > deadline:
            return _("If you cancel it now, its session does not go back to your bundle.")
        return _("If you cancel it until %(until)s, its session goes back to your bundle.") % {
            "until": until
        }
    if not service.cancel_notice_minutes:
        return ""
    if not is_allowed:
        return _("It could be cancelled until %(until)s.") % {"until": until}
    if service.late_fee_amount is None:
        return _("You can cancel it until %(until)s.") % {"until": until}
    fee = price_of(service.late_fee_amount, currency_of(booking))
    if now > deadline:
        return _("Cancelling it now costs %(fee)s.") % {"fee": fee}
    return _(
        "You can cancel it free of charge until %(until)s. After that, cancelling costs %(fee)s."
    ) % {"until": until, "fee": fee}
