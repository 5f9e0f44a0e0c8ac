"""What a visitor carries along: signed, bound to one organization, good for a day.

The pages stand in frames of other websites, where browsers send no cookie of ours, so neither
a session nor Django's CSRF cookie can be relied on. Nothing is lost by it: a forged request can
only use the rights of whoever sends it, and here nobody is signed in. The signature makes sure
that a form was made by us, for this organization, not long ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing

from core.ids import uuid7
from core.models import Organization

LASTS = timedelta(days=1)
# The page that tells what was booked shows personal data. The mail tells it for longer.
SHOWN_FOR = timedelta(hours=2)
VISIT, DRAFT, BOOKED = "visit", "draft", "booked"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A time that was chosen. `visit` is the id of the booking that may come of it."""

    visit: UUID
    service_id: UUID
    starts_at: datetime
    minutes: int
    resource_id: UUID | None
    zone: str

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


def visit_token(organization: Organization, visit: UUID | None = None) -> str:
    """Return a token for this visit, or for a new one."""
    return _sign(VISIT, organization, str(visit or uuid7()))


def visit_in(token: str, organization: Organization) -> UUID | None:
    """Return the visit in a token of ours; None for anything else, and for one that is too old."""
    return _id_in(_read(VISIT, organization, token, LASTS))


def draft_token(organization: Organization, draft: Draft) -> str:
    resource = str(draft.resource_id) if draft.resource_id else ""
    start = int(draft.starts_at.timestamp())
    told = [str(draft.visit), str(draft.service_id), start, draft.minutes, resource, draft.zone]
    return _sign(DRAFT, organization, told)


def draft_in(token: str, organization: Organization) -> Draft | None:
    told = _read(DRAFT, organization, token, LASTS)
    if told is None:
        return None
    visit, service, start, minutes, resource, zone = told
    return Draft(
        visit=UUID(visit),
        service_id=UUID(service),
        starts_at=datetime.fromtimestamp(start, UTC),
        minutes=minutes,
        resource_id=UUID(resource) if resource else None,
        zone=zone,
    )


def booked_token(organization: Organization, booking_id: UUID) -> str:
    return _sign(BOOKED, organization, str(booking_id))


def booked_in(token: str, organization: Organization) -> UUID | None:
    return _id_in(_read(BOOKED, organization, token, SHOWN_FOR))


def _sign(purpose: str, organization: Organization, told: Any) -> str:
    return signing.dumps(told, salt=_salt(purpose, organization), compress=True)


def _read(purpose: str, organization: Organization, token: str, lasts: timedelta) -> Any:
    try:
        return signing.loads(token, salt=_salt(purpose, organization), max_age=lasts)
    except signing.BadSignature:
        return None


def _salt(purpose: str, organization: Organization) -> str:
    return f"holdfast.page.{purpose}.{organization.pk}"


def _id_in(text: str | None) -> UUID | None:
    return UUID(text) if text else None
