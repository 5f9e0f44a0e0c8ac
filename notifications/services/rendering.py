"""From a row to a subject, a text and a page of HTML, in the reader's zone and language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.models import (
    Booking,
    BundlePurchase,
    CustomerLink,
    GroupSession,
    WaitlistEntry,
)
from bookings.selectors.manage import manage_url
from bookings.selectors.own_view import own_url
from core.colors import readable_on
from core.languages import first_spoken
from core.models import Invitation, Organization, PasswordReset
from core.text import one_line
from notifications.models import Content, Delivery
from notifications.selectors.subject import Subject, customer_of
from notifications.services.customer_wording import context_of_bundle, context_of_link
from notifications.services.facts import Facts, facts_of
from notifications.services.member_wording import context_of_invitation, context_of_password_reset
from notifications.services.message import Message
from notifications.services.messages import MESSAGES, message_of
from notifications.services.relevance import Place, place_of
from notifications.services.samples import SAMPLES
from notifications.services.session_wording import context_of_session
from notifications.services.times import elsewhere, read_differently, when
from notifications.services.waitlist_wording import context_of_entry
from notifications.services.wording import (
    as_text,
    lines_for_business,
    lines_for_customer,
    lines_for_previous,
    zone_of_reader,
)

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BLANK_LINES = re.compile(r"\n{3,}")
SPACES_AT_THE_END = re.compile(r"[ \t]+$", re.MULTILINE)


def render(delivery: Delivery, subject: Subject) -> Content:
    """Write `delivery` about `subject` as it is now.

    `subject` has its service, resource, customer and organization at hand.
    """
    message = message_of(delivery)
    with translation.override(language_of(message, subject)):
        return _write(message, subject, facts_of(delivery))


def preview(message: str, booking: Booking) -> Content:
    """Show what `message` (a name in MESSAGES) would say about `booking`, true or not.

    What only its event could tell is made up: it was an hour earlier before. So is what it is
    about, if that is no booking.
    """
    hour = timedelta(hours=1)
    facts = Facts()
    if message.endswith(("_rescheduled", "_gone")):
        before = Place(booking.starts_at - hour, booking.ends_at - hour, booking.resource_id)
        facts = replace(facts, before=before, before_with=booking.resource.name)
    if message == "admin_delivery_failed":
        facts = replace(
            facts,
            failed_label=str(MESSAGES["booking_confirmed"].label),
            failed_answer="550 5.1.1 User unknown",
        )
    subject = SAMPLES[MESSAGES[message].about](booking)
    with translation.override(language_of(MESSAGES[message], subject)):
        return _write(MESSAGES[message], subject, facts)


def _write(message: Message, subject: Subject, facts: Facts) -> Content:
    context = CONTEXTS[type(subject)](message, subject, facts)
    context |= _around(message, subject.organization)
    title, text, html = (
        get_template(f"emails/{message.name}/{part}").render(context)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Content(subject=one_line(title), text=_tidy(text), html=html.strip() + "\n")


def _context_of_booking(message: Message, booking: Booking, facts: Facts) -> dict[str, object]:
    organization = booking.organization
    for_customer = message.audience == Delivery.Audience.CUSTOMER
    zone, ours = zone_of_reader(message.audience, booking), organization.timezone
    place, who = place_of(booking), booking.resource.name
    if message.to_previous and facts.before is not None:
        place, who = facts.before, facts.before_with
    if for_customer:
        lines = lines_for_customer(booking, facts)
    elif message.to_previous:
        lines = lines_for_previous(booking, zone)
    else:
        lines = lines_for_business(booking, facts, zone)
    differs = for_customer and read_differently(booking.starts_at, zone, ours)
    said = when(place.starts_at, place.ends_at, zone)
    return {
        "booking": booking,
        "facts": facts,
        "when": said,
        "also": elsewhere(booking.starts_at, ours) if differs else "",
        "what": _what(booking, said.short, who, for_customer=for_customer),
        "is_place": booking.group_session_id is not None,
        "lines": lines,
        "lines_as_text": as_text(lines),
        "moved_in_time": facts.before is not None
        and (facts.before.starts_at, facts.before.ends_at) != (booking.starts_at, booking.ends_at),
        "is_pending": booking.status == Booking.Status.PENDING,
        "console_url": "" if for_customer else console_url(booking),
        "manage_url": manage_url(booking) if for_customer else "",
        "is_open": booking.status in Booking.OPEN,
    }


def _what(booking: Booking, at: str, who: str, *, for_customer: bool) -> str:
    """Say what a subject is about in one phrase."""
    sentence = _("%(service)s, %(when)s with %(resource)s")
    if booking.group_session_id is not None:
        mine = _("your place in %(service)s, %(when)s with %(resource)s")
        sentence = mine if for_customer else _("place in %(service)s, %(when)s with %(resource)s")
    return sentence % {"service": booking.service.name, "when": at, "resource": who}


CONTEXTS: dict[type[Subject], Callable[..., dict[str, object]]] = {
    Booking: _context_of_booking,
    WaitlistEntry: context_of_entry,
    GroupSession: context_of_session,
    BundlePurchase: context_of_bundle,
    CustomerLink: context_of_link,
    Invitation: context_of_invitation,
    PasswordReset: context_of_password_reset,
}


def _around(message: Message, organization: Organization) -> dict[str, object]:
    """Return what every mail has around what it says."""
    for_customer = message.audience == Delivery.Audience.CUSTOMER
    return {
        "organization": organization,
        "for_customer": for_customer,
        "own_url": own_url(organization) if for_customer else "",
        "can_reply": bool(organization.contact_email),
        "language": translation.get_language(),
        "is_rtl": translation.get_language_bidi(),
        "color": organization.accent_color,
        "letters": readable_on(organization.accent_color),
    }


def language_of(message: Message, subject: Subject) -> str:
    """Return the reader's language where we speak it, else the organization's, else English."""
    for_customer = message.audience == Delivery.Audience.CUSTOMER
    customer = customer_of(subject)
    theirs = [customer.locale] if for_customer and customer else []
    return first_spoken(*theirs, subject.organization.locale)


def console_url(booking: Booking) -> str:
    """Return the booking's page in the console.

    Asking the URL configuration would load every door of the house into the worker.
    """
    return f"{settings.PUBLIC_BASE_URL}/admin/bookings/booking/{booking.pk}/change/"


def _tidy(text: str) -> str:
    kept = CONTROLS.sub("", text)
    return BLANK_LINES.sub("\n\n", SPACES_AT_THE_END.sub("", kept)).strip() + "\n"
