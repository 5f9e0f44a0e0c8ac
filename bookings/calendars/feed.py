"""A whole calendar that a program reads again and again: one resource's or one customer's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, timedelta
from typing import TypeAlias

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from bookings.calendars.ical import Reader, UrlOf, entry, new_calendar
from bookings.calendars.session import session_entry
from bookings.models import Customer, GroupSession
from bookings.selectors.feeds import Away, Feed, zone_of_feed
from core.text import one_line

UrlOfSession: TypeAlias = Callable[[GroupSession], str]

READ_AGAIN_AFTER = timedelta(hours=1)
READ_AGAIN_AFTER_TEXT = "PT1H"  # the same


def write_feed(feed: Feed, *, url_of: UrlOf, url_of_session: UrlOfSession) -> bytes:
    """Return the calendar as a file, in the active language. `url_of` a booking may be empty.

    The same Feed gives the same bytes. Nobody's address, and no reason of anybody's absence,
    is in it: calendar services read it too.
    """
    is_customers = isinstance(feed.owner, Customer)
    zone = zone_of_feed(feed.owner)
    calendar = _empty(_name(feed), zone)
    for booking in sorted(feed.bookings, key=lambda row: (row.starts_at, row.pk)):
        reader = Reader(zone=zone, is_staff=not is_customers, url=url_of(booking))
        event = entry(booking, reader, stamp=booking.updated_at)
        event.add("last-modified", booking.updated_at)
        calendar.add_component(event)
    for session in sorted(feed.sessions, key=lambda row: (row.starts_at, row.pk)):
        reader = Reader(zone=zone, is_staff=True, url=url_of_session(session))
        event = session_entry(session, reader, stamp=session.updated_at)
        event.add("last-modified", session.updated_at)
        calendar.add_component(event)
    for event in _time_off(feed.away):
        calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file


def _name(feed: Feed) -> str:
    """Return what the reader's program calls it."""
    organization = one_line(feed.owner.organization.name)
    if isinstance(feed.owner, Customer):
        return organization
    return f"{one_line(feed.owner.name)}, {organization}"


def _empty(name: str, zone: str) -> Calendar:
    """Return a calendar with its name and how often to read it (RFC 7986), said in the older
    way too, which is what most programs read.
    """
    calendar = new_calendar()
    # The library knows neither as text, and would not escape them.
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("x-wr-timezone", zone)
    calendar.add("refresh-interval", READ_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", READ_AGAIN_AFTER_TEXT)
    return calendar


def _time_off(away: Iterable[Away]) -> Iterable[Event]:
    for one in away:
        event = Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.changed_at)
        event.add("summary", _("Time off"))
        if one.is_whole_days:
            event.add("dtstart", one.starts.date())
            event.add("dtend", one.ends.date())
        else:
            event.add("dtstart", one.starts.astimezone(UTC))
            event.add("dtend", one.ends.astimezone(UTC))
        yield event
