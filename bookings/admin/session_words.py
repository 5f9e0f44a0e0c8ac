"""Where a session's page is, and how what is done with sessions is said."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bookings.models import GroupSession
from core import times


def page_of_session(session: GroupSession) -> str:
    return reverse("admin:bookings_groupsession_change", args=[session.pk])


def list_of_sessions() -> str:
    return reverse("admin:bookings_groupsession_changelist")


def up_to_session(session: GroupSession) -> dict[str, Any]:
    """Return the way up from a page below a session's."""
    title = f"{session.service.name}, {times.moment(session.starts_at)}"
    return {"up_url": page_of_session(session), "up_title": title}
