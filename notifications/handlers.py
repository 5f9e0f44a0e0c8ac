"""Which event sends what to whom. Read this file to know every message the product sends.

A handler runs in the relay's transaction and only writes rows: deliveries, and the reminders
that will become some. Whether a message is still true is asked when it is sent
(`notifications.services.relevance`); who reads it and as long as what it holds stands in
`notifications.services.messages`.
"""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from bookings.models import Booking
from core.access import Caller
from core.events import handles
from core.models import Event
from notifications.models import Delivery
from notifications.selectors.reminder import is_first_of_its_session
from notifications.selectors.subject import read_subject, subject_of
from notifications.services.messages import REMINDERS, SESSION_REMINDERS
from notifications.services.promising import promise
from notifications.services.reminder import lay_out_reminders, lay_out_reminders_ahead
from notifications.services.reminder_rule import begin_with_usual_rule
from notifications.services.settling import follow_reminder

AT_MOST_ONE_ALERT_IN = timedelta(hours=1)


@handles("booking.created")
def on_created(event: Event) -> None:
    """Tell the business; tell the customer too, unless the confirmation does at once."""
    if _is_told_by_series(event):
        return
    if event.data["status"] == Booking.Status.PENDING:
        _promise(event, "booking_received", "admin_booking_new", "staff_booking_new")
    else:
        _promise(event, "admin_booking_new", "staff_booking_new")


@handles("booking.confirmed")
def on_confirmed(event: Event) -> None:
    """Tell both. Of what was confirmed at once the admin address reads as a new booking."""
    if _is_told_by_series(event):
        return
    if event.data.get("instant"):
        _promise(event, "booking_confirmed")
    else:
        _promise(event, "booking_confirmed", "admin_booking_confirmed", "staff_booking_confirmed")


@handles("booking.rescheduled")
def on_rescheduled(event: Event) -> None:
    """Tell all. When it goes from Anna to Ben, Anna reads that it is gone, Ben that it is new."""
    if _is_told_by_series(event):
        return
    if _is_told_by_session(event):
        _promise(event, "booking_rescheduled")
        return
    staff = ["staff_booking_rescheduled"]
    if event.data["from_resource_id"] != event.data["resource_id"]:
        staff = ["staff_booking_gone", "staff_booking_new"]
    _promise(event, "booking_rescheduled", "admin_booking_rescheduled", *staff)


@handles("booking.updated")
def on_updated(event: Event) -> None:
    """Tell both, unless the same change gave it a new time: that message has the details."""
    moved = Event.objects.filter(
        subject_id=event.subject_id,
        name="booking.rescheduled",
        data__version=event.data["version"],
    )
    if not moved.exists():
        _promise(event, "booking_updated", "admin_booking_updated")


@handles("booking.completed")
def on_completed(event: Event) -> None:
    _promise(event, "booking_completed", "admin_booking_completed")


@handles("booking.marked_no_show")
def on_no_show(event: Event) -> None:
    _promise(event, "booking_no_show", "admin_booking_no_show")


@handles("booking.cancelled")
def on_cancelled(event: Event) -> None:
    if _is_told_by_session(event):
        _promise(event, "booking_cancelled")
    elif not _is_told_by_series(event):
        _promise(event, "booking_cancelled", "admin_booking_cancelled", "staff_booking_cancelled")


@handles("group_session.rescheduled")
def on_session_rescheduled(event: Event) -> None:
    """Tell the business once. When it goes from Anna to Ben, Anna reads that it is gone."""
    messages = ["admin_session_rescheduled", "staff_session_rescheduled"]
    if event.data["from_resource_id"] != event.data["resource_id"]:
        messages.append("staff_session_gone")
    promise(event, read_subject("group_session", event.subject_id), messages)


@handles("group_session.cancelled")
def on_session_cancelled(event: Event) -> None:
    """Tell the business once; everybody's place is cancelled by an event of its own."""
    messages = ["admin_session_cancelled", "staff_session_cancelled"]
    promise(event, read_subject("group_session", event.subject_id), messages)


@handles("bundle.purchased")
def on_bundle_purchased(event: Event) -> None:
    bundle = read_subject("bundle", event.subject_id)
    promise(event, bundle, ["bundle_purchased", "admin_bundle_purchased"])


@handles("bundle.expiry_announced")
def on_bundle_ends_soon(event: Event) -> None:
    promise(event, read_subject("bundle", event.subject_id), ["bundle_expiring"])


@handles("customer_link.requested")
def on_link_requested(event: Event) -> None:
    promise(event, read_subject("customer_link", event.subject_id), ["customer_link"])


@handles("password_reset.requested")
def on_password_forgotten(event: Event) -> None:
    promise(event, read_subject("password_reset", event.subject_id), ["password_reset"])


