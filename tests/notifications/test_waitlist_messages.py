"""What somebody who waits is told, and what is not said because it is no longer so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.models import WaitlistEntry
from bookings.selectors.waitlist import waitlist_url
from bookings.services.answering import leave_waitlist
from bookings.services.group_session import cancel_session
from bookings.services.hold import lapse_holds
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import lapse_places
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from notifications.errors import NoLongerTrue
from notifications.models import Delivery
from notifications.services.resending import resend_delivery
from tests.factories import GroupSessionFactory
from tests.waiting import called

pytestmark = pytest.mark.django_db

LEA, TOM = "lea@example.com", "tom@example.com"
A_WHILE = timedelta(hours=2, seconds=1)


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def ended(message: str, address: str) -> str:
    rows = Delivery.objects.filter(message=message).order_by("id")
    (row,) = [row for row in rows if row.address == address]
    return row.drop_reason or row.status


def test_who_joins_is_offered_a_time_and_does_not_answer_reads_three_mails(
    wait, book, staff, deliver, mail_server, clock, settings
):
    settings.PUBLIC_BASE_URL = "https://book.example"
    booking = book()
    new_york = replace(called("Lea"), timezone="America/New_York")
    lea = wait("Lea", customer=new_york)
    deliver()
    cancel_booking(booking, caller=staff)
    deliver()
    lea.refresh_from_db()
    offer = waitlist_url(lea)
    clock.shift(A_WHILE)
    lapse_holds()
    deliver()

    assert mail_server.subjects_to(LEA) == [
        "On the waitlist: Haircut, Mon 16 Nov, 04:00–04:30",
        "A time came free: Haircut, Mon 16 Nov, 04:00 with Anna",
        "Not kept any more: Haircut, Mon 16 Nov, 04:00 with Anna",
    ]
    joined, offered, expired = map(text_of, mail_server.to(LEA))
    assert "America/New York (UTC-05:00)" in joined
    assert (
        "It is kept for you until Tue 3 Nov, 04:00. Nothing is booked until you accept." in offered
    )
    assert f"Accept or decline: {offer}" in offered
    assert "At Salon Soleil: Mon 16 Nov, 10:00 in Europe/Berlin (UTC+01:00)" in offered
    assert "it was offered to the next" in expired
    assert lea.name not in str(Delivery.objects.values_list("last_error", flat=True))


def test_an_offer_that_is_over_is_not_mailed_and_not_sent_again(
    wait, book, staff, deliver, relay, mail_server, clock
):
    booking = book()
    lea, tom = wait("Lea"), wait("Tom")
    deliver()
    mail_server.mails.clear()
    cancel_booking(booking, caller=staff)
    relay()  # promised, and not sent for two hours
    clock.shift(A_WHILE)
    lapse_holds()
    deliver()

    assert ended("waitlist_offer", LEA) == "OFFER_OVER"
    assert mail_server.subjects_to(TOM) == [
        "A time came free: Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    with pytest.raises(NoLongerTrue):
        resend_delivery(Delivery.objects.get(drop_reason="OFFER_OVER"), caller=staff)
    leave_waitlist(WaitlistEntry.objects.get(pk=tom.pk), caller=staff)
    sent = Delivery.objects.get(message="waitlist_offer", status="SENT")
    with pytest.raises(NoLongerTrue):
        resend_delivery(sent, caller=staff)
    assert Delivery.objects.filter(waitlist_entry=lea).count() == 3


def test_who_leaves_at_once_is_not_told_that_they_wait(wait, book, staff, deliver, mail_server):
    book()
    leave_waitlist(wait("Lea"), caller=staff)
    deliver()

    assert ended("waitlist_joined", LEA) == "NOT_WAITING"
    assert mail_server.subjects_to(LEA) == []


def test_who_waits_for_a_session_reads_which_one_and_that_it_is_called_off(
    algebra, anna, staff, deliver, mail_server, clock
):
    session = GroupSessionFactory(service=algebra, resource=anna, capacity=1)
    ada = join_session(PlaceRequest(session=session, customer=called("Ada")), caller=staff)
    for name in ("Lea", "Tom"):
        wait_for_place(PlaceWait(session=session, customer=called(name)), caller=staff)
    deliver()
    cancel_booking(ada, caller=staff)
    deliver()
    clock.shift(A_WHILE)
    lapse_places()
    deliver()
    cancel_session(session, caller=staff)
    deliver()

    what = f"{algebra.name}, Wed 18 Nov, 14:00 with Anna"
    assert mail_server.subjects_to(LEA) == [
        f"On the waitlist: {what}",
        f"A place came free: {what}",
        f"Not kept any more: {what}",
    ]
    assert mail_server.subjects_to(TOM) == [
        f"On the waitlist: {what}",
        f"A place came free: {what}",
        f"Cancelled: {what}",
    ]
    joined, offered, off = map(text_of, mail_server.to(TOM))
    assert "As soon as a place comes free" in joined
    assert joined.splitlines()[2:4] == ["Wednesday, 18 November 2026", "14:00–15:00"]
    assert "A place came free for you" in offered
    assert "It does not take place, so you are no longer on its waitlist." in off


def test_a_mail_that_does_not_arrive_alerts_the_desk(wait, book, deliver, mail_server):
    book()
    mail_server.to_recipient[LEA] = "550 5.1.1 No such user"
    lea = wait("Lea")
    deliver()
    deliver()

    assert ended("waitlist_joined", LEA) == "FAILED"
    alert = mail_server.to("desk@salon.example")[-1]
    subject = alert["Subject"].strip()  # it was folded
    assert subject == "Not delivered: message to Lea, Haircut, Mon 16 Nov, 10:00–10:30"
    page = f"/admin/bookings/waitlistentry/{lea.pk}/change/"
    for line in ("Message: On the waitlist", "E-mail:  lea@example.com", page):
        assert line in text_of(alert)
