"""The doctor and messages: what is stuck or late is found, and no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Delivery, Reminder
from tests.doctor import findings

pytestmark = pytest.mark.django_db

MESSAGE = "notifications.delivery"


@pytest.fixture
def delivery(book, relay):
    """The message to the customer, which was due at once."""
    book()
    relay()
    found = Delivery.objects.get(message="booking_received")
    Delivery.objects.exclude(pk=found.pk).update(status="DELIVERED")
    return found


def late_by(minutes: int):
    return timezone.now() - timedelta(minutes=minutes)


def test_a_message_that_a_worker_took_and_never_gave_back(delivery):
    Delivery.objects.update(status="DELIVERED")
    rows = Delivery.objects.filter(pk=delivery.pk)
    rows.update(status="SENDING", attempts=2, not_before=late_by(9))
    assert findings() == {}
    rows.update(not_before=late_by(25))

    assert findings() == {
        "messages_are_not_stuck": [
            (MESSAGE, delivery.pk, "Its worker should have been done 25 minutes ago (try 2).")
        ]
    }


def test_a_message_that_nobody_tries(delivery, clock):
    assert findings() == {}
    Delivery.objects.filter(pk=delivery.pk).update(not_before=late_by(11), attempts=4)

    assert findings() == {
        "messages_are_sent_in_time": [
            (MESSAGE, delivery.pk, "It has been due for 11 minutes, after 4 tries.")
        ]
    }


def test_a_reminder_that_nobody_tells(rule, confirmed, clock):
    rule()
    confirmed()
    reminder = Reminder.objects.get()
    clock.move_to(reminder.due_at + timedelta(minutes=14))

    assert findings() == {
        "reminders_are_told_in_time": [
            ("notifications.reminder", reminder.pk, "It has been due for 14 minutes.")
        ]
    }
