"""What a mail says about a booking, before any template: lines of label and value."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.calendars.ical import zone_of_customer
from bookings.models import Booking, ChangeReason, Resource
from core.models import Event
from notifications.models import Delivery
from notifications.selectors.delivery import number_that_went_wrong
from notifications.services.messages import MESSAGES, message_of
from notifications.services.relevance import Place, came_from, last_told
from notifications.services.times import elsewhere, read_differently, when

NOT_DIALED = re.compile(r"[^\d+*#]")


@dataclass(frozen=True)
class Line:
    """One fact. `href` makes it a link where there are links; `struck` says it is no longer so."""

    label: str
    value: str
    href: str = ""
    struck: bool = False


@dataclass(frozen=True)
class Facts:
    """What a message tells besides the booking itself, read from its event."""

    before: Place | None = None
    before_with: str = ""
    was_request: bool = False
    unanswered: bool = False
    reason: str = ""
    failed_label: str = ""
    failed_answer: str = ""
    failed_today: int = 0
    others: tuple[datetime, ...] = ()


NOTHING = Facts()
OTHERS_SAID = 20


def facts_of(delivery: Delivery) -> Facts:
    """Read what the delivery's event knows: where it was before, what failed."""
    event = delivery.event
    if event.name.startswith("series."):
        return _facts_of_series(delivery)
    if not message_of(delivery).tells_event:
        return NOTHING
    if event.name == "booking.rescheduled":
        gone = message_of(delivery).to_previous
        before = came_from(event) if gone else last_told(delivery)
        return Facts(
            before=before,
            before_with=_name_of(before.resource_id),
            reason=_reason_of(event),
        )
    if event.name == "booking.cancelled":
        was_request = event.data.get("was") == Booking.Status.PENDING
        return Facts(was_request=was_request, unanswered=bool(event.data.get("unanswered")))
    if event.name in ("delivery.failed", "delivery.bounced"):
        failed = Delivery.objects.without_content().get(pk=event.subject_id)
        return Facts(
            failed_label=str(MESSAGES[failed.message].label),
            failed_answer=failed.last_error,
            failed_today=number_that_went_wrong(failed.organization_id),
        )
    return NOTHING


def _facts_of_series(delivery: Delivery) -> Facts:
    """Read when the others are that the same happened to; of a move, where the first was."""
    event = delivery.event
    starts = [parse_datetime(text) for text in event.data["starts"]]
    others = tuple(start for start in starts[1:] if start is not None)
    was_request = event.data.get("was") == Booking.Status.PENDING
    if event.name != "series.rescheduled":
        return Facts(others=others, was_request=was_request)
    before = came_from(event)
    return Facts(before=before, before_with=_name_of(before.resource_id), others=others)


def lines_for_customer(booking: Booking, facts: Facts) -> list[Line]:
    """Say what changed, with whom, what, and how to name the booking on the telephone."""
    return [
        *_before(booking, facts, zone_of_customer(booking)),
        *_others(booking, facts, zone_of_customer(booking)),
        Line(_("With"), booking.resource.name),
        Line(_("What"), booking.service.name),
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
        Line(_("What"), booking.service.name),
        Line(_("Reference"), booking.reference),
    ]


def lines_for_business(booking: Booking, facts: Facts, ours: str) -> list[Line]:
    """Say who comes and how to reach them, with whom, what for, and what changed.

    `ours` is the reader's zone.
    """
    theirs = zone_of_customer(booking)
    is_over = booking.status == Booking.Status.CANCELLED
    return [
        *_if_any(_("Message"), facts.failed_label),
        *_if_any(_("Answer"), facts.failed_answer),
        *_failed_today(facts),
        *_before(booking, facts, ours),
        *_others(booking, facts, ours),
        Line(_("Who"), booking.name),
        *_if_any(_("Company"), booking.company),
        Line(_("E-mail"), booking.email, href=f"mailto:{quote(booking.email, safe='@+')}"),
        *_if_any(_("Phone"), booking.phone, href=f"tel:{NOT_DIALED.sub('', booking.phone)}"),
        Line(_("What"), booking.service.name),
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


def _before(booking: Booking, facts: Facts, zone: str) -> list[Line]:
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
    if booking.price_amount is None:
        return []
    amount = number_format(booking.price_amount, decimal_pos=2)
    return [Line(_("Price"), f"{amount} {booking.price_currency}")]


def _fee(booking: Booking) -> list[Line]:
    """Say what a late cancellation costs."""
    if booking.fee_amount is None:
        return []
    currency = booking.price_currency or booking.organization.currency
    return [Line(_("Fee"), f"{number_format(booking.fee_amount, decimal_pos=2)} {currency}")]


def _failed_today(facts: Facts) -> list[Line]:
    if facts.failed_today <= 1:
        return []
    number = facts.failed_today
    sentence = ngettext("%(number)d failed message", "%(number)d failed messages", number) % {
        "number": number
    }
    return [Line(_("Last 24 hours"), sentence)]


def _reason_of(moved: Event) -> str:
    """Return why it was moved, where somebody said so."""
    said = ChangeReason.objects.filter(booking=moved.subject_id, version=moved.data["version"])
    return said.values_list("text", flat=True).first() or ""


def _name_of(resource_id: UUID) -> str:
    return Resource.objects.values_list("name", flat=True).filter(pk=resource_id).first() or ""
