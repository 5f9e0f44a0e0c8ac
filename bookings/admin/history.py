"""What happened to a booking, a session or on a waitlist, when, and who did it: in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bookings.models import (
    Booking,
    BundlePurchase,
    ChangeReason,
    Customer,
    GroupSession,
    GroupSessionTemplate,
    Resource,
    WaitlistEntry,
)
from core import times
from core.access import Caller
from core.admin.actors import Actors
from core.admin.happenings import words_of
from core.models import Event

MOST = 200
MOST_OF_A_CUSTOMER = 100
MOVED = ("booking.rescheduled", "group_session.rescheduled")


@dataclass(frozen=True)
class Entry:
    at: datetime
    sentence: str
    who: str
    why: str = ""
    about: str = ""  # which of several things it happened to, and where that is
    url: str = ""


def history_of(booking: Booking) -> list[Entry]:
    """Return the story of a booking, oldest first. Five queries at most, however long it is."""
    events = list(Event.objects.filter(subject_id=booking.pk).order_by("id")[:MOST])
    names = _Names(events)
    reasons = dict(ChangeReason.objects.filter(booking=booking).values_list("version", "text"))
    return [
        Entry(
            event.created_at,
            _sentence(event, names),
            names.actor(event),
            # One change may be told by two events: its reason stands beside the first.
            reasons.pop(event.data.get("version"), ""),
        )
        for event in events
    ]


def history_of_entry(entry: WaitlistEntry) -> list[Entry]:
    """Return the story of a place on a waitlist, oldest first. Three queries at most."""
    return _history(entry.pk)


def history_of_session(session: GroupSession | GroupSessionTemplate) -> list[Entry]:
    """Return the story of a session, or of a weekly one, itself. Four queries at most."""
    return _history(session.pk)


def history_of_customer(customer: Customer, caller: Caller) -> list[Entry]:
    """Return what happened to a customer and to all that is theirs, newest first.

    Of their newest two hundred of each kind, the last hundred events. Eight queries at most.
    """
    bookings = Booking.objects.for_caller(caller).filter(customer=customer)
    bundles = BundlePurchase.objects.for_caller(caller).filter(customer=customer)
    waiting = WaitlistEntry.objects.for_caller(caller).filter(customer=customer)
    kinds = {
        "booking": bookings.order_by("-id").values_list("pk", "reference"),
        "bundlepurchase": bundles.order_by("-id").values_list("pk", "product__name"),
        "waitlistentry": waiting.order_by("-id").values_list("pk", Value(_("Waitlist"))),
    }
    theirs = {customer.pk: ("", "")}
    for kind, rows in kinds.items():
        page = f"admin:bookings_{kind}_change"
        theirs |= {pk: (title, reverse(page, args=[pk])) for pk, title in rows[:MOST]}
    found = Event.objects.for_organization(customer.organization_id).filter(subject_id__in=theirs)
    events = list(found.order_by("-created_at", "-id")[:MOST_OF_A_CUSTOMER])
    names = _Names(events)
    return [
        Entry(
            event.created_at,
            _sentence(event, names),
            names.actor(event),
            about=theirs[event.subject_id][0],
            url=theirs[event.subject_id][1],
        )
        for event in events
    ]


def _history(subject_id: UUID) -> list[Entry]:
    events = list(Event.objects.filter(subject_id=subject_id).order_by("id")[:MOST])
    names = _Names(events)
    return [
        Entry(event.created_at, _sentence(event, names), names.actor(event)) for event in events
    ]


class _Names(Actors):
    """Who acted and where a booking stood, looked up all at once."""

    def __init__(self, events: list[Event]) -> None:
        super().__init__(events)
        resources = {
            UUID(event.data[key])
            for event in events
            for key in ("from_resource_id", "resource_id")
            if event.name in MOVED and event.data.get(key)
        }
        self.resources = self._named(Resource, resources)

    def resource(self, text: str | None) -> str:
        return self.resources.get(UUID(text), "") if text else ""


def _sentence(event: Event, names: _Names) -> str:
    say = SENTENCES.get(event.name)
    return say(event.data, names) if say else words_of(event.name)


def _created(data: dict[str, Any], names: _Names) -> str:
    start = _moment(data.get("starts_at"))
    if data.get("status") == Booking.Status.CONFIRMED:
        return _("Booked for %(start)s") % {"start": start}
    return _("Requested for %(start)s") % {"start": start}


def _confirmed(data: dict[str, Any], names: _Names) -> str:
    return _("Confirmed at once") if data.get("instant") else _("Confirmed")


def _rescheduled(data: dict[str, Any], names: _Names) -> str:
    before, after = _moment(data.get("from_starts_at")), _moment(data.get("starts_at"))
    was, now = names.resource(data.get("from_resource_id")), names.resource(data.get("resource_id"))
    if before == after and was != now:
        return _("Moved from %(was)s to %(now)s") % {"was": was, "now": now}
    if was != now:
        return _("Moved from %(before)s with %(was)s to %(after)s with %(now)s") % {
            "before": before,
            "was": was,
            "after": after,
            "now": now,
        }
    return _("Moved from %(before)s to %(after)s") % {"before": before, "after": after}


def _cancelled(data: dict[str, Any], names: _Names) -> str:
    if "credit_returned" not in data:
        return _("Cancelled")
    if data["credit_returned"]:
        return _("Cancelled, and the session went back to the bundle")
    return _("Cancelled, and the session of the bundle stays used")


def _left_the_line(data: dict[str, Any], names: _Names) -> str:
    if data.get("session_cancelled"):
        return _("The session was cancelled")
    return _("Did not answer in time") if data.get("unanswered") else _("Nothing came free in time")


SENTENCES: dict[str, Callable[[dict[str, Any], _Names], str]] = {
    "booking.created": _created,
    "booking.confirmed": _confirmed,
    "booking.rescheduled": _rescheduled,
    "booking.updated": lambda data, names: _("Details changed"),
    "booking.completed": lambda data, names: _("Completed"),
    "booking.marked_no_show": lambda data, names: _("Marked as no-show"),
    "booking.cancelled": _cancelled,
    "waitlist.joined": lambda data, names: _("Joined the waitlist"),
    "waitlist.offered": lambda data, names: (
        _("Was offered %(start)s") % {"start": _moment(data.get("starts_at"))}
    ),
    "waitlist.declined": lambda data, names: (
        _("Declined") if data.get("left") else _("Declined, and went on waiting")
    ),
    "waitlist.accepted": lambda data, names: _("Accepted"),
    "waitlist.expired": _left_the_line,
    "waitlist.left": lambda data, names: _("Left the waitlist"),
    "group_session.created": lambda data, names: _("Laid out"),
    "group_session.updated": lambda data, names: _("Places or price changed"),
    "group_session.rescheduled": _rescheduled,
    "group_session.cancelled": lambda data, names: _("Cancelled"),
    "session_template.created": lambda data, names: _("Made"),
    "session_template.updated": lambda data, names: _("Changed"),
    "booking.link_renewed": lambda data, names: _("Older links were made invalid"),
}


def _moment(text: str | None) -> str:
    moment = parse_datetime(text) if text else None
    return times.moment(moment) if moment else _("a time")
