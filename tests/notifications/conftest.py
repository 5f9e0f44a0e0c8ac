"""A mail server, and the two steps from an event to a mail that has left."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from core import events
from core.models import Outbox
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
