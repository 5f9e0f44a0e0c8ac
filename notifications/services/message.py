"""One message of the product: who reads it, what it is about, as long as what it is true."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise

from bookings.models import Booking, BundlePurchase, GroupSession, WaitlistEntry
from notifications.models import Delivery

Audience = Delivery.Audience
AnyStatus = Booking.Status | WaitlistEntry.Status | GroupSession.Status | BundlePurchase.Status


@dataclass(frozen=True, kw_only=True)
class Message:
    """One thing that we tell somebody about a booking, or about one of the other SUBJECTS.

    about:       which of them, as a column of Delivery.
    true_while:  the statuses of what it is about in which it may still be sent.
    until:       how long after the end of the appointment it is of any use; None: always.
    until_start: it is of no use once the appointment has begun.
    latest_only: a later event of the same name makes it pointless.
    tells_event: it says more than the booking does, and its event knows what.
    makes_offer: it is as true as the offer on the waitlist that its event made.
    to_previous: it goes to the member of staff whom the event took the booking from.
    invitation:  what it asks the reader's calendar program to do, where that fits the booking
                 (notifications.services.inviting).
    """

    name: str
    audience: Delivery.Audience
    label: Promise
    true_while: frozenset[AnyStatus] = frozenset()
    about: str = "booking"
    until: timedelta | None = None
    until_start: bool = False
    latest_only: bool = False
    tells_event: bool = False
    makes_offer: bool = False
    to_previous: bool = False
    invitation: Delivery.Invitation | None = None

    @property
    def reads_event(self) -> bool:
        """Whether its event is needed to know what it says, or whether it is still true."""
        if self.audience == Audience.STAFF:
            return True
        return self.tells_event or self.until_start or self.makes_offer


PREFIXES = {Audience.CUSTOMER: "", Audience.STAFF: "staff_", Audience.ADMIN: "admin_"}
BOTH = (Audience.CUSTOMER, Audience.ADMIN)
BUSINESS = (Audience.STAFF, Audience.ADMIN)


def to_each(
    audiences: Iterable[Delivery.Audience],
    name: str,
    label: Promise,
    true_while: frozenset[AnyStatus],
    *,
    about: str = "booking",
    until: timedelta | None = None,
    until_start: bool = False,
    latest_only: bool = False,
    tells_event: bool = False,
    invitation: Delivery.Invitation | None = None,
) -> list[Message]:
    """Tell several readers the same. The admin address has no calendar to invite to."""
    return [
        Message(
            name=PREFIXES[audience] + name,
            audience=audience,
            label=label,
            true_while=true_while,
            about=about,
            until=until,
            until_start=until_start,
            latest_only=latest_only,
            tells_event=tells_event,
            invitation=None if audience == Audience.ADMIN else invitation,
        )
        for audience in audiences
    ]
