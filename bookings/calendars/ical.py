"""One appointment as a calendar program reads it: RFC 5545, and RFC 5546 where it is sent.

Times are written in UTC. An appointment is an instant that does not recur, so no program needs
the rules of a zone to show it on its reader's clock; and it stays the instant that was booked
when a country changes its clocks afterwards, while a VTIMEZONE would carry the old rules. The
description says the time once more in words, in the reader's zone with its name and offset.

Texts are in the active language. What people typed becomes one line without controls before the
library escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from bookings.models import Booking
from core import times
from core.text import one_line

PRODUCT = "-//Holdfast//Holdfast//EN"
# What RFC 6068 lets stand in an address as it is. Programs compare it without decoding.
PLAIN_IN_AN_ADDRESS = "@+!$&'*/=_~-"
LONGEST_PLACE = 500  # a link to a video room is cut nowhere
STATUS = {
    Booking.Status.PENDING: "TENTATIVE",
    Booking.Status.CONFIRMED: "CONFIRMED",
    Booking.Status.COMPLETED: "CONFIRMED",
    Booking.Status.NO_SHOW: "CONFIRMED",
    Booking.Status.CANCELLED: "CANCELLED",
}


UrlOf: TypeAlias = Callable[[Booking], str]


class Method(StrEnum):
    """What a file asks its reader's program to do."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose calendar it is for. Staff read who comes, the customer reads with whom.

    zone: the IANA zone in which they read times.
    url:  where they read or change the booking; empty when there is no such page.
    """

    zone: str
    is_staff: bool = False
    url: str = ""


def calendar_file(booking: Booking, *, manage_url: str = "") -> bytes:
    """Return the booking as a file for its customer to keep; `manage_url` is in it if given.

    `booking` has its service, resource and organization at hand.
    """
    reader = Reader(zone=zone_of_customer(booking), url=manage_url)
    event = entry(booking, reader, stamp=timezone.now())
    event.add("organizer", _organizer(booking))
    return _alone(event, Method.PUBLISH)


def invitation(
    booking: Booking, method: Method, reader: Reader, *, name: str, address: str
) -> bytes:
    """Return what a mail to `address` carries: REQUEST puts the booking into their calendar or
    changes it there, CANCEL takes it out, whatever the booking's own status is.

    The reader counts as having accepted already, and no program asks them to answer. `name` may
    be empty.
    """
    event = entry(booking, reader, stamp=timezone.now())
    if method == Method.CANCEL:
        event["status"] = "CANCELLED"
    event.add("organizer", _organizer(booking))
    event.add("attendee", _attendee(name, address))
    return _alone(event, method)


def publication(bookings: Iterable[Booking], reader: Reader, *, url_of: UrlOf) -> bytes:
    """Return several appointments as one file: a REQUEST or a CANCEL may hold no more than one.

    Each is the same event as in an invitation of its own, and says itself what became of it.
    """
    calendar = new_calendar()
    calendar.add("method", Method.PUBLISH.value)
    stamp = timezone.now()
    for booking in bookings:
        event = entry(booking, replace(reader, url=url_of(booking)), stamp=stamp)
        event.add("organizer", _organizer(booking))
        calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file


def entry(booking: Booking, reader: Reader, *, stamp: datetime) -> Event:
    """Return the booking as one event, as `reader` knows it.

    Its UID is the booking's id for life, its SEQUENCE the number of changes. `stamp` says when
    this was written or, in a file without a method, when it was last changed.
    """
    event = Event()
    event.add("uid", str(booking.pk))
    event.add("sequence", booking.version - 1)
    event.add("dtstamp", stamp)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", _summary(booking, reader))
    event.add("location", _place(booking))
    event.add("description", _description(booking, reader))
    event.add("status", STATUS[Booking.Status(booking.status)])
    is_cancelled = booking.status == Booking.Status.CANCELLED
    event.add("transp", "TRANSPARENT" if is_cancelled else "OPAQUE")
    if reader.url:
        event.add("url", reader.url)
    return event


def zone_of_customer(booking: Booking) -> str:
    """Return the zone in which the booking's customer reads times."""
    return booking.timezone or booking.organization.timezone


def new_calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _alone(event: Event, method: Method) -> bytes:
    calendar = new_calendar()
    calendar.add("method", method.value)
    calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file


def _summary(booking: Booking, reader: Reader) -> str:
    if reader.is_staff:
        summary = f"{booking.name}, {booking.service.name}"
    else:
        summary = _("%(service)s with %(resource)s") % {
            "service": booking.service.name,
            "resource": booking.resource.name,
        }
    # Not every program shows an event's status.
    if booking.status == Booking.Status.PENDING:
        summary = _("Not confirmed yet: %(what)s") % {"what": summary}
    if booking.status == Booking.Status.CANCELLED:
        summary = _("Cancelled: %(what)s") % {"what": summary}
    return one_line(summary)


def _place(booking: Booking) -> str:
    """Say where, or how; at the organization when nothing else is known."""
    return one_line(booking.where, longest=LONGEST_PLACE) or one_line(booking.organization.name)


def _description(booking: Booking, reader: Reader) -> str:
    lines = [
        *when_in_words(booking.starts_at, booking.ends_at, reader.zone),
        _("Reference: %(reference)s") % {"reference": booking.reference},
    ]
    if not reader.is_staff:
        lines.append(one_line(booking.organization.name))
    if reader.url:
        label = _("In the console:") if reader.is_staff else _("Change or cancel:")
        lines.append(f"{label} {reader.url}")
    return "\n".join(lines)


def when_in_words(starts_at: datetime, ends_at: datetime, zone: str) -> list[str]:
    """Return the day and hours on the clock of `zone`, and the zone's name and offset."""
    with timezone.override(times.zone_of(zone)):
        day = times.long_day(times.local(starts_at).date())
        hours = times.hours(starts_at, ends_at)
    return [f"{day}, {hours}", times.zone_label(starts_at, zone, until=ends_at)]


def _organizer(booking: Booking) -> vCalAddress:
    """Return the organization: by its contact address, else by the one that mails come from."""
    organization = booking.organization
    address = organization.contact_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    organizer = vCalAddress(_mailto(address))
    organizer.params["CN"] = _name(organization.name)
    return organizer


def _attendee(name: str, address: str) -> vCalAddress:
    attendee = vCalAddress(_mailto(address))
    attendee.params.update(
        {
            **({"CN": _name(name)} if name else {}),
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": "ACCEPTED",
            "RSVP": "FALSE",
        }
    )
    return attendee


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe=PLAIN_IN_AN_ADDRESS)}"


def _name(text: str) -> str:
    """Return a name as a parameter: few programs know how a quotation mark is escaped in one."""
    return one_line(text).replace('"', "'")
