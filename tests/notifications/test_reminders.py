"""Who is reminded, when, and of what nobody is reminded any more."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking
from core.models import Event
from core.services.organization import create_organization
from notifications.models import Delivery, Reminder, ReminderRule
from notifications.services.reminder_rule import (
    delete_reminder_rule,
    update_reminder_rule,
)
from notifications.services.tracking import Report, note_bounced
from notifications.tasks import tell_due_reminders
from tests.factories import MembershipFactory
from tests.notifications.test_messages import text_of

pytestmark = pytest.mark.django_db

MIA = "mia@example.com"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def at(clock, deliver) -> Callable[[datetime], None]:
    """Let it be a certain moment, and the clock and the worker do what is due."""

    def at(moment: datetime) -> None:
        clock.move_to(moment)
        tell_due_reminders()
        deliver()

    return at


def laid_out() -> list[tuple[timedelta, str]]:
    """How long before the start each reminder is due, and how it stands, the first due first."""
    rows = Reminder.objects.order_by("due_at", "id")
    return [(row.starts_at - row.due_at, row.status) for row in rows]


# --- when ---------------------------------------------------------------------------------


def test_the_customer_is_reminded_once_when_it_is_time(rule, confirmed, at, mail_server):
    rule()
    booking = confirmed()
    assert laid_out() == [(DAY, "WAITING")]

    at(booking.starts_at - DAY - timedelta(seconds=1))
    assert mail_server.mails == []
    at(booking.starts_at - DAY)
    at(booking.starts_at - HOUR)

    assert mail_server.subjects_to(MIA) == ["Reminder: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert "Monday, 16 November 2026\n10:00–10:30\nEurope/Berlin" in text_of(mail_server.mails[0])
    assert laid_out() == [(DAY, "TOLD")]
    booking.refresh_from_db()
    assert (booking.reminder_sent, booking.version) == (True, 1)


def test_the_clock_looks_for_what_is_due(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["tell-due-reminders"]
    assert (entry["task"], entry["schedule"]) == (tell_due_reminders.name, 20)


def test_a_request_is_not_reminded_of_until_it_is_confirmed(
    rule, book, staff, deliver, mail_server
):
    rule()
    booking = book()
    deliver()
    assert laid_out() == []

    confirm_booking(booking, caller=staff)
    deliver()

    assert laid_out() == [(DAY, "WAITING")]


def test_who_books_at_short_notice_is_not_reminded_of_a_day_before(
    rule, confirmed, clock, ten_o_clock, at, mail_server
):
    rule()
    rule(HOUR)
    clock.move_to(ten_o_clock - 3 * HOUR)
    booking = confirmed()
    assert laid_out() == [(HOUR, "WAITING")]

    at(booking.starts_at - HOUR)

    assert len(mail_server.to(MIA)) == 1


def test_a_worker_that_was_away_lays_out_what_came_due_meanwhile(
    rule, book, haircut, clock, at, mail_server
):
    """It counts when it was confirmed, not when the worker heard of it."""
    rule()
    haircut.needs_approval = False
    haircut.save()
    booking = book()
    at(booking.starts_at - 2 * HOUR)

    at(booking.starts_at - HOUR)

    assert mail_server.subjects_to(MIA)[-1] == "Reminder: Haircut, Mon 16 Nov, 10:00 with Anna"


def test_a_late_worker_still_reminds_until_it_begins(rule, confirmed, at, mail_server):
    rule()
    booking = confirmed()

    at(booking.starts_at - timedelta(minutes=1))

    assert len(mail_server.to(MIA)) == 1


def test_nobody_is_reminded_of_what_has_begun(rule, confirmed, at, mail_server):
    rule()
    booking = confirmed()

    at(booking.starts_at)

    assert mail_server.mails == []
    assert laid_out() == [(DAY, "DROPPED")]
    booking.refresh_from_db()
    assert booking.reminder_sent is False


def test_a_mail_that_is_late_is_dropped_when_it_has_begun(
    rule, confirmed, at, clock, deliver, mail_server
):
    rule()
    booking = confirmed()
    mail_server.to_recipient[MIA] = "451 4.7.1 Later"
    at(booking.starts_at - HOUR)
    del mail_server.to_recipient[MIA]

    clock.move_to(booking.starts_at)
    deliver()

    assert mail_server.mails == []
    row = Delivery.objects.get(message="booking_reminder")
    assert (row.status, row.drop_reason) == ("DROPPED", "BEGUN")


# --- to whom ------------------------------------------------------------------------------


def test_staff_and_the_admin_address_can_be_reminded_too(
    rule, confirmed, salon, anna, at, mail_server
):
    anna.user = MembershipFactory(organization=salon, user__email="anna@salon.example").user
    anna.save()
    rule(HOUR, audience="STAFF")
    rule(HOUR, audience="ADMIN")
    booking = confirmed()

    at(booking.starts_at - HOUR)

    reminder = "Reminder: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    assert mail_server.subjects_to("anna@salon.example") == [reminder]
    assert mail_server.subjects_to("desk@salon.example") == [reminder]
    assert mail_server.to(MIA) == []
    booking.refresh_from_db()
    assert booking.reminder_sent is False


def test_a_service_with_rules_of_its_own_has_those_alone(rule, confirmed, haircut):
    rule()
    rule(HOUR, service=haircut)
    rule(3 * HOUR, service=haircut, is_active=False)

    confirmed()

    assert laid_out() == [(HOUR, "WAITING")]


def test_a_new_organization_reminds_its_customers_a_day_before(relay):
    organization = create_organization(slug="spa", name="Spa", timezone="Europe/Berlin")

    relay()

    rule = ReminderRule.objects.get()
    assert (rule.organization, rule.service, rule.minutes_before) == (organization, None, 1440)
    assert (rule.audience, rule.channel, rule.is_active) == ("CUSTOMER", "EMAIL", True)


# --- what changes -------------------------------------------------------------------------


def test_a_new_time_has_a_new_reminder(rule, confirmed, staff, deliver, at, mail_server):
    rule()
    booking = confirmed()
    moved = update_booking(booking, Changes(starts_at=booking.starts_at + DAY), caller=staff)
    deliver()
    assert laid_out() == [(DAY, "DROPPED"), (DAY, "WAITING")]
    mail_server.mails.clear()

    at(booking.starts_at - DAY)
    assert mail_server.mails == []
    at(moved.starts_at - DAY)

    assert mail_server.subjects_to(MIA) == ["Reminder: Haircut, Tue 17 Nov, 10:00 with Anna"]


def test_a_booking_that_moves_back_keeps_its_reminder(rule, confirmed, staff, deliver):
    rule()
    booking = confirmed()
    moved = update_booking(booking, Changes(starts_at=booking.starts_at + DAY), caller=staff)
    deliver()

    update_booking(moved, Changes(starts_at=booking.starts_at), caller=staff)
    deliver()

    assert laid_out() == [(DAY, "WAITING"), (DAY, "DROPPED")]


def test_who_was_reminded_of_a_time_that_moved_is_reminded_again(
    rule, confirmed, staff, at, deliver, mail_server
):
    rule()
    booking = confirmed()
    at(booking.starts_at - DAY)
    booking.refresh_from_db()
    assert booking.reminder_sent is True

    moved = update_booking(booking, Changes(starts_at=booking.starts_at + 2 * DAY), caller=staff)
    deliver()
    moved.refresh_from_db()
    assert moved.reminder_sent is False
    at(moved.starts_at - DAY)

    moved.refresh_from_db()
    assert moved.reminder_sent is True
    assert mail_server.subjects_to(MIA)[-1] == "Reminder: Haircut, Wed 18 Nov, 10:00 with Anna"


def test_a_reminder_that_meets_a_new_time_on_its_way_is_dropped(
    rule, confirmed, staff, clock, relay, deliver, mail_server
):
    rule()
    booking = confirmed()
    clock.move_to(booking.starts_at - DAY)
    tell_due_reminders()
    relay()
    update_booking(booking, Changes(starts_at=booking.starts_at + HOUR), caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == ["New time: Haircut, Mon 16 Nov, 11:00 with Anna"]
    row = Delivery.objects.get(message="booking_reminder")
    assert (row.status, row.drop_reason) == ("DROPPED", "SUPERSEDED")


@pytest.mark.parametrize("change", [cancel_booking, complete_booking])
def test_what_is_over_is_not_reminded_of(change, rule, confirmed, staff, deliver):
    rule()
    booking = confirmed()

    change(booking, caller=staff)
    deliver()

    assert laid_out() == [(DAY, "DROPPED")]


def test_a_cancellation_that_nobody_has_heard_of_yet_counts(
    rule, confirmed, staff, clock, mail_server
):
    rule()
    booking = confirmed()
    cancel_booking(booking, caller=staff)
    clock.move_to(booking.starts_at - DAY)

    tell_due_reminders()

    assert laid_out() == [(DAY, "DROPPED")]
    assert not Event.objects.filter(name="reminder.due").exists()


def test_rules_that_change_hold_for_bookings_ahead(rule, confirmed, staff, relay):
    confirmed()
    assert laid_out() == []

    made = rule()
    relay()
    assert laid_out() == [(DAY, "WAITING")]
    update_reminder_rule(made, {"minutes_before": 120}, caller=staff)
    relay()
    assert laid_out() == [(2 * HOUR, "WAITING")]
    update_reminder_rule(made, {"is_active": False}, caller=staff)
    relay()
    assert laid_out() == [(2 * HOUR, "DROPPED")]
    update_reminder_rule(made, {"is_active": True}, caller=staff)
    relay()
    assert laid_out() == [(2 * HOUR, "WAITING")]
    delete_reminder_rule(made, caller=staff)
    relay()
    assert laid_out() == []


def test_the_general_rules_come_back_when_a_service_has_none_of_its_own(
    rule, confirmed, haircut, staff, relay
):
    rule()
    own = rule(HOUR, service=haircut)
    confirmed()

    delete_reminder_rule(own, caller=staff)
    relay()

    assert laid_out() == [(DAY, "WAITING")]


def test_a_rule_reminds_of_nothing_that_was_due_before_it(rule, confirmed, clock, relay):
    booking = confirmed()
    clock.move_to(booking.starts_at - 2 * HOUR)

    rule()
    rule(HOUR)
    relay()

    assert laid_out() == [(HOUR, "WAITING")]


def test_a_reminder_that_bounces_is_none(rule, confirmed, at):
    rule()
    booking = confirmed()
    at(booking.starts_at - DAY)
    sent = Delivery.objects.get(message="booking_reminder")

    note_bounced(Report(delivery_id=sent.pk, provider_message_id=""))

    booking.refresh_from_db()
    assert booking.reminder_sent is False


def test_a_thousand_bookings_follow_a_rule_in_a_few_statements(
    rule, confirmed, relay, django_assert_max_num_queries
):
    booking = confirmed()
    columns = {
        field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields
    }
    del columns["id"], columns["reference"]
    Booking.objects.bulk_create(Booking(**columns) for _ in range(1000))
    rule()

    with django_assert_max_num_queries(30):
        relay()

    assert Reminder.objects.filter(due_at__gt=timezone.now()).count() == 1001
