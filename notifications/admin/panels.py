"""Messages on the pages about bookings, and those that went wrong on the start page."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Booking, BundlePurchase, GroupSession, WaitlistEntry
from core.admin.context import caller_of, desk_of
from core.admin.panels import panel
from core.admin.today import Trouble
from notifications.admin.delivery import LOOKED_BACK, WENT_WRONG, went_wrong_lately
from notifications.admin.wording import (
    delivery_pill,
    explain,
    how_long_before,
    label_of,
    reminder_pill,
)
from notifications.models.delivery import DeliveryQuerySet
from notifications.selectors.delivery import (
    deliveries_about,
    delivery_statistics,
)
from notifications.selectors.reminder import reminders_of
from notifications.services.messages import MESSAGES

MOST = 50
# What the customer hears of each change: the customer's messages in notifications.handlers.
TOLD_OF = {
    "confirmed": "booking_confirmed",
    "rescheduled": "booking_rescheduled",
    "cancelled": "booking_cancelled",
}


@panel("booking.page")
def messages_of_a_booking(request: HttpRequest, *, booking: Booking) -> SafeString | None:
    """Show the messages about a booking on its page, newest first, each with "send again"."""
    return _messages(request, deliveries_about(booking))


@panel("waitlist.page")
def messages_of_an_entry(request: HttpRequest, *, entry: WaitlistEntry) -> SafeString | None:
    """The same on the page of a place on the waitlist."""
    return _messages(request, deliveries_about(entry))


@panel("session.page")
def messages_of_a_session(request: HttpRequest, *, session: GroupSession) -> SafeString | None:
    """And on the page of a group session: what the business was told of all of it."""
    return _messages(request, deliveries_about(session))


@panel("bundle.page")
def messages_of_a_bundle(request: HttpRequest, *, bundle: BundlePurchase) -> SafeString | None:
    return _messages(request, deliveries_about(bundle))


def _messages(request: HttpRequest, deliveries: DeliveryQuerySet) -> SafeString | None:
    desk = desk_of(request)
    if not desk.may("deliveries:read"):
        return None
    rows = [
        {
            "row": row,
            "label": label_of(row.message),
            "pill": delivery_pill(row),
            "said": explain(row),
        }
        for row in deliveries.for_caller(caller_of(request))[:MOST]
    ]
    context = {"deliveries": rows, "may_send": desk.may("deliveries:write")}
    return render_to_string("admin/notifications/of_booking.html", context, request=request)


@panel("booking.page")
def reminders_of_a_booking(request: HttpRequest, *, booking: Booking) -> SafeString | None:
    """Show who is reminded of a booking, when, and what became of it."""
    if not desk_of(request).may("reminders:read"):
        return None
    rows = [
        {
            "row": row,
            "label": how_long_before(row.rule.minutes_before),
            "reader": row.rule.get_audience_display(),
            "pill": reminder_pill(row),
        }
        for row in reminders_of(booking)[:MOST]
    ]
    context = {"reminders": rows, "booking": booking}
    return render_to_string(
        "admin/notifications/reminders_of_booking.html", context, request=request
    )


@panel("booking.told")
def what_the_customer_hears(
    request: HttpRequest, *, booking: Booking | None, change: str
) -> SafeString | str | None:
    """Say what the customer will receive when this is done."""
    if booking is None:
        return _("The customer gets a mail with the time and, once confirmed, the confirmation.")
    message = MESSAGES[TOLD_OF[change]]
    if message.until is not None and booking.ends_at + message.until < timezone.now():
        return _("It is over for too long: nobody gets a message about it.")
    link = reverse("admin:notifications_delivery_preview", args=[booking.pk, message.name])
    return format_html(
        _("The customer gets the message “{}” at {}. {}"),
        message.label,
        booking.email,
        format_html('<a class="hf-link" href="{}">{}</a>', link, _("What it says")),
    )


@panel("console.trouble")
def messages_that_went_wrong(request: HttpRequest) -> Trouble | None:
    desk = desk_of(request)
    if not desk.may("deliveries:read"):
        return None
    count = went_wrong_lately(caller_of(request)).count()
    if not count:
        return None
    sentence = ngettext(
        "%(count)d message did not arrive.", "%(count)d messages did not arrive.", count
    )
    page = reverse("admin:notifications_delivery_changelist")
    return Trouble(count, sentence % {"count": count}, f"{page}?status={WENT_WRONG}")


@panel("console.trouble")
def messages_that_are_late(request: HttpRequest) -> Trouble | None:
    """Messages that have waited for a quarter of an hour: the mail server may be away."""
    desk = desk_of(request)
    if not desk.may("deliveries:read"):
        return None
    since = timezone.now() - LOOKED_BACK
    statistics = delivery_statistics(caller_of(request), since=since)
    if not statistics.late:
        return None
    sentence = ngettext(
        "%(count)d message has waited for more than a quarter of an hour. It is tried again.",
        "%(count)d messages have waited for more than a quarter of an hour. They are tried again.",
        statistics.late,
    )
    page = reverse("admin:notifications_delivery_changelist")
    return Trouble(statistics.late, sentence % {"count": statistics.late}, f"{page}?status=QUEUED")
