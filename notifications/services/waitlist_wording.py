"""What a mail says about somebody's place on a waitlist."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Resource, WaitlistEntry
from bookings.selectors.waitlist import waitlist_url
from core import times
from core.times import zone_label, zone_of
from notifications.models import Delivery
from notifications.services.facts import Facts
from notifications.services.message import Message
from notifications.services.times import When, elsewhere, read_differently, when
from notifications.services.wording import Line, as_text, lines_of_failure

JOINED = "waitlist_joined"


def zone_of_entry(entry: WaitlistEntry) -> str:
    """Return the zone in which somebody who waits reads times."""
    return entry.timezone or entry.organization.timezone


def context_of_entry(message: Message, entry: WaitlistEntry, facts: Facts) -> dict[str, object]:
    """Return what the templates say about `entry`, in the active language."""
    for_customer = message.audience == Delivery.Audience.CUSTOMER
    ours = entry.organization.timezone
    zone = zone_of_entry(entry) if for_customer else ours
    of_a_session = entry.group_session_id is not None
    offered = None if message.name == JOINED else entry.hold
    starts_at = offered.starts_at if offered else entry.from_at
    if offered:
        said = when(starts_at, offered.ends_at, zone)
    elif of_a_session:
        said = when(starts_at, entry.to_at, zone)
    else:
        said = window_of(entry, zone)
    differs = (offered is not None or of_a_session) and for_customer
    differs = differs and read_differently(starts_at, zone, ours)
    with_whom = offered.resource if offered else entry.resource
    lines = [
        Line(_("What"), entry.service.name),
        *([Line(_("With"), with_whom.name)] if with_whom else []),
    ]
    if not for_customer:
        lines = [
            *lines_of_failure(facts),
            Line(_("Who"), entry.name),
            Line(_("E-mail"), entry.email, href=f"mailto:{quote(entry.email, safe='@+')}"),
            *([Line(_("Phone"), entry.phone)] if entry.phone else []),
            *lines,
        ]
    return {
        "booking": {"name": entry.name},
        "when": said,
        "also": elsewhere(starts_at, ours) if differs else "",
        "of_a_session": of_a_session,
        "until": _until(offered.expires_at, zone) if offered else "",
        "what": _what(entry.service.name, said.short, with_whom),
        "lines": lines,
        "lines_as_text": as_text(lines),
        "facts": facts,
        "offer_url": waitlist_url(entry) if for_customer else "",
        "console_url": "" if for_customer else console_url_of(entry),
    }


def console_url_of(entry: WaitlistEntry) -> str:
    """Return the entry's page in the console, without loading every door into the worker."""
    return f"{settings.PUBLIC_BASE_URL}/admin/bookings/waitlistentry/{entry.pk}/change/"


def _what(service: str, at: str, with_whom: Resource | None) -> str:
    if with_whom is None:
        return _("%(service)s, %(when)s") % {"service": service, "when": at}
    words = {"service": service, "when": at, "resource": with_whom.name}
    return _("%(service)s, %(when)s with %(resource)s") % words


def window_of(entry: WaitlistEntry, zone: str) -> When:
    """Say between when and when somebody would take a time, on the clock of `zone`."""
    with timezone.override(zone_of(zone)):
        span = times.stretch(entry.from_at, entry.to_at)
    label = zone_label(entry.from_at, zone, until=entry.to_at)
    return When(short=span, day=_("You wait for a time in"), hours=span, span=span, zone=label)


def _until(at: datetime, zone: str) -> str:
    with timezone.override(zone_of(zone)):
        return times.moment(at)
