"""One group session as a calendar program reads it: once, with how many come and nobody's name."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from icalendar import Event

from bookings.calendars.ical import LONGEST_PLACE, Reader, when_in_words
from bookings.models import GroupSession
from core.text import one_line


def session_entry(session: GroupSession, reader: Reader, *, stamp: datetime) -> Event:
    """Return the session as one event for who holds it; its UID is the session's id for life.

    `session` has its service, resource and organization at hand. `stamp` as of a booking's entry.
    """
    is_cancelled = session.cancelled_at is not None
    event = Event()
    event.add("uid", str(session.pk))
    event.add("sequence", session.version - 1)
    event.add("dtstamp", stamp)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", _summary(session))
    place = one_line(session.service.location, longest=LONGEST_PLACE)
    event.add("location", place or one_line(session.organization.name))
    event.add("description", _description(session, reader))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if is_cancelled else "OPAQUE")
    if reader.url:
        event.add("url", reader.url)
    return event


def _summary(session: GroupSession) -> str:
    what = _("%(course)s, %(taken)d of %(capacity)d places taken") % {
        "course": session.service.name,
        "taken": session.taken + session.held,
        "capacity": session.capacity,
    }
    if session.cancelled_at is not None:
        what = _("Cancelled: %(what)s") % {"what": session.service.name}
    return one_line(what)


def _description(session: GroupSession, reader: Reader) -> str:
    lines = when_in_words(session.starts_at, session.ends_at, reader.zone)
    lines.append(one_line(_("Group session with %(name)s") % {"name": session.resource.name}))
    if reader.url:
        lines.append(f"{_('In the console:')} {reader.url}")
    return "\n".join(lines)
