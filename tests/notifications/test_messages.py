"""Who is told what, when, and what is not said because it is no longer so."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.db import connection
from django.utils import timezone

from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking, mark_no_show
from core.models import Event, Outbox
from notifications.models import Delivery
from tests.notifications.smtp_server import MailServer

pytestmark = pytest.mark.django_db

MIA = "mia@example.com"
DESK = "desk@salon.example"
HOUR = timedelta(hours=1)


def ends() -> list[tuple[str, str]]:
    """How every promise ended, oldest first: SENT, or why not."""
    rows = Delivery.objects.order_by("event_id", "id")
    return [(row.message, row.drop_reason or row.status) for row in rows]


def test_a_request_is_received_by_the_customer_and_new_to_the_desk(book, deliver, mail_server):
    book()

    deliver()

    assert mail_server.subjects_to(MIA) == [
        "Request received: Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    assert mail_server.subjects_to(DESK) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    assert ends() == [("booking_received", "SENT"), ("admin_booking_new", "SENT")]


def test_what_is_confirmed_at_once_is_one_mail_to_each(book, haircut, deliver, mail_server):
    haircut.needs_approval = False
    haircut.save()

    booking = book()
    deliver()

    assert mail_server.subjects_to(MIA) == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert mail_server.subjects_to(DESK) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    booking.refresh_from_db()
    assert (booking.confirmation_sent, booking.version) == (True, 1)


def test_a_confirmation_goes_to_both_and_the_booking_says_so(book, staff, deliver, mail_server):
    booking = book()
    deliver()
    confirm_booking(booking, caller=staff)
    booking.refresh_from_db()
    assert booking.confirmation_sent is False

    deliver()

    assert mail_server.subjects_to(MIA)[1:] == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert mail_server.subjects_to(DESK)[1:] == [
        "Confirmed: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    booking.refresh_from_db()
    assert (booking.confirmation_sent, booking.version) == (True, 2)


def test_a_new_time_is_told_with_the_old_one(book, staff, deliver, mail_server, ten_o_clock):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    mail_server.mails.clear()

    update_booking(booking, Changes(starts_at=ten_o_clock + 5 * HOUR), caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == ["New time: Haircut, Mon 16 Nov, 15:00 with Anna"]
    text = text_of(mail_server.to(MIA)[0])
    assert "Monday, 16 November 2026\n15:00–15:30\nEurope/Berlin (UTC+01:00)" in text
    assert "Before:    Mon 16 Nov, 10:00–10:30\n" in text
    assert "It is confirmed." in text
    assert mail_server.subjects_to(DESK) == [
        "New time: Mia Müller, Haircut, Mon 16 Nov, 15:00 with Anna"
    ]


def test_another_person_at_the_same_time_is_no_new_time(
    book, staff, deliver, mail_server, haircut, ben
):
    booking = confirm_booking(book(), caller=staff)
    haircut.resources.add(ben)
    deliver()
    mail_server.mails.clear()

    update_booking(booking, Changes(resource=ben), caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == ["Changed: Haircut, Mon 16 Nov, 10:00 with Ben"]
    text = text_of(mail_server.to(MIA)[0])
    assert text.startswith("You are now with Ben\n")
    assert "Before:    Mon 16 Nov, 10:00–10:30 with Anna\n" in text


def test_changed_details_are_told_to_both(book, staff, deliver, mail_server):
    booking = book()
    deliver()
    mail_server.mails.clear()

    update_booking(booking, Changes(inquiry="Shorter, please"), caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == ["Changed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert "Your message:\nShorter, please\n" in text_of(mail_server.to(MIA)[0])
    assert "Inquiry:\nShorter, please\n" in text_of(mail_server.to(DESK)[0])


def test_one_change_of_time_and_details_is_one_mail(book, staff, deliver, mail_server, ten_o_clock):
    booking = book()
    deliver()
    mail_server.mails.clear()

    both = Changes(starts_at=ten_o_clock + HOUR, inquiry="Shorter, please")
    update_booking(booking, both, caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == ["New time: Haircut, Mon 16 Nov, 11:00 with Anna"]
    assert len(mail_server.to(DESK)) == 1
    assert "Shorter, please" in text_of(mail_server.to(DESK)[0])


@pytest.mark.parametrize(
    ("change", "to_mia", "to_desk"),
    [
        (complete_booking, "Thank you: ", "Completed: Mia Müller, "),
        (mark_no_show, "Missed: ", "No-show: Mia Müller, "),
        (cancel_booking, "Cancelled: ", "Cancelled: Mia Müller, "),
    ],
)
def test_every_other_change_of_status_is_told_to_both(
    book, staff, deliver, mail_server, change, to_mia, to_desk
):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    mail_server.mails.clear()

    change(booking, caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == [f"{to_mia}Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert mail_server.subjects_to(DESK) == [f"{to_desk}Haircut, Mon 16 Nov, 10:00 with Anna"]


@pytest.mark.parametrize(
    ("confirmed", "headline"),
    [(True, "Your appointment is cancelled"), (False, "Your request is cancelled")],
)
def test_a_cancellation_says_what_was_cancelled(
    book, staff, deliver, mail_server, confirmed, headline
):
    booking = book()
    if confirmed:
        booking = confirm_booking(booking, caller=staff)

    cancel_booking(booking, caller=staff, reason="Anna is ill")
    deliver()

    assert text_of(mail_server.to(MIA)[0]).startswith(f"{headline}\n")
    assert "Anna is ill" not in mail_server.to(MIA)[0].as_string()
    assert "Reason:    Anna is ill\n" in text_of(mail_server.to(DESK)[0])


def test_a_cancelled_booking_is_never_called_confirmed(book, staff, deliver, mail_server):
    booking = confirm_booking(book(), caller=staff)
    cancel_booking(booking, caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == ["Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert ends() == [
        ("booking_received", "CANCELLED"),
        ("admin_booking_new", "CANCELLED"),
        ("booking_confirmed", "CANCELLED"),
        ("admin_booking_confirmed", "CANCELLED"),
        ("booking_cancelled", "SENT"),
        ("admin_booking_cancelled", "SENT"),
    ]


def test_a_booking_cancelled_between_relay_and_sending_is_not_confirmed(
    book, staff, relay, deliver, mail_server
):
    booking = confirm_booking(book(), caller=staff)
    relay()

    cancel_booking(booking, caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA) == ["Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna"]


def test_a_request_confirmed_before_anything_left_is_only_confirmed(
    book, staff, deliver, mail_server
):
    confirm_booking(book(), caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert Delivery.objects.get(message="booking_received").drop_reason == "STATUS_MOVED_ON"


def test_moved_twice_before_anything_left_is_told_once_from_where_they_last_knew(
    book, staff, deliver, mail_server, ten_o_clock
):
    booking = book()
    deliver()
    mail_server.mails.clear()
    booking = update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    update_booking(booking, Changes(starts_at=ten_o_clock + 4 * HOUR), caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == ["New time: Haircut, Mon 16 Nov, 14:00 with Anna"]
    assert "Before:    Mon 16 Nov, 10:00–10:30\n" in text_of(mail_server.to(MIA)[0])
    told = Delivery.objects.filter(message="booking_rescheduled").order_by("event_id")
    assert [row.drop_reason or row.status for row in told] == ["SUPERSEDED", "SENT"]


def test_moved_there_and_back_before_anything_left_is_not_told(
    book, staff, deliver, mail_server, ten_o_clock
):
    booking = book()
    deliver()
    mail_server.mails.clear()
    booking = update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    update_booking(booking, Changes(starts_at=ten_o_clock), caller=staff)

    deliver()

    assert mail_server.mails == []
    told = Delivery.objects.filter(message="booking_rescheduled").order_by("event_id")
    assert [row.drop_reason for row in told] == ["SUPERSEDED", "UNDONE"]


def test_a_confirmation_that_waited_tells_the_time_that_holds_now(
    book, staff, relay, deliver, mail_server, ten_o_clock
):
    booking = confirm_booking(book(), caller=staff)
    relay()
    update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == [
        "Confirmed: Haircut, Mon 16 Nov, 11:00 with Anna",
        "New time: Haircut, Mon 16 Nov, 11:00 with Anna",
    ]


def test_nobody_is_asked_to_come_to_an_appointment_that_is_over(
    book, staff, deliver, mail_server, clock
):
    confirm_booking(book(), caller=staff)
    clock.shift(timedelta(days=14))

    deliver()

    assert mail_server.to(MIA) == []
    assert Delivery.objects.get(message="booking_confirmed").drop_reason == "OVER"


def test_staff_who_tidy_up_last_month_thank_nobody(book, staff, deliver, mail_server, clock):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    mail_server.mails.clear()
    clock.shift(timedelta(days=30))

    complete_booking(booking, caller=staff)
    deliver()

    assert mail_server.mails == []
    assert Delivery.objects.get(message="booking_completed").drop_reason == "OVER"


def test_an_event_told_twice_promises_once(book, relay, deliver, mail_server):
    book()
    relay()

    event = Event.objects.get(name="booking.created")
    Outbox.objects.create(event=event)
    deliver()

    assert Outbox.objects.count() == 0
    assert len(mail_server.mails) == Delivery.objects.count() == 2


def test_without_an_admin_address_only_the_customer_is_promised_anything(
    book, salon, deliver, mail_server
):
    salon.admin_email = ""
    salon.save()

    book()
    deliver()

    assert ends() == [("booking_received", "SENT")]


def test_the_installations_admin_address_stands_in(book, salon, deliver, mail_server, settings):
    salon.admin_email, settings.ADMIN_EMAIL = "", "owner@holdfast.example"
    salon.save()

    book()
    deliver()

    assert len(mail_server.to("owner@holdfast.example")) == 1


def test_a_row_says_what_was_sent_to_whom_and_when_and_is_unreadable_in_the_database(
    book, deliver, mail_server
):
    booking = book()
    deliver()

    row = Delivery.objects.get(message="booking_received")

    assert (row.booking, row.version, row.attempts) == (booking, 1, 1)
    assert row.address == MIA
    assert row.content is not None
    assert row.sent_at is not None
    assert row.content["subject"] == "Request received: Haircut, Mon 16 Nov, 10:00 with Anna"
    assert row.content["text"] == text_of(mail_server.to(MIA)[0])
    assert row.content["html"].startswith("<!doctype html>")
    assert row.sent_at - row.created_at < timedelta(seconds=30)
    assert timezone.now() - row.sent_at < timedelta(seconds=30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT delivery::text FROM notifications_delivery AS delivery")
        stored = " ".join(text for (text,) in cursor.fetchall())
    for secret in ("mia", "Haircut", b"mia".hex(), b"Haircut".hex(), "desk@", b"desk@".hex()):
        assert secret not in stored


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_mails_to_one_server_share_a_connection(book, deliver, mail_server: MailServer):
    book()

    deliver()

    assert len(mail_server.mails) == 2
    assert mail_server.connections == 1
