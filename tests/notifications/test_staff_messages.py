"""What members of staff are told of their own bookings, and what goes to nobody twice."""

from email.message import EmailMessage

import pytest

from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking, lapse_requests
from notifications.models import Delivery
from tests.factories import MembershipFactory
from tests.notifications.test_messages import HOUR, text_of

pytestmark = pytest.mark.django_db

DESK = "desk@salon.example"
ANNA = "anna@salon.example"
BEN = "ben@salon.example"


@pytest.fixture(autouse=True)
def _both_read_mail(salon, anna, ben, haircut):
    """Anna and Ben work for the salon, and both can cut hair."""
    haircut.resources.add(ben)
    for resource, address in ((anna, ANNA), (ben, BEN)):
        resource.user = MembershipFactory(organization=salon, user__email=address).user
        resource.save()


def said_in(mail: EmailMessage) -> str:
    """Return a mail's text with its columns and lines closed up."""
    return " ".join(text_of(mail).split())


@pytest.fixture
def booked(book, anna, deliver, mail_server):
    """Mia's haircut with Anna, of which everybody was told."""
    booking = book(resource=anna)
    deliver()
    mail_server.mails.clear()
    return booking


def test_whoever_it_is_with_is_told_of_a_new_booking(book, anna, deliver, mail_server):
    anna.timezone = "Europe/London"
    anna.save()
    book(resource=anna)

    deliver()

    assert mail_server.subjects_to(ANNA) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 09:00 with Anna"
    ]
    (mail,) = mail_server.to(ANNA)
    assert mail["Reply-To"] == "mia@example.com"
    text = said_in(mail)
    assert "09:00–09:30 Europe/London (UTC+00:00)" in text
    assert "Customer's time: Mon 16 Nov, 10:00 in Europe/Berlin (UTC+01:00)" in text
    assert "It is not confirmed yet." in text
    assert mail_server.subjects_to(BEN) == []


def test_a_confirmation_comes_with_the_appointment_for_their_calendar(
    booked, staff, deliver, mail_server
):
    confirm_booking(booked, caller=staff)

    deliver()

    (mail,) = mail_server.to(ANNA)
    assert mail_server.subjects_to(ANNA) == [
        "Confirmed: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    (invitation,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert invitation.get_param("method") == "REQUEST"


def test_a_new_time_and_a_cancellation_are_told(booked, staff, deliver, mail_server):
    moved = update_booking(booked, Changes(starts_at=booked.starts_at + HOUR), caller=staff)
    deliver()
    cancel_booking(moved, caller=staff)
    deliver()

    assert mail_server.subjects_to(ANNA) == [
        "New time: Mia Müller, Haircut, Mon 16 Nov, 11:00 with Anna",
        "Cancelled: Mia Müller, Haircut, Mon 16 Nov, 11:00 with Anna",
    ]
    first, second = mail_server.to(ANNA)
    assert "Before: Mon 16 Nov, 10:00–10:30 Who:" in said_in(first)
    assert "Your time is free again. The customer is told." in said_in(second)


def test_from_anna_to_ben_it_is_gone_for_one_and_new_for_the_other(
    booked, ben, staff, deliver, mail_server
):
    update_booking(booked, Changes(starts_at=booked.starts_at + HOUR, resource=ben), caller=staff)

    deliver()

    assert mail_server.subjects_to(ANNA) == [
        "No longer yours: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Anna"
    ]
    text = said_in(mail_server.to(ANNA)[0])
    assert "It is now with Ben. Your time is free again." in text
    assert "Now: Mon 16 Nov, 11:00–11:30 with Ben Who:" in text
    assert "mia@example.com" not in text
    assert mail_server.subjects_to(BEN) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 11:00 with Ben"
    ]


def test_who_never_heard_of_it_does_not_read_that_it_is_gone(
    book, anna, ben, staff, deliver, mail_server
):
    booking = book(resource=anna)
    update_booking(booking, Changes(resource=ben), caller=staff)

    deliver()

    assert mail_server.subjects_to(ANNA) == []
    assert mail_server.subjects_to(BEN) == [
        "New booking: Mia Müller, Haircut, Mon 16 Nov, 10:00 with Ben"
    ]
    to_staff = Delivery.objects.filter(audience="STAFF").order_by("event_id", "id")
    assert [(row.message, row.drop_reason) for row in to_staff] == [
        ("staff_booking_new", "SUPERSEDED"),
        ("staff_booking_gone", "UNDONE"),
        ("staff_booking_new", ""),
    ]


def test_what_comes_back_at_once_was_never_gone(booked, anna, ben, staff, deliver, mail_server):
    moved = update_booking(booked, Changes(resource=ben), caller=staff)
    update_booking(moved, Changes(resource=anna), caller=staff)

    deliver()

    assert mail_server.subjects_to(BEN) == []
    assert "No longer yours" not in " ".join(mail_server.subjects_to(ANNA))


def test_an_admin_address_that_is_annas_gets_one_mail(book, salon, anna, deliver, mail_server):
    salon.admin_email = "Anna@Salon.example"
    salon.save()
    book(resource=anna)

    deliver()

    assert [row.message for row in Delivery.objects.exclude(audience="CUSTOMER")] == [
        "admin_booking_new"
    ]


@pytest.mark.parametrize("why", ["left", "switched off", "works elsewhere"])
def test_who_no_longer_works_here_reads_nothing(why, book, anna, deliver, mail_server):
    if why == "left":
        anna.user.memberships.all().delete()
    elif why == "works elsewhere":
        anna.user.memberships.all().delete()
        MembershipFactory(user=anna.user)
    else:
        anna.user.is_active = False
        anna.user.save()
    book(resource=anna)

    deliver()

    assert not Delivery.objects.filter(audience="STAFF").exists()
    assert len(mail_server.to(DESK)) == 1


def test_a_request_that_lapsed_says_why(book, haircut, clock, deliver, mail_server):
    haircut.answer_within_minutes = 60
    haircut.save()
    book()
    clock.shift(3601)
    assert lapse_requests() == 1

    deliver()

    mail = mail_server.to("mia@example.com")[-1]
    assert "Nobody could answer it in time, so the time was given back." in said_in(mail)
