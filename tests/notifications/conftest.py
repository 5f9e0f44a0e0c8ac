"""A mail server, the two steps from an event to a mail that has left, and reminders."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking
from core import events
from core.models import Outbox
from notifications.models import ReminderRule
from notifications.services.reminder_rule import create_reminder_rule
from notifications.services.run import Run
from notifications.services.sending import send_due
from tests.notifications.smtp_server import MailServer


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A real SMTP server that the settings name."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_TIMEOUT = 1
    settings.DEFAULT_FROM_EMAIL = "bookings@holdfast.example"
    yield server
    server.stop()


@pytest.fixture
def relay() -> Callable[[], None]:
    """Hand every event that waits to its handlers."""

    def relay() -> None:
        # The database's clock, which says when an event is due, does not travel with ours.
        Outbox.objects.update(not_before=timezone.now())
        events.relay()

    return relay


@pytest.fixture
def deliver(relay) -> Callable[[], Run]:
    """Relay what happened, then send what is due: what a worker does when it is nudged."""

    def deliver() -> Run:
        relay()
        return send_due()

    return deliver


@pytest.fixture
def rule(salon, staff) -> Callable[..., ReminderRule]:
    """Make a rule: a day before, for the customer, of every service, unless told otherwise."""

    def rule(before: timedelta = timedelta(days=1), **columns: Any) -> ReminderRule:
        minutes = int(before.total_seconds() // 60)
        columns = {"organization": salon, "minutes_before": minutes, **columns}
        return create_reminder_rule(ReminderRule(**columns), caller=staff)

    return rule


@pytest.fixture
def confirmed(book, haircut, deliver, mail_server) -> Callable[..., Booking]:
    """Book and confirm at once; everybody was told."""
    haircut.needs_approval = False
    haircut.minimum_notice_minutes = 0
    haircut.save()

    def confirmed(*arguments: Any, **changes: Any) -> Booking:
        booking: Booking = book(*arguments, **changes)
        deliver()
        mail_server.mails.clear()
        return booking

    return confirmed
