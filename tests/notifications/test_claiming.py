"""Several workers, dead workers, lost connections: each mail leaves, once, and in order."""

import asyncio
import threading
import time
from datetime import timedelta
from multiprocessing import get_context

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from bookings.models import Booking
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from notifications.models import Delivery
from notifications.services.claiming import LEASE, claim
from notifications.services.sending import send_due
from tests.notifications.smtp_server import HANG

pytestmark = pytest.mark.django_db(transaction=True)

MIA = "mia@example.com"
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def many(book, relay, ten_o_clock):
    """Fourteen bookings, told to the relay: 28 mails that are due."""
    for number in range(14):
        book(ten_o_clock + number * HALF_AN_HOUR)
    relay()


def test_of_many_workers_each_mail_leaves_through_one(many, mail_server):
    def work():
        try:
            send_due(batch=3)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [mail["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == len(set(ids)) == 28
    assert set(Delivery.objects.values_list("status", "attempts")) == {("SENT", 1)}


def test_a_worker_that_is_just_claiming_is_not_waited_for(many):
    claimed, done = threading.Event(), threading.Event()

    def claim_and_wait():
        try:
            with transaction.atomic():
                claim(limit=10, now=timezone.now())
                claimed.set()
                done.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=claim_and_wait)
    other.start()
    claimed.wait(10)
    started = time.monotonic()
    mine = claim(limit=50, now=timezone.now())
    waited = time.monotonic() - started
    done.set()
    other.join()

    assert waited < 1
    # Of the other worker's ten, none; of what comes after them about the same booking, none.
    assert {row.attempts for row in mine} == {1}
    assert set(Delivery.objects.values_list("attempts", flat=True)) <= {0, 1}
    assert Delivery.objects.filter(status="SENDING").count() == 10 + len(mine)


def test_what_changes_while_the_mail_before_it_is_handed_over_is_seen(
    book, staff, relay, mail_server, ten_o_clock, monkeypatch
):
    confirm_booking(book(), caller=staff)
    second = confirm_booking(book(ten_o_clock + HALF_AN_HOUR), caller=staff)
    relay()
    Delivery.objects.exclude(message="booking_confirmed").delete()
    take = type(mail_server).handle_DATA

    def cancel() -> None:
        cancel_booking(second, caller=staff)
        connection.close()

    async def cancel_and_take(self, server, session, envelope):
        if not self.mails:
            await asyncio.to_thread(cancel)
        return await take(self, server, session, envelope)

    monkeypatch.setattr(type(mail_server), "handle_DATA", cancel_and_take)
    send_due()

    assert mail_server.subjects_to(MIA) == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert Delivery.objects.get(booking=second).drop_reason == "CANCELLED"


def test_a_second_worker_is_called_when_there_is_more_than_a_batch(many, mail_server):
    calls = []

    send_due(batch=10, call_for_help=lambda: calls.append("help"))
    send_due(batch=10, call_for_help=lambda: calls.append("help"))

    assert calls == ["help"]
    assert len(mail_server.mails) == 28


def test_what_a_dead_worker_had_claimed_is_sent_once_its_lease_is_over(many, mail_server, clock):
    claimed = claim(limit=5, now=timezone.now())
    send_due()
    assert len(mail_server.mails) == 23

    clock.shift(LEASE)
    send_due()

    assert len(mail_server.mails) == 28
    again = Delivery.objects.filter(pk__in=[row.pk for row in claimed])
    assert set(again.values_list("status", "attempts")) == {("SENT", 2)}


def test_a_worker_killed_while_the_server_takes_a_mail_sends_it_again_under_the_same_id(
    book, relay, mail_server, clock
):
    mail_server.next_answers.append(HANG)
    book()
    relay()
    connection.close()  # the child must not share it
    worker = get_context("fork").Process(target=send_due)
    worker.start()
    while not mail_server.mails:
        time.sleep(0.01)
    worker.kill()
    worker.join()
    assert set(Delivery.objects.values_list("status", flat=True)) == {"SENDING"}

    clock.shift(LEASE + timedelta(seconds=1))
    send_due()

    assert set(Delivery.objects.values_list("status", "attempts")) == {("SENT", 2)}
    to_mia = mail_server.to(MIA)
    assert len(to_mia) == 2
    assert len({mail["Message-ID"] for mail in to_mia}) == 1


def test_a_later_message_waits_for_an_earlier_one_that_is_in_somebodys_hands(
    book, staff, relay, deliver, mail_server, clock
):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    Delivery.objects.filter(message="booking_confirmed").update(
        status="SENDING", not_before=timezone.now() + timedelta(seconds=30)
    )
    mail_server.mails.clear()
    cancel_booking(booking, caller=staff)

    deliver()
    assert mail_server.to(MIA) == []
    clock.shift(timedelta(seconds=31))
    send_due()

    assert mail_server.subjects_to(MIA) == ["Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna"]
    confirmation = Delivery.objects.get(message="booking_confirmed")
    assert confirmation.drop_reason == "CANCELLED"


def test_messages_about_one_booking_leave_in_the_order_of_its_events(
    book, staff, relay, mail_server, ten_o_clock
):
    booking = confirm_booking(book(), caller=staff)
    booking = update_booking(booking, Changes(inquiry="Shorter"), caller=staff)
    update_booking(booking, Changes(starts_at=ten_o_clock + HALF_AN_HOUR), caller=staff)
    relay()
    oldest_last = timezone.now()
    for number, row in enumerate(Delivery.objects.order_by("-event_id")):
        row.not_before = oldest_last - timedelta(seconds=20 - number)
        row.save()

    send_due(batch=2)

    assert [subject.split(":")[0] for subject in mail_server.subjects_to(MIA)] == [
        "Confirmed",
        "Changed",
        "New time",
    ]


def test_a_row_of_the_booking_that_somebody_holds_is_waited_for(book, staff, relay, mail_server):
    booking = confirm_booking(book(), caller=staff)
    relay()
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
                held.set()
                done.wait(4)  # longer than lock_timeout
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    send_due()
    done.set()
    holder.join()

    booking.refresh_from_db()
    assert booking.confirmation_sent is True
    assert Delivery.objects.get(message="booking_confirmed").status == "SENT"
    assert len(mail_server.to(MIA)) == 1


def test_a_connection_cut_between_handing_over_and_writing_it_down_sends_nothing_twice(
    book, relay, mail_server, clock, salon, monkeypatch
):
    salon.admin_email = ""
    salon.save()
    book()
    relay()
    connection.ensure_connection()
    ours = connection.connection.info.backend_pid
    address = connection.get_connection_params()
    take = type(mail_server).handle_DATA

    async def cut_and_take(self, server, session, envelope):
        with psycopg.connect(
            host=address["host"], user=address["user"], dbname=address["dbname"], autocommit=True
        ) as other:
            other.execute("select pg_terminate_backend(%s)", [ours])
        return await take(self, server, session, envelope)

    monkeypatch.setattr(type(mail_server), "handle_DATA", cut_and_take)
    send_due()
    clock.shift(2 * LEASE)
    send_due()

    row = Delivery.objects.get()
    assert (row.status, row.attempts) == ("SENT", 1)
    assert len(mail_server.mails) == 1


def test_a_run_ends_in_time_and_gives_back_what_it_did_not_try(many, mail_server, monkeypatch):
    monkeypatch.setattr("notifications.services.sending.LONGEST_RUN_SECONDS", 0.0)

    run = send_due()

    assert run.is_unfinished
    assert mail_server.mails == []
    assert set(Delivery.objects.values_list("status", "attempts")) == {("QUEUED", 0)}
