"""Mail servers that are away, slow, rude or full: what arrives, when, and who is told if not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.status import cancel_booking, confirm_booking
from core.models import Event
from notifications.models import Delivery
from notifications.services.sending import send_due
from tests.notifications.smtp_server import DROP, HANG

pytestmark = pytest.mark.django_db

MIA = "mia@example.com"
DESK = "desk@salon.example"


@pytest.fixture
def nobody_at_the_desk(salon):
    """Only customers are told, so that each booking is one mail."""
    salon.admin_email = ""
    salon.save()


@pytest.fixture
def next_try(clock):
    """Let time pass until the row is due, then send; return how long that was."""

    def next_try(row: Delivery) -> timedelta:
        row.refresh_from_db()
        wait = row.not_before - timezone.now()
        clock.shift(wait + timedelta(milliseconds=1))
        send_due()
        row.refresh_from_db()
        return wait

    return next_try


def waits_are(waits: list[timedelta], seconds: list[int]) -> bool:
    """Say whether each wait is as long as it should be, up to a quarter longer."""
    return len(waits) == len(seconds) and all(
        0.9 * wanted <= wait.total_seconds() <= 1.25 * wanted
        for wait, wanted in zip(waits, seconds, strict=True)
    )


def test_after_an_hour_without_a_mail_server_everything_arrives(
    book, deliver, mail_server, next_try, clock
):
    mail_server.stop()
    book()

    deliver()
    rows = list(Delivery.objects.order_by("id"))
    assert [(row.status, row.attempts) for row in rows] == [("QUEUED", 1), ("QUEUED", 1)]
    assert "refused" in rows[0].last_error.lower()
    waits = [next_try(rows[0]) for _ in range(12)]
    assert waits_are(waits, [1, 2, 60] + [300] * 9)
    mail_server.start()
    clock.shift(timedelta(minutes=7))
    send_due()

    assert len(mail_server.mails) == 2
    assert set(Delivery.objects.values_list("status", "last_error")) == {("SENT", "")}


def test_a_recipient_who_is_refused_for_now_is_asked_at_growing_intervals(
    book, deliver, mail_server, next_try, nobody_at_the_desk
):
    mail_server.to_recipient[MIA] = "451 4.7.1 Greylisted, come back later"
    book()

    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("QUEUED", 1)
    assert row.last_error == "451 4.7.1 Greylisted, come back later"
    waits = [next_try(row) for _ in range(11)]

    hours = [3600, 2 * 3600, 4 * 3600, 6 * 3600, 6 * 3600]
    assert waits_are(waits, [1, 2, 60, 300, 900, 1800, *hours])
    assert mail_server.tries[MIA] == row.attempts == 12
    mail_server.to_recipient.clear()
    next_try(row)
    assert (row.status, row.last_error) == ("SENT", "")


def test_after_three_days_it_has_failed_and_the_desk_is_told(
    book, deliver, mail_server, next_try, staff, haircut, clock
):
    at = timezone.now() + timedelta(days=20, hours=2)
    booking = confirm_booking(book(at), caller=staff)
    mail_server.to_recipient[MIA] = "451 4.3.0 Try again later"
    deliver()
    row = Delivery.objects.get(message="booking_confirmed")

    begun = row.created_at
    while row.status == "QUEUED":
        next_try(row)
    deliver()

    assert row.status == "FAILED"
    assert row.ended_at is not None
    assert timedelta(days=3) <= row.ended_at - begun <= timedelta(days=3, minutes=1)
    event = Event.objects.get(name="delivery.failed")
    assert event.subject_id == row.pk
    assert event.data["booking_id"] == str(booking.pk)
    assert mail_server.subjects_to(DESK)[-1] == (
        "Not delivered: message to Mia Müller, Haircut, Mon 23 Nov, 10:00 with Anna"
    )
    booking.refresh_from_db()
    assert booking.confirmation_sent is False


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user", "553 5.1.3 Bad address"])
def test_a_recipient_refused_for_good_is_asked_once(book, deliver, mail_server, answer):
    mail_server.to_recipient[MIA] = answer
    book()

    deliver()
    deliver()

    row = Delivery.objects.get(message="booking_received")
    assert (row.status, row.attempts, row.last_error) == ("FAILED", 1, answer)
    assert mail_server.tries[MIA] == 1
    assert [subject.split(":")[0] for subject in mail_server.subjects_to(DESK)] == [
        "New booking",
        "Not delivered",
    ]


def test_a_content_refused_for_good_is_sent_once(book, deliver, mail_server, nobody_at_the_desk):
    mail_server.next_answers.append("554 5.6.0 We do not like this")
    book()

    deliver()
    deliver()

    row = Delivery.objects.get()
    assert (row.status, row.last_error) == ("FAILED", "554 5.6.0 We do not like this")
    assert mail_server.tries[MIA] == 1


def test_an_address_that_no_server_here_can_reach_fails_at_once(
    book, deliver, mail_server, nobody_at_the_desk
):
    book()
    deliver()
    Delivery.objects.update(
        status="QUEUED", attempts=0, not_before=timezone.now(), address="jörg@example.com"
    )

    send_due()

    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("FAILED", 1)
    assert len(mail_server.mails) == 1


def test_what_the_server_answers_is_kept_without_whom_it_names(
    book, deliver, mail_server, nobody_at_the_desk
):
    mail_server.to_recipient[MIA] = (
        "550 5.1.1 <mia@example.com>: Mia unknown; see x-mia@example.com or +49 30 1234567"
    )
    book()

    deliver()

    said = Delivery.objects.get().last_error
    assert said.startswith("550 5.1.1 <")
    assert "unknown" in said
    for secret in ("mia", "example.com", "1234567"):
        assert secret not in said.lower()


def test_a_server_that_refuses_us_is_no_fault_of_the_mail(
    book, deliver, mail_server, monkeypatch, nobody_at_the_desk
):
    async def refuse(self, server, session, envelope, address, options):
        return "550 5.7.1 Sender not allowed"

    monkeypatch.setattr(type(mail_server), "handle_MAIL", refuse, raising=False)
    book()

    deliver()

    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("QUEUED", 1)


def test_nobody_is_alerted_about_a_failed_alert(book, deliver, mail_server, clock):
    mail_server.to_recipient |= {MIA: "550 5.1.1 Unknown", DESK: "550 5.1.1 Unknown"}
    book()

    for _ in range(4):
        deliver()
        clock.shift(timedelta(hours=2))

    assert sorted(Delivery.objects.values_list("message", "status")) == [
        ("admin_booking_new", "FAILED"),
        ("admin_delivery_failed", "FAILED"),
        ("booking_received", "FAILED"),
    ]


def test_many_failures_are_one_alert_in_an_hour(book, deliver, mail_server, clock, ten_o_clock):
    mail_server.to_recipient[MIA] = "550 5.1.1 Unknown"
    for number in range(3):
        book(ten_o_clock + number * timedelta(hours=1))
    deliver()
    deliver()
    assert Delivery.objects.filter(message="admin_delivery_failed").count() == 1
    alert = next(mail for mail in mail_server.to(DESK) if "Not delivered" in mail["Subject"])
    assert "3 failed messages" in alert.get_body(("plain",)).get_content()

    clock.shift(timedelta(minutes=61))
    book(ten_o_clock + timedelta(hours=5))
    deliver()
    deliver()

    assert Delivery.objects.filter(message="admin_delivery_failed").count() == 2


def test_a_server_that_hangs_is_left_and_asked_again_under_the_same_id(
    book, deliver, mail_server, next_try, nobody_at_the_desk
):
    mail_server.next_answers.append(HANG)
    book()

    deliver()
    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("QUEUED", 1)
    next_try(row)

    assert row.status == "SENT"
    same = f"<{row.pk}@holdfast.example>"
    assert [mail["Message-ID"] for mail in mail_server.mails] == [same, same]


def test_a_connection_lost_in_mid_mail_holds_up_no_other(book, deliver, mail_server, next_try):
    mail_server.next_answers.append(DROP)
    book()

    deliver()

    first, second = Delivery.objects.order_by("id")
    assert (first.status, second.status) == ("QUEUED", "SENT")
    assert mail_server.connections == 2
    next_try(first)
    assert first.status == "SENT"
    assert [mail["To"] for mail in mail_server.mails] == [DESK, MIA]


def test_a_server_that_hangs_up_twice_is_left_alone_and_the_rest_is_not_counted(
    book, deliver, mail_server, ten_o_clock
):
    mail_server.next_answers.extend([DROP] * 9)
    for number in range(3):
        book(ten_o_clock + number * timedelta(hours=1))

    deliver()

    attempts = Delivery.objects.order_by("event_id", "id").values_list("status", "attempts")
    assert list(attempts) == [("QUEUED", 1), ("QUEUED", 1)] + [("QUEUED", 0)] * 4
    assert mail_server.connections == 2


def test_a_mail_that_cannot_be_written_holds_up_no_other(
    book, deliver, mail_server, settings, tmp_path
):
    folder = tmp_path / "emails" / "booking_received"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{% include 'nowhere.txt' %}")
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    ]
    book()

    deliver()

    assert dict(Delivery.objects.values_list("message", "status")) == {
        "booking_received": "QUEUED",
        "admin_booking_new": "SENT",
    }
    assert Delivery.objects.get(status="QUEUED").last_error == "TemplateDoesNotExist"


def test_a_retry_of_what_is_no_longer_so_is_dropped(
    book, deliver, mail_server, staff, next_try, nobody_at_the_desk
):
    mail_server.to_recipient[MIA] = "451 4.7.1 Later"
    booking = book()
    deliver()
    cancel_booking(booking, caller=staff)
    mail_server.to_recipient.clear()

    next_try(Delivery.objects.get())
    deliver()

    assert mail_server.subjects_to(MIA) == ["Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert Booking.objects.get().confirmation_sent is False
