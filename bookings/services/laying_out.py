"""Laying out the sessions of weekly templates: by the clock, and when a template is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from bookings.availability.reasons import ReasonCode
from bookings.errors import LaidOutMeanwhile, NotOffered, TaBusy
from bookings.models import GroupSession, GroupSessionTemplate
from bookings.selectors.session_dates import (
    DateToLayOut,
    dates_to_lay_out,
    templates_that_lay_out,
)
from bookings.services.allocating import SENTENCES
from bookings.services.group_session import SessionDetails, create_session
from bookings.services.session_lanes import why_not
from core.access import Caller
from core.errors import Conflict, DomainError, Invalid


@dataclass(frozen=True)
class Skipped:
    """A date of a template on which no session could be laid out, and the first reason."""

    on: date
    starts_at: datetime
    reason: str
    message: str


@dataclass(frozen=True)
class Laid:
    """What became of the dates of templates that were not laid out yet."""

    sessions: list[GroupSession] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def lay_out_sessions(now: datetime | None = None) -> int:
    """Lay out what is missing of every active template; return how many. The clock's part.

    Two queries while nothing is missing, and four while nothing of it can be laid out. What is
    skipped is tried again the next time.
    """
    return len(_lay_out(list(templates_that_lay_out()), now or timezone.now()).sessions)


def lay_out(template: GroupSessionTemplate, now: datetime | None = None) -> Laid:
    """Lay out what is missing of one template, unless it is not active.

    Each session is a transaction of its own.
    """
    found = templates_that_lay_out().filter(pk=template.pk)
    return _lay_out(list(found), now or timezone.now())


def conflicts_of(template: GroupSessionTemplate, now: datetime | None = None) -> list[Skipped]:
    """Return the dates ahead that cannot be laid out at this moment, and why.

    Three queries, and two for each date on which nothing stands against its resource.
    """
    if not template.is_active:
        return []
    found = []
    for one in dates_to_lay_out([template], now=now or timezone.now()):
        refusal = (
            _told(one.reason)
            if one.reason
            else why_not(
                service=template.service,
                resource_id=template.resource_id,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
        )
        if refusal is not None:
            found.append(_skipped(one, refusal))
    return found


def _lay_out(templates: Sequence[GroupSessionTemplate], now: datetime) -> Laid:
    laid = Laid()
    for one in dates_to_lay_out(templates, now=now):
        if one.reason is not None:
            laid.skipped.append(_skipped(one, _told(one.reason)))
            continue
        try:
            laid.sessions.append(_lay_out_one(one))
        except LaidOutMeanwhile:
            continue
        except (Conflict, Invalid) as refusal:
            laid.skipped.append(_skipped(one, refusal))
    return laid


def _lay_out_one(one: DateToLayOut) -> GroupSession:
    template = one.template
    details = SessionDetails(
        service=template.service,
        resource=template.resource,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        capacity=template.capacity,
        price_amount=template.price_amount,
        timezone=template.timezone,
        template=template,
        on=one.on,
    )
    return create_session(details, caller=Caller.clock(template.organization_id))


def _skipped(one: DateToLayOut, refusal: DomainError) -> Skipped:
    return Skipped(one.on, one.starts_at, refusal.reason, str(refusal))


def _told(code: ReasonCode) -> Conflict:
    if code == ReasonCode.TAKEN:
        return TaBusy()
    return NotOffered(str(code), SENTENCES.get(code))
