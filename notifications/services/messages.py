"""Every message there is: who reads it, and as long as what it is true.

Which event promises which of them stands in `notifications.handlers`; the words stand in
`templates/emails/<name>/`.
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, BundlePurchase, GroupSession, WaitlistEntry
from notifications.models import Delivery
from notifications.services.message import BOTH, BUSINESS, PREFIXES, Message, to_each

Audience = Delivery.Audience
Status = Booking.Status
Entry = WaitlistEntry.Status
Session = GroupSession.Status

ANY_STATUS = frozenset(Status)
OPEN = frozenset(Booking.OPEN)
SESSION_AHEAD = frozenset({Session.OPEN, Session.FULL})
# Staff who tidy up last month's list do not thank, or miss, anybody by mail.
WHILE_FRESH = timedelta(days=7)
UNTIL_ITS_END = timedelta(0)

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
        *to_each(
            Audience,
            "booking_confirmed",
            _("Confirmation"),
            frozenset({Status.CONFIRMED}),
            until=UNTIL_ITS_END,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *to_each(
            Audience,
            "booking_rescheduled",
            _("New time"),
            OPEN,
            until=UNTIL_ITS_END,
            latest_only=True,
            tells_event=True,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *to_each(
            BOTH,
            "booking_updated",
            _("Change"),
            OPEN,
            until=UNTIL_ITS_END,
            latest_only=True,
            invitation=Delivery.Invitation.REQUEST,
        ),
        *to_each(
            Audience,
            "booking_reminder",
            _("Reminder"),
            frozenset({Status.CONFIRMED}),
            until_start=True,
        ),
        *to_each(
            BOTH,
            "booking_completed",
            _("Completion"),
            frozenset({Status.COMPLETED}),
            until=WHILE_FRESH,
        ),
        *to_each(
            BOTH, "booking_no_show", _("No-show"), frozenset({Status.NO_SHOW}), until=WHILE_FRESH
        ),
        *to_each(
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
        *to_each(
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
        *to_each(
            BUSINESS,
            "session_cancelled",
            _("Cancellation"),
            frozenset({Session.CANCELLED}),
            about="group_session",
            until=WHILE_FRESH,
            tells_event=True,
        ),
        *to_each(
            BUSINESS,
            "session_reminder",
            _("Reminder"),
            SESSION_AHEAD,
            about="group_session",
            until_start=True,
        ),
        *to_each(  # a receipt says what was bought, which nothing changes
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
            name="invitation",
            audience=Audience.STAFF,
            label=_("Invitation to work here"),
            about="member_invitation",
        ),
        Message(
            name="password_reset",
            audience=Audience.STAFF,
            label=_("New password"),
            about="password_reset",
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
