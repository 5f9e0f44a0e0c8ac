"""What a mail puts into its reader's calendar, and what it takes out again."""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from bookings.selectors.manage import manage_url
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking
from notifications.models import Delivery
from notifications.services.resending import resend_delivery
from tests.calendar_files import event_in, read, says
from tests.console import desk_for, shown
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db

MIA = "mia@example.com"
DESK = "desk@salon.example"
ANNA = "anna@salon.example"
BEN = "ben@salon.example"
HOUR = timedelta(hours=1)


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def calendar_part(mail: EmailMessage) -> EmailMessage | None:
    found = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return found[0] if found else None


def invited(mails: list[EmailMessage]) -> list[tuple[str, str, str]]:
    """Return method, sequence and status of what each mail asks of a calendar program."""
    told = []
    for part in map(calendar_part, mails):
        if part is None:
            told.append(("", "", ""))
            continue
        file = part.get_content()
        event = event_in(file)
        assert part.get_param("method") == says(read(file), "method")
        told.append((part.get_param("method"), says(event, "sequence"), says(event, "status")))
    return told


def test_a_confirmation_carries_the_appointment_twice(book, staff, deliver, mail_server):
    booking = confirm_booking(book(), caller=staff)

    deliver()

    (mail,) = mail_server.to(MIA)
    assert parts(mail) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    part = calendar_part(mail)
    assert part["Content-Type"] == 'text/calendar; method="REQUEST"; charset="utf-8"'
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content().replace(b"\r\n", b"\n") == part.get_content().encode().replace(
        b"\r\n", b"\n"
    )
    event = event_in(attached.get_content())
    assert says(event, "uid") == str(booking.pk)
    assert says(event, "url") == manage_url(booking)
    assert event.attendee.value == f"mailto:{MIA}"


def test_staff_see_what_a_message_asked_of_the_calendar(book, staff, deliver, mail_server, salon):
    confirm_booking(book(), caller=staff)
    deliver()
    row = Delivery.objects.get(message="booking_confirmed")

    page = desk_for(salon).get(f"/admin/notifications/delivery/{row.pk}/change/")

    assert "Their calendar</dt><dd>Keep this appointment</dd>" in shown(page)


@pytest.fixture
def _both_read_mail(salon, anna, ben, haircut):
    """Anna and Ben work for the salon, both can cut hair, and Anna is in London."""
    haircut.resources.add(ben)
    haircut.needs_approval = False
    haircut.save()
    anna.timezone = "Europe/London"
    for resource, address in ((anna, ANNA), (ben, BEN)):
        resource.user = MembershipFactory(organization=salon, user__email=address).user
        resource.save()


@pytest.mark.usefixtures("_both_read_mail")
def test_an_appointment_leaves_one_calendar_of_staff_for_another(
    book, staff, anna, ben, deliver, mail_server
):
    booking = book(resource=anna)
    deliver()
    booking = update_booking(booking, Changes(resource=ben), caller=staff)
    deliver()
    cancel_booking(booking, caller=staff)
    deliver()

    assert invited(mail_server.to(ANNA)) == [
        ("REQUEST", "0", "CONFIRMED"),
        ("CANCEL", "1", "CANCELLED"),
    ]
    assert invited(mail_server.to(BEN)) == [
        ("REQUEST", "1", "CONFIRMED"),
        ("CANCEL", "2", "CANCELLED"),
    ]
    to_anna = event_in(calendar_part(mail_server.to(ANNA)[0]).get_content())
    assert says(to_anna, "summary") == "Mia Müller, Haircut"
    assert "09:00–09:30\nEurope/London (UTC+00:00)\n" in says(to_anna, "description")
    assert says(to_anna, "url").endswith(f"/admin/bookings/booking/{booking.pk}/change/")
    assert to_anna.attendee.value == f"mailto:{ANNA}"


def test_the_desk_has_no_calendar_to_put_it_into(book, staff, deliver, mail_server):
    confirm_booking(book(), caller=staff)

    deliver()

    assert invited(mail_server.to(DESK)) == [("", "", ""), ("", "", "")]


def test_one_appointment_is_one_event_from_confirmation_to_cancellation(
    book, staff, deliver, mail_server, ten_o_clock
):
    booking = book()
    deliver()
    booking = confirm_booking(booking, caller=staff)
    deliver()
    booking = update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    deliver()
    booking = update_booking(booking, Changes(inquiry="Shorter"), caller=staff)
    deliver()
    cancel_booking(booking, caller=staff)
    deliver()

    assert invited(mail_server.to(MIA)) == [
        ("", "", ""),
        ("REQUEST", "1", "CONFIRMED"),
        ("REQUEST", "2", "CONFIRMED"),
        ("REQUEST", "3", "CONFIRMED"),
        ("CANCEL", "4", "CANCELLED"),
    ]
    files = [calendar_part(mail).get_content() for mail in mail_server.to(MIA)[1:]]
    assert {says(event_in(file), "uid") for file in files} == {str(booking.pk)}
    rows = Delivery.objects.filter(audience="CUSTOMER").order_by("event_id")
    assert [row.invitation for row in rows] == ["", "REQUEST", "REQUEST", "REQUEST", "CANCEL"]


def test_a_request_that_moves_and_is_cancelled_never_was_in_a_calendar(
    book, staff, deliver, mail_server, ten_o_clock
):
    booking = update_booking(book(), Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    deliver()
    cancel_booking(booking, caller=staff)
    deliver()

    assert len(mail_server.to(MIA)) == 3
    assert set(invited(mail_server.to(MIA))) == {("", "", "")}


def test_who_never_got_the_invitation_is_not_told_to_take_it_out(
    book, staff, relay, deliver, mail_server
):
    booking = confirm_booking(book(), caller=staff)
    relay()
    cancel_booking(booking, caller=staff)

    deliver()

    assert mail_server.subjects_to(MIA) == ["Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert invited(mail_server.to(MIA)) == [("", "", "")]


def test_a_cancellation_to_another_address_cancels_nothing_there(book, staff, deliver, mail_server):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    booking.email = "mia@new.example"
    booking.index_the_person()
    booking.save()

    cancel_booking(booking, caller=staff)
    deliver()

    assert invited(mail_server.to("mia@new.example")) == [("", "", "")]


def test_after_the_appointment_calendars_are_left_alone(book, staff, deliver, mail_server):
    booking = confirm_booking(book(), caller=staff)
    deliver()

    complete_booking(booking, caller=staff)
    deliver()

    assert invited(mail_server.to(MIA)) == [("REQUEST", "1", "CONFIRMED"), ("", "", "")]


def test_a_confirmation_sent_again_invites_to_what_is_so_now(
    book, staff, deliver, mail_server, ten_o_clock
):
    booking = confirm_booking(book(), caller=staff)
    deliver()
    update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    deliver()
    mail_server.mails.clear()

    resend_delivery(Delivery.objects.get(message="booking_confirmed"), caller=staff)
    deliver()

    (mail,) = mail_server.to(MIA)
    assert invited([mail]) == [("REQUEST", "2", "CONFIRMED")]
    event = event_in(calendar_part(mail).get_content())
    assert says(event, "dtstart") == ten_o_clock + HOUR


def test_a_customer_far_away_reads_their_own_clock_in_the_calendar_too(
    book, staff, deliver, mail_server
):
    confirm_booking(book(timezone="Asia/Kathmandu"), caller=staff)

    deliver()

    event = event_in(calendar_part(mail_server.to(MIA)[0]).get_content())
    assert says(event, "description").startswith(
        "Monday, 16 November 2026, 14:45–15:15\nAsia/Kathmandu (UTC+05:45)\n"
    )
