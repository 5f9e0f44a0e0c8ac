"""What wakes the sender: a nudge, the clock, and itself."""

from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from config.celery import app
from core.observability.scrape import metrics_page
from notifications import tasks
from notifications.models import Delivery
from notifications.services.promising import SENDER
from tests.calendar_files import event_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch) -> list[float]:
    """The countdowns that the task asked the queue for."""
    countdowns: list[float] = []

    def note(countdown: float, **options: object) -> None:
        countdowns.append(countdown)

    monkeypatch.setattr(tasks.send_due_deliveries, "apply_async", note)
    return countdowns


def test_the_clock_sends_what_is_due(book, relay, mail_server):
    scheduled = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert SENDER in scheduled
    book()
    relay()

    app.tasks[SENDER].apply()

    assert len(mail_server.mails) == 2


def test_a_try_that_failed_wakes_the_sender_again_after_its_second(book, relay, mail_server, woken):
    mail_server.to_recipient["mia@example.com"] = "451 4.7.1 Later"
    book()
    relay()

    tasks.send_due_deliveries()

    (seconds,) = woken
    assert 1 <= seconds <= 1.25


def test_a_wait_of_minutes_is_left_to_the_clock(book, relay, mail_server, woken, clock):
    mail_server.to_recipient["mia@example.com"] = "451 4.7.1 Later"
    book()
    relay()
    Delivery.objects.update(attempts=2)

    tasks.send_due_deliveries()

    assert woken == []


def test_without_redis_the_task_itself_goes_on(book, relay, mail_server, monkeypatch):
    def gone(**options: object) -> None:
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(tasks.send_due_deliveries, "apply_async", gone)
    mail_server.to_recipient["mia@example.com"] = "451 4.7.1 Later"
    book()
    relay()

    tasks.send_due_deliveries()

    assert len(mail_server.mails) == 1


def test_metrics_tell_outcomes_and_what_waits(book, relay, deliver, mail_server):
    mail_server.to_recipient["mia@example.com"] = "550 5.1.1 Unknown"
    book()
    deliver()
    relay()

    page = metrics_page().decode()

    assert 'holdfast_deliveries_total{channel="EMAIL",outcome="sent"}' in page
    assert 'holdfast_deliveries_total{channel="EMAIL",outcome="failed"}' in page
    assert 'holdfast_deliveries_open{status="QUEUED"} 1.0' in page  # the alert
    assert "holdfast_deliveries_overdue_seconds " in page


def test_an_operator_can_try_whether_mail_leaves(salon, mail_server, settings):
    said = StringIO()

    call_command("send_test_mail", to="operator@example.com", stdout=said)

    assert f"Sent by 127.0.0.1:{mail_server.port}" in said.getvalue()
    (mail,) = mail_server.to("operator@example.com")
    assert mail["Subject"].startswith("Confirmed: Consultation, ")
    assert mail["From"].startswith("Salon Soleil <")
    (attached,) = mail.iter_attachments()
    event = event_in(attached.get_content())
    assert event.attendee.value == "mailto:operator@example.com"


def test_an_operator_is_told_why_mail_does_not_leave(salon, mail_server):
    mail_server.stop()

    with pytest.raises(CommandError, match=r"Not sent, by 127\.0\.0\.1:.* refused"):
        call_command("send_test_mail", to="operator@example.com")

    with pytest.raises(CommandError, match="--to is no e-mail address"):
        call_command("send_test_mail", to="operator")
