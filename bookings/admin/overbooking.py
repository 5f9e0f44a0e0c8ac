"""Booking what was refused all the same: offered to who may, with a reason."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from bookings.admin.acting import LONGEST_REASON
from bookings.admin.drafting import parse_moment
from bookings.errors import NotOffered, SlotTaken
from core.admin.context import desk_of
from core.errors import DomainError


def may_overbook(request: HttpRequest, error: DomainError) -> bool:
    """Say whether this person may take the time that `error` refused."""
    return isinstance(error, SlotTaken | NotOffered) and desk_of(request).may("bookings:overbook")


def refused_start(request: HttpRequest) -> datetime | None:
    """Return the time that was refused before, as the form carries it along."""
    return parse_moment(request.POST.get("refused_start", ""))


def overbook_reason(request: HttpRequest) -> str:
    return request.POST.get("overbook_reason", "").replace("\0", "").strip()[:LONGEST_REASON]
