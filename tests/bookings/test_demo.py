"""The demo: what a newcomer finds, whatever day it is."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookings.management.demo_school import open_school
from bookings.models import Booking, BundlePurchase, CreditEntry, GroupSession, Product, Service
from core import events
from core.access import Caller
from core.models import Event, Outbox
from notifications.models import Delivery, Reminder
from tests.doctor import findings
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(days=7)
NOON, LATE = time(12), time(23, 59)


def test_a_newcomer_sees_a_course_with_everything(settings, tmp_path, clock):
    settings.VAR_DIR = tmp_path

    call_command("seed_demo")

    course = Service.objects.get(code="MATH-101")
    assert (course.name, course.durations, course.needs_approval) == ("Algebra I", [60], False)
    teachers = {one.name: one.qualification for one in course.resources.all()}
    assert teachers == {
        "Clara Novak": "M.Sc. Mathematics, GPA 3.9",
        "David Mensah": "B.Sc. Physics, GPA 3.7",
    }
    assert all(one.bio for one in course.resources.all())
    kinds = course.products.filter(is_active=True).values_list("kind", flat=True)
    assert set(kinds) == set(Product.Kind)
    assert course.exam_periods.count() == 2
    sessions = GroupSession.objects.filter(service=course)
    assert sessions.count() == 8
    assert min(one.places_left for one in sessions) >= 2
    ledgers = {
        bundle.product.kind: list(bundle.ledger.values_list("kind", flat=True))
        for bundle in BundlePurchase.objects.all()
    }
    assert ledgers == {
        "FULL_SEMESTER_BUNDLE": ["GRANTED", "SPENT", "SPENT", "SPENT", "RETURNED"],
        "GROUP_SESSION_PASS": ["GRANTED", "SPENT", "SPENT", "SPENT"],
    }
    assert Booking.objects.filter(group_session=None).count() == 4
    assert Booking.objects.filter(group_session__isnull=False).count() == 6
    assert findings() == {}
    with pytest.raises(CommandError, match="exists already"):
        call_command("seed_demo")


def test_nobody_is_told_what_the_people_of_the_demo_did(settings, tmp_path, clock):
    settings.VAR_DIR = tmp_path
    call_command("seed_demo")
    while Outbox.objects.update(not_before=datetime(2026, 11, 1, tzinfo=BERLIN)):
        events.relay()

    assert Event.objects.filter(name="booking.created").count() == 10
    assert Delivery.objects.count() == 0
    reminders = Reminder.objects.filter(status="WAITING")
    assert reminders.count() == 9  # one has cancelled
    assert min(one.due_at for one in reminders) > timezone.now() + timedelta(days=1)


@pytest.mark.parametrize(
    "now",
    [
        datetime.combine(date(2026, 1, 1), NOON),
        datetime.combine(date(2027, 2, 28), LATE),
        datetime.combine(date(2028, 2, 29), NOON),
        datetime.combine(date(2027, 3, 26), NOON),  # a Friday; the clock goes forward on Sunday
        datetime.combine(date(2027, 3, 28), time(1, 59)),
        datetime.combine(date(2026, 10, 23), LATE),  # a Friday; it goes back on Sunday
        datetime.combine(date(2026, 11, 21), NOON),  # a Saturday
        datetime.combine(date(2026, 11, 22), LATE),  # a Sunday, shortly before Monday
        datetime.combine(date(2026, 12, 24), time(0, 1)),
        datetime.combine(date(2026, 12, 31), LATE),
    ],
    ids=str,
)
def test_the_demo_can_be_made_on_any_day(now):
    with time_machine.travel(now.replace(tzinfo=BERLIN)):
        demo = OrganizationFactory()
        course = open_school(demo, caller=Caller.command(demo.pk))

    starts = [one.starts_at.astimezone(BERLIN) for one in course.group_sessions.all()]
    assert len(starts) == 8
    assert {start.time() for start in starts} == {time(16)}
    assert {b.date() - a.date() for a, b in pairwise(starts)} == {WEEK}
    assert timedelta(days=3) <= starts[0].date() - now.date() <= timedelta(days=5)
    assert starts[0].weekday() < 5
    assert CreditEntry.objects.count() == 9
