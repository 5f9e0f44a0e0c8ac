"""What changing or cancelling sessions means: said before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.admin.session_form import SessionForm
from bookings.models import GroupSession, Resource
from bookings.selectors.attendees import waiting_of
from core import times
from core.admin.context import Desk


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a session is to be; what the service is told."""

    starts_at: datetime
    ends_at: datetime
    resource: Resource
    capacity: int
    price_amount: Decimal

    @classmethod
    def in_form(cls, form: SessionForm, desk: Desk, session: GroupSession) -> Wanted:
        """Return what a valid form says. What was not touched stays to the second."""
        starts_at, ends_at = form.times(desk)
        if not {"day", "starts", "ends"} & set(form.changed_data):
            starts_at, ends_at = session.starts_at, session.ends_at
        return cls(
            starts_at=starts_at,
            ends_at=ends_at,
            resource=form.taught_by,
            capacity=form.cleaned_data["capacity"],
            price_amount=form.cleaned_data["price"],
        )

    def moves(self, session: GroupSession) -> bool:
        there = (session.starts_at, session.ends_at, session.resource_id)
        return (self.starts_at, self.ends_at, self.resource.pk) != there

    def changes(self, session: GroupSession) -> list[tuple[str, str, str]]:
        """Return what would be different: what, from what, to what."""
        currency = session.price_currency
        rows = [
            (
                _("When"),
                times.span(session.starts_at, session.ends_at),
                times.span(self.starts_at, self.ends_at),
            ),
            (_("With"), session.resource.name, self.resource.name),
            (_("Places"), str(session.capacity), str(self.capacity)),
            (
                _("Price"),
                f"{session.price_amount} {currency}",
                f"{self.price_amount:.2f} {currency}",
            ),
        ]
        return [row for row in rows if row[1] != row[2]]


def told_of_cancelling(*, places: int, paid: int, waiting: int) -> list[str]:
    """Say what calling sessions off means: for who comes, for what they paid, for who waits."""
    if not places:
        lines = [_("Nobody has joined, so nobody is told.")]
    else:
        sentence = ngettext(
            "%(count)d customer gets a mail that it is cancelled.",
            "%(count)d customers get a mail that it is cancelled.",
            places,
        )
        lines = [sentence % {"count": places}]
    if paid:
        sentence = ngettext(
            "%(count)d place was paid by a bundle: its session goes back there.",
            "%(count)d places were paid by bundles: their sessions go back there.",
            paid,
        )
        lines.append(sentence % {"count": paid})
    if waiting:
        sentence = ngettext(
            "%(count)d person on the waitlist waits no longer.",
            "%(count)d people on the waitlist wait no longer.",
            waiting,
        )
        lines.append(sentence % {"count": waiting})
    return lines


def told_of_changing(wanted: Wanted, session: GroupSession) -> list[str]:
    """Say whom a change concerns before it is made."""
    lines = []
    if not wanted.moves(session):
        lines.append(_("Nobody is told."))
    elif not session.taken:
        lines.append(_("Nobody has joined, so nobody is told."))
    else:
        sentence = ngettext(
            "%(count)d customer gets a mail with the new time and person.",
            "%(count)d customers get a mail with the new time and person.",
            session.taken,
        )
        lines.append(sentence % {"count": session.taken})
    if wanted.price_amount != session.price_amount:
        lines.append(_("The new price is for who joins from now on."))
    if wanted.capacity > session.capacity and (count := len(waiting_of(session))):
        sentence = ngettext(
            "%(count)d person waits for a place, and is offered one.",
            "%(count)d people wait for a place; the first of them are offered one.",
            count,
        )
        lines.append(sentence % {"count": count})
    return lines
