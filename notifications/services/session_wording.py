"""What a mail tells the business of a whole group session: once, however many are in it."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from bookings.models import GroupSession
from notifications.models import Delivery
from notifications.services.facts import Facts
from notifications.services.message import Message
from notifications.services.relevance import place_of
from notifications.services.times import when
from notifications.services.wording import Line, as_text, before


def context_of_session(message: Message, session: GroupSession, facts: Facts) -> dict[str, object]:
    """Return what the templates say about `session`, in the active language."""
    for_staff = message.audience == Delivery.Audience.STAFF
    zone = session.resource.timezone if for_staff else session.organization.timezone
    place, who = place_of(session), session.resource.name
    if message.to_previous and facts.before is not None:
        place, who = facts.before, facts.before_with
    said = when(place.starts_at, place.ends_at, zone)
    lines = _lines(message, session, facts, zone)
    return {
        "booking": {"name": ""},
        "session": session,
        "facts": facts,
        "when": said,
        "what": _("%(service)s, %(when)s with %(resource)s")
        % {"service": session.service.name, "when": said.short, "resource": who},
        "lines": lines,
        "lines_as_text": as_text(lines),
        "is_new_to_them": for_staff
        and facts.before is not None
        and facts.before.resource_id != session.resource_id,
        "console_url": console_url_of(session),
    }


def console_url_of(session: GroupSession) -> str:
    """Return the session's page in the console, without loading every door into the worker."""
    return f"{settings.PUBLIC_BASE_URL}/admin/bookings/groupsession/{session.pk}/change/"


def _lines(message: Message, session: GroupSession, facts: Facts, zone: str) -> list[Line]:
    what = Line(_("What"), _("%(service)s, group session") % {"service": session.service.name})
    if message.to_previous:
        now = _("%(time)s with %(who)s") % {
            "time": when(session.starts_at, session.ends_at, zone).span,
            "who": session.resource.name,
        }
        return [Line(_("Now"), now), what]
    taken = facts.places if session.cancelled_at is not None else session.taken
    places = _("%(taken)d of %(capacity)d") % {"taken": taken, "capacity": session.capacity}
    return [
        *before(session, facts, zone),
        what,
        Line(_("With"), session.resource.name),
        Line(_("Places taken"), places),
    ]
