"""Where a session's page is, and how what is done with sessions is said."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from bookings.models import GroupSession, GroupSessionTemplate

# Why sessions are moved or called off.
REASONS: list[Promise] = [
    gettext_lazy("We are closed on that day."),
    gettext_lazy("The member of staff is ill."),
    gettext_lazy("Too few have joined."),
]


def page_of_session(session: GroupSession) -> str:
    return reverse("admin:bookings_groupsession_change", args=[session.pk])


def list_of_sessions() -> str:
    return reverse("admin:bookings_groupsession_changelist")


def list_of_templates() -> str:
    return reverse("admin:bookings_groupsessiontemplate_changelist")


def page_of_template(template: GroupSessionTemplate) -> str:
    return reverse("admin:bookings_groupsessiontemplate_change", args=[template.pk])


def when_of(template: GroupSessionTemplate) -> str:
    """Return `Wednesday, 14:00-15:00`, on the clock of who gives it."""
    hours = f"{template.starts_at_time:%H:%M}–{template.ends_at_time:%H:%M}"
    return f"{template.get_weekday_display()}, {hours}"


def is_ahead(session: GroupSession) -> bool:
    """Say whether it can still be joined and changed."""
    return session.cancelled_at is None and session.starts_at > timezone.now()


def has_no_place(session: GroupSession) -> bool:
    """Say whether nobody can be added: what is kept for somebody is theirs to take, by hand too."""
    return session.places_left < 1 and not session.held


def up_to_session(session: GroupSession) -> dict[str, Any]:
    """Return the way up from a page below a session's."""
    return {"up_url": page_of_session(session), "up_title": session.service.name}