@handles("invitation.created", "invitation.sent_again")
def on_invited(event: Event) -> None:
    promise(event, read_subject("member_invitation", event.subject_id), ["invitation"])


SERIES = {
    "series.confirmed": (
        "booking_confirmed",
        "admin_booking_confirmed",
        "staff_booking_confirmed",
    ),
    "series.rescheduled": (
        "booking_rescheduled",
        "admin_booking_rescheduled",
        "staff_booking_rescheduled",
    ),
    "series.cancelled": (
        "booking_cancelled",
        "admin_booking_cancelled",
        "staff_booking_cancelled",
    ),
}


@handles("series.created")
def on_series_created(event: Event) -> None:
    """One message for all of it, about the first; it says when the others are."""
    is_request = event.data["status"] == Booking.Status.PENDING
    first = "booking_received" if is_request else "booking_confirmed"
    _promise_of_series(event, first, "admin_booking_new", "staff_booking_new")


@handles(*SERIES)
def on_series_changed(event: Event) -> None:
    _promise_of_series(event, *SERIES[event.name])


def _is_told_by_series(event: Event) -> bool:
    """Say whether what happened to several appointments at once is told in one message."""
    return bool(event.data.get("told_by_series"))


def _is_told_by_session(event: Event) -> bool:
    """Say whether it happened to a whole session: then the business is told once, by that."""
    return bool(event.data.get("told_by_session"))


def _promise_of_series(event: Event, *messages: str) -> None:
    _promise(event, *messages, booking_id=UUID(event.data["booking_id"]))


@handles(
    "booking.confirmed",
    "booking.rescheduled",
    "booking.completed",
    "booking.marked_no_show",
    "booking.cancelled",
)
def on_reminders_changed(event: Event) -> None:
    """Lay out, move or drop the booking's reminders."""
    lay_out_reminders(event.subject_id)
    if event.name == "booking.rescheduled":
        follow_reminder(event.subject_id)


@handles("reminder_rule.created", "reminder_rule.updated", "reminder_rule.deleted")
def on_reminder_rules_changed(event: Event) -> None:
    """Let the bookings ahead follow. However many they are, no page waits for it."""
    service_id = event.data["service_id"]
    lay_out_reminders_ahead(
        event.organization_id,
        service_id=UUID(service_id) if service_id else None,
        since=event.created_at,
    )


@handles("reminder.due")
def on_reminder_due(event: Event) -> None:
    """Remind whoever the rule names. The business is reminded of a session once."""
    audience = Delivery.Audience(event.data["audience"])
    booking = Booking.objects.get(pk=event.data["booking_id"])
    if booking.group_session_id is None or audience == Delivery.Audience.CUSTOMER:
        _promise(event, REMINDERS[audience].name, booking_id=booking.pk)
    elif is_first_of_its_session(booking):
        session = read_subject("group_session", booking.group_session_id)
        promise(event, session, [SESSION_REMINDERS[audience].name])


@handles("organization.created")
def on_organization_created(event: Event) -> None:
    """A new organization reminds its customers a day before, until it says otherwise."""
    begin_with_usual_rule(event.organization_id, caller=Caller.clock(event.organization_id))


@handles("waitlist.joined", "waitlist.offered", "waitlist.expired")
def on_waitlist(event: Event) -> None:
    """Tell who waits: that they do, what came free, that they did not answer in time, or that the
    session does not take place.
    """
    message = {
        "waitlist.joined": "waitlist_joined",
        "waitlist.offered": "waitlist_offer",
        "waitlist.expired": "waitlist_offer_expired",
    }[event.name]
    if event.data.get("session_cancelled"):
        message = "waitlist_session_cancelled"
    elif event.name == "waitlist.expired" and not event.data["unanswered"]:
        return  # their window is over, as they were told it would be
    promise(event, read_subject("waitlist_entry", event.subject_id), [message])


@handles("delivery.failed", "delivery.bounced")
def on_gone_wrong(event: Event) -> None:
    """Alert the admin address about a customer's message, once in an hour; the console has all.

    Never about its own messages: an alert that fails would alert about itself.
    """
    failed = Delivery.objects.without_content().get(pk=event.subject_id)
    alerted = Delivery.objects.filter(
        organization_id=event.organization_id,
        message="admin_delivery_failed",
        created_at__gt=timezone.now() - AT_MOST_ONE_ALERT_IN,
    )
    if failed.audience == Delivery.Audience.CUSTOMER and not alerted.exists():
        promise(event, subject_of(failed), ["admin_delivery_failed"])


def _promise(event: Event, *messages: str, booking_id: UUID | None = None) -> None:
    needed = ("email", "version", "resource", "organization", "organization__admin_email")
    rows = Booking.objects.select_related("organization").only(*needed)
    booking = rows.get(pk=booking_id or event.subject_id)
    promise(event, booking, messages)
