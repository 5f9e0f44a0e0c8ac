"""A reminder is told once: by many workers at once, and over lines that break."""

import pytest
from django.utils import timezone

from bookings.models import Booking
from core import db
from core.errors import Unavailable
from core.models import Event
from notifications.models import Delivery, Reminder
from notifications.services.reminder import tell_due_reminders
from tests.pg_proxy import AFTER, BEFORE, proxied
from tests.rivals import rivals, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

HOW_MANY = 40


@pytest.fixture(autouse=True)
def _quickly(settings, monkeypatch):
    settings.QUEUE_NUDGES = False
    monkeypatch.setattr(db, "LOST_CONNECTION_FIRST_WAIT_SECONDS", 0.02)


@pytest.fixture
def due(rule, confirmed, relay, clock):
    """As many reminders that are due as there are bookings."""
    booking = confirmed()
    columns = {
        field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields
    }
    del columns["id"], columns["reference"]
    Booking.objects.bulk_create(Booking(**columns) for _ in range(HOW_MANY - 1))
    rule()
    relay()
    clock.move_to(Reminder.objects.latest("due_at").due_at)
    assert Reminder.objects.filter(status="WAITING").count() == HOW_MANY


def tell(limit: int = 100) -> int:
    return tell_due_reminders(now=timezone.now(), limit=limit)


def told() -> list[str]:
    """The bookings of which somebody is to be reminded, one for each time."""
    happened = Event.objects.filter(name="reminder.due")
    return [data["booking_id"] for data in happened.values_list("data", flat=True)]


def everything_was_told_once() -> bool:
    assert set(Reminder.objects.values_list("status", flat=True)) == {"TOLD"}
    return len(told()) == len(set(told())) == HOW_MANY


def test_many_workers_at_once_remind_once(due, relay):
    with rivals(4) as at_once:
        looked_at = at_once(*[lambda: tell(limit=10)] * 4)
        assert all(isinstance(each, int) for each in looked_at)
        wait_until(lambda: tell() == 0)

    assert everything_was_told_once()
    relay()
    assert Delivery.objects.filter(message="booking_reminder").count() == HOW_MANY


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_line_that_breaks_at_the_commit_reminds_nobody_twice(due, when):
    with proxied() as line:
        line.cut("COMMIT", when)
        tell()

    assert tell() == 0
    assert everything_was_told_once()


def test_a_worker_that_lost_its_database_leaves_them_to_the_next(due):
    with proxied() as line:
        line.cut("COMMIT", BEFORE, times=db.ATTEMPTS)
        with pytest.raises(Unavailable):
            tell()
    assert told() == []
    assert set(Reminder.objects.values_list("status", flat=True)) == {"WAITING"}

    tell()

    assert everything_was_told_once()
