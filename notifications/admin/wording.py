"""What became of a message, in a word with a color and a shape, and in a sentence."""

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import times
from core.templatetags.console import render_pill
from notifications.models import Delivery, Reminder
from notifications.services.messages import MESSAGES

DAY_MINUTES = 24 * 60
# By the column of Delivery that says what it is about: a word, and whose page tells more.
ABOUT: dict[str, tuple[Promise | str, str]] = {
    "booking": ("", "booking"),
    "waitlist_entry": (gettext_lazy("Waitlist"), "waitlistentry"),
    "group_session": (gettext_lazy("Group session"), "groupsession"),
    "bundle": (gettext_lazy("Bundle"), "bundlepurchase"),
    "customer_link": (gettext_lazy("Customer"), "customer"),
}
LOOKS = {
    Delivery.Status.QUEUED: ("amber", "schedule_send"),
    Delivery.Status.SENDING: ("amber", "outgoing_mail"),
    Delivery.Status.SENT: ("green", "send"),
    Delivery.Status.DELIVERED: ("green", "mark_email_read"),
    Delivery.Status.BOUNCED: ("red", "unsubscribe"),
    Delivery.Status.FAILED: ("red", "error"),
    Delivery.Status.DROPPED: ("grey", "do_not_disturb_on"),
}


def label_of(message: str) -> str:
    known = MESSAGES.get(message)
    return str(known.label) if known else message


def about_of(delivery: Any) -> tuple[str, str]:
    """Return what a message is about, in a word, and where its page is.

    The row knows the booking's `reference` and the link's `customer_id`.
    """
    column, row_id = delivery.about
    if column == "password_reset":
        return _("New password"), reverse("admin:core_membership_changelist")
    if column == "member_invitation":
        return _("Invitation"), reverse("admin:core_membership_changelist")
    word, page = ABOUT[column]
    if column == "booking":
        word = delivery.reference
    elif column == "customer_link":
        row_id = delivery.customer_id
    return str(word), reverse(f"admin:bookings_{page}_change", args=[row_id])


def delivery_pill(delivery: Delivery) -> SafeString:
    status = Delivery.Status(delivery.status)
    color, icon = LOOKS[status]
    return render_pill(color, icon, str(status.label))


def explain(delivery: Delivery) -> str:
    """Say what became of a message in one sentence."""
    status = Delivery.Status(delivery.status)
    if status == Delivery.Status.DROPPED:
        return str(Delivery.DropReason(delivery.drop_reason).label)
    if status == Delivery.Status.FAILED:
        return ngettext(
            "We gave up after %(count)d try: asking again cannot help by itself.",
            "We gave up after %(count)d tries: asking again cannot help by itself.",
            delivery.attempts,
        ) % {"count": delivery.attempts}
    if status == Delivery.Status.BOUNCED:
        return _("It was taken, and then sent back: the mailbox does not accept it.")
    if status == Delivery.Status.SENT:
        return _("The mail server took it on %(when)s.") % {"when": _when(delivery)}
    if status == Delivery.Status.DELIVERED:
        return _("It lies in the mailbox since %(when)s.") % {"when": _when(delivery)}
    if delivery.attempts:
        return _("Try %(tries)d did not work. The next one is at %(when)s.") % {
            "tries": delivery.attempts,
            "when": times.moment(delivery.not_before),
        }
    return _("It leaves in a moment.")


REMINDER_LOOKS = {
    Reminder.Status.WAITING: ("amber", "schedule_send"),
    Reminder.Status.TOLD: ("green", "notifications_active"),
    Reminder.Status.DROPPED: ("grey", "do_not_disturb_on"),
}


def reminder_pill(reminder: Reminder) -> SafeString:
    status = Reminder.Status(reminder.status)
    color, icon = REMINDER_LOOKS[status]
    return render_pill(color, icon, str(status.label))


def how_long_before(minutes: int) -> str:
    """Say a rule's length in the largest unit that fits: 1440 is a day."""
    if minutes % DAY_MINUTES == 0:
        days = minutes // DAY_MINUTES
        return ngettext("%(count)d day before", "%(count)d days before", days) % {"count": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(count)d hour before", "%(count)d hours before", hours) % {"count": hours}
    return ngettext("%(count)d minute before", "%(count)d minutes before", minutes) % {
        "count": minutes
    }


def _when(delivery: Delivery) -> str:
    at = delivery.ended_at or delivery.sent_at
    return times.moment(at) if at else _("a time that is not known")
