"""Every message there is: who reads it, and as long as what it is true.

Which event promises which of them stands in `notifications.handlers`; the words stand in
`templates/emails/<name>/`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, BundlePurchase, GroupSession, WaitlistEntry
from notifications.models import Delivery

Audience = Delivery.Audience
Status = Booking.Status
Entry = WaitlistEntry.Status
Session = GroupSession.Status

AnyStatus = Status | Entry | Session | BundlePurchase.Status
ANY_STATUS = frozenset(Status)
OPEN = frozenset(Booking.OPEN)
SESSION_AHEAD = frozenset({Session.OPEN, Session.FULL})
# Staff who tidy up last month's list do not thank, or miss, anybody by mail.
WHILE_FRESH = timedelta(days=7)
UNTIL_ITS_END = timedelta(0)


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


def _to(
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


MESSAGES = {
    message.name: message
    for message in [
        Message(
            name="booking_received",
            audience=Audience.CUSTOMER,
            label=_("Request received"),
            true_while=frozenset({Status.PENDING}),
            until=UNTIL_ITS_END,
        ),
        Message(
            name="admin_booking_new",
            audience=Audience.ADMIN,
            label=_("New booking"),
            true_while=ANY_STATUS - {Status.CANCELLED},
        ),
        Message(
            name="staff_booking_new",
            audience=Audience.STAFF,
            label=_("New booking"),
            true_while=OPEN,
            until=UNTIL_ITS_END,
            invitation=Delivery.Invitation.REQUEST,
        ),
        Message(
            name="staff_booking_gone",
            audience=Audience.STAFF,
            label=_("Now with somebody else"),
            true_while=OPEN,
            until=UNTIL_ITS_END,
            tells_event=True,
            to_previous=True,
            invitation=Delivery.Invitation.CANCEL,
        ),
        *_to(
            Audience,
            "booking_confirmed",
            _("Confirmation"),
            frozenset({Status.CONFIRMED}),
            until=UNTIL_ITS_END,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *_to(
            Audience,
            "booking_rescheduled",
            _("New time"),
            OPEN,
            until=UNTIL_ITS_END,
            latest_only=True,
            tells_event=True,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *_to(
            BOTH,
            "booking_updated",
            _("Change"),
            OPEN,
            until=UNTIL_ITS_END,
            latest_only=True,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *_to(
            Audience,
            "booking_reminder",
            _("Reminder"),
            frozenset({Status.CONFIRMED}),
            until_start=True,
        ),
        *_to(
            BOTH,
            "booking_completed",
            _("Completion"),
            frozenset({Status.COMPLETED}),
            until=WHILE_FRESH,
        ),
        *_to(BOTH, "booking_no_show", _("No-show"), frozenset({Status.NO_SHOW}), until=WHILE_FRESH),
        *_to(
            Audience,
            "booking_cancelled",
            _("Cancellation"),
            frozenset({Status.CANCELLED}),
            until=WHILE_FRESH,
            tells_event=True,
            invitation=Delivery.Invitation.CANCEL,
        ),
        Message(
            name="waitlist_joined",
            about="waitlist_entry",
            audience=Audience.CUSTOMER,
            label=_("On the waitlist"),
            true_while=frozenset({Entry.WAITING}),
        ),
        Message(
            name="waitlist_offer",
            about="waitlist_entry",
            audience=Audience.CUSTOMER,
            label=_("A time came free"),
            true_while=frozenset({Entry.OFFERED}),
            makes_offer=True,
        ),
        Message(
            name="waitlist_offer_expired",
            about="waitlist_entry",
            audience=Audience.CUSTOMER,
            label=_("Offer expired"),
            true_while=frozenset({Entry.EXPIRED}),
        ),
        *_to(
            BUSINESS,
            "session_rescheduled",
            _("New time"),
            SESSION_AHEAD,
            about="group_session",
            until=UNTIL_ITS_END,
            latest_only=True,
            tells_event=True,
        ),
        Message(
            name="staff_session_gone",
            audience=Audience.STAFF,
            label=_("Now with somebody else"),
            true_while=SESSION_AHEAD,
            about="group_session",
            until=UNTIL_ITS_END,
            tells_event=True,
            to_previous=True,
        ),
        *_to(
            BUSINESS,
            "session_cancelled",
            _("Cancellation"),
            frozenset({Session.CANCELLED}),
            about="group_session",
            until=WHILE_FRESH,
            tells_event=True,
        ),
        *_to(
            BUSINESS,
            "session_reminder",
            _("Reminder"),
            SESSION_AHEAD,
            about="group_session",
            until_start=True,
        ),
        *_to(  # a receipt says what was bought, which nothing changes
            BOTH,
            "bundle_purchased",
            _("Bundle bought"),
            frozenset(BundlePurchase.Status),
            about="bundle",
        ),
        Message(
            name="bundle_expiring",
            audience=Audience.CUSTOMER,
            label=_("Bundle that ends soon"),
            about="bundle",
            true_while=frozenset({BundlePurchase.Status.ACTIVE}),
        ),
        Message(
            name="customer_link",
            audience=Audience.CUSTOMER,
            label=_("Link to their appointments"),
            about="customer_link",
        ),
        Message(
            name="waitlist_session_cancelled",
            audience=Audience.CUSTOMER,
            label=_("Session cancelled"),
            true_while=frozenset({Entry.EXPIRED}),
        ),
        Message(
            name="admin_delivery_failed",
            audience=Audience.ADMIN,
            label=_("A message that did not arrive"),
            true_while=ANY_STATUS | frozenset(Entry) | frozenset(BundlePurchase.Status),
            tells_event=True,
        ),
    ]
}

CONFIRMATION = MESSAGES["booking_confirmed"]
REMINDERS = {
    audience: MESSAGES[f"{prefix}booking_reminder"] for audience, prefix in PREFIXES.items()
}
REMINDER = REMINDERS[Audience.CUSTOMER]
SESSION_REMINDERS = {
    audience: MESSAGES[f"{PREFIXES[audience]}session_reminder"] for audience in BUSINESS
}


def message_of(delivery: Delivery) -> Message:
    return MESSAGES[delivery.message]
