"""What a mail says about a booking, before any template: lines of label and value."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.calendars.ical import zone_of_customer
from bookings.models import (
    Booking,
    BundlePurchase,
    CreditEntry,
    GroupSession,
)
from notifications.models import Delivery
from notifications.services.facts import Facts
from notifications.services.times import elsewhere, read_differently, when

NOT_DIALED = re.compile(r"[^\d+*#]")


@dataclass(frozen=True)
class Line:
    """One fact. `href` makes it a link where there are links; `struck` says it is no longer so."""

    label: str
    value: str
    href: str = ""
    struck: bool = False


OTHERS_SAID = 20


def lines_for_customer(booking: Booking, facts: Facts) -> list[Line]:
    """Say what changed, with whom, what, and how to name the booking on the telephone."""
    return [
        *before(booking, facts, zone_of_customer(booking)),
        *_others(booking, facts, zone_of_customer(booking)),
        Line(_("With"), booking.resource.name),
        Line(_("What"), what_of(booking)),
        *_price(booking),
        *_fee(booking),
        Line(_("Reference"), booking.reference),
    ]


def lines_for_previous(booking: Booking, zone: str) -> list[Line]:
    """Say what went to somebody else, and when it is now. No longer how to reach who comes."""
    now = _("%(time)s with %(who)s") % {
        "time": when(booking.starts_at, booking.ends_at, zone).span,
        "who": booking.resource.name,
    }
    return [
        Line(_("Now"), now),
        Line(_("Who"), booking.name),
        Line(_("What"), what_of(booking)),
        Line(_("Reference"), booking.reference),
    ]


def what_of(booking: Booking) -> str:
    """Return what is booked; of a place, that it is one in a group session."""
    name: str = booking.service.name
    if booking.group_session_id is None:
        return name
    return _("%(service)s, group session") % {"service": name}


def lines_for_business(booking: Booking, facts: Facts, ours: str) -> list[Line]:
    """Say who comes and how to reach them, with whom, what for, and what changed.

    `ours` is the reader's zone.
    """
    theirs = zone_of_customer(booking)
    is_over = booking.status == Booking.Status.CANCELLED
    return [
        *lines_of_failure(facts),
        *before(booking, facts, ours),
        *_others(booking, facts, ours),
        Line(_("Who"), booking.name),
        *_if_any(_("Company"), booking.company),
        Line(_("E-mail"), booking.email, href=f"mailto:{quote(booking.email, safe='@+')}"),
        *_if_any(_("Phone"), booking.phone, href=f"tel:{NOT_DIALED.sub('', booking.phone)}"),
        Line(_("What"), what_of(booking)),
        Line(_("With"), booking.resource.name),
        *(
            [Line(_("Customer's time"), elsewhere(booking.starts_at, theirs))]
            if read_differently(booking.starts_at, ours, theirs)
            else []
        ),
        *_price(booking),
        Line(_("Status"), booking.get_status_display()),
        *_fee(booking),
        *_if_any(_("Reason"), booking.cancel_reason if is_over else facts.reason),
        Line(_("Reference"), booking.reference),
    ]


def zone_of_reader(audience: str, booking: Booking) -> str:
    """Return the zone whose clock a message to `audience` speaks of."""
    if audience == Delivery.Audience.CUSTOMER:
        return zone_of_customer(booking)
    if audience == Delivery.Audience.STAFF:
        return booking.resource.timezone
    house: str = booking.organization.timezone
    return house


def as_text(lines: Iterable[Line]) -> str:
    """Set lines in two columns, for the plain text."""
    lines = list(lines)
    width = max(len(line.label) for line in lines) + 2
    return "\n".join(
        textwrap.indent(line.value, " " * width).replace(
            " " * width, f"{line.label}:".ljust(width), 1
        )
        for line in lines
    )


def _if_any(label: str, value: str, *, href: str = "") -> list[Line]:
    return [Line(label, value, href)] if value else []


def before(booking: Booking | GroupSession, facts: Facts, zone: str) -> list[Line]:
    """Say when and with whom it was before, where that changed."""
    if facts.before is None:
        return []
    said = when(facts.before.starts_at, facts.before.ends_at, zone)
    changed = said.zone != when(booking.starts_at, booking.ends_at, zone).zone
    value = f"{said.span}, {said.zone}" if changed else said.span  # a clock change lies between
    if facts.before.resource_id != booking.resource_id:
        value = _("%(time)s with %(who)s") % {"time": value, "who": facts.before_with}
    return [Line(_("Before"), value, struck=True)]


def _others(booking: Booking, facts: Facts, zone: str) -> list[Line]:
    """Say when the other appointments are that the message also speaks of."""
    length = booking.ends_at - booking.starts_at
    said = [when(start, start + length, zone).span for start in facts.others[:OTHERS_SAID]]
    left = len(facts.others) - len(said)
    if left > 0:
        said.append(ngettext("%(number)d more", "%(number)d more", left) % {"number": left})
    return [Line(_("Also"), "; ".join(said))] if said else []


def _price(booking: Booking) -> list[Line]:
    if booking.bundle is not None:
        return [_paid(booking, booking.bundle)]
    if booking.price_amount is None:
        return []
    return [Line(_("Price"), price_of(booking.price_amount, booking.price_currency))]


def price_of(amount: Decimal, currency: str) -> str:
    return f"{number_format(amount, decimal_pos=2)} {currency}"


def _paid(booking: Booking, bundle: BundlePurchase) -> Line:
    """Say which bundle paid, what is left of it, and of a cancelled booking what came back."""
    name, left = bundle.product.name, sessions_left(bundle)
    if booking.status != Booking.Status.CANCELLED:
        return Line(_("Paid with"), f"{name}: {left}")
    returned = CreditEntry.objects.filter(booking=booking, kind=CreditEntry.Kind.RETURNED)
    if returned.exists():
        sentence = _("The session went back to the bundle.")
    else:
        sentence = _("The session stays used.")
    return Line(_("Bundle"), f"{sentence} {name}: {left}")


def sessions_left(bundle: BundlePurchase) -> str:
    """Return `7 of 10 sessions left`."""
    return ngettext(
        "%(left)d of %(total)d session left",
        "%(left)d of %(total)d sessions left",
        bundle.total_sessions,
    ) % {"left": bundle.remaining_sessions, "total": bundle.total_sessions}


def _fee(booking: Booking) -> list[Line]:
    """Say what a late cancellation costs."""
    if booking.fee_amount is None:
        return []
    currency = booking.price_currency or booking.organization.currency
    return [Line(_("Fee"), price_of(booking.fee_amount, currency))]


def lines_of_failure(facts: Facts) -> list[Line]:
    """Say which message did not arrive, where this is about one."""
    return [
        *_if_any(_("Message"), facts.failed_label),
        *_if_any(_("Answer"), facts.failed_answer),
        *_failed_today(facts),
    ]


def _failed_today(facts: Facts) -> list[Line]:
    if facts.failed_today <= 1:
        return []
    number = facts.failed_today
    sentence = ngettext("%(number)d failed message", "%(number)d failed messages", number) % {
        "number": number
    }
    return [Line(_("Last 24 hours"), sentence)]
