"""An appointment as a file: what other programs read in it, and what nobody can write into it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from bookings.calendars.ical import Method, Reader, calendar_file, invitation
from bookings.models import Booking
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from tests.calendar_files import event_in, read, says
from tests.cast import MIA

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
URL = "https://book.example/manage/abc"


def for_mia(booking: Booking, method: Method) -> bytes:
    reader = Reader(zone="Europe/Berlin", url=URL)
    return invitation(booking, method, reader, name=booking.name, address=booking.email)


def test_a_file_says_what_when_where_and_how_to_change_it(book, salon, haircut, staff):
    haircut.location, salon.contact_email = "Marktplatz 3", "hello@salon.example"
    haircut.save()
    salon.save()
    booking = confirm_booking(book(), caller=staff)

    file = calendar_file(booking, manage_url=URL)

    assert says(read(file), "method") == "PUBLISH"
    event = event_in(file)
    assert says(event, "uid") == str(booking.pk)
    assert says(event, "summary") == "Haircut with Anna"
    assert says(event, "location") == "Marktplatz 3"
    assert says(event, "dtstart") == datetime(2026, 11, 16, 9, tzinfo=UTC)
    assert says(event, "dtend") == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    assert b"DTSTART:20261116T090000Z\r\n" in file
    assert says(event, "dtstamp").replace(microsecond=0) == datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert (says(event, "status"), says(event, "transp")) == ("CONFIRMED", "OPAQUE")
    assert says(event, "url") == URL
    assert says(event, "description") == (
        "Monday, 16 November 2026, 10:00–10:30\n"
        "Europe/Berlin (UTC+01:00)\n"
        f"Reference: {booking.reference}\n"
        "Salon Soleil\n"
        f"Change or cancel: {URL}"
    )
    assert says(event, "organizer") == "mailto:hello@salon.example"
    assert "attendee" not in event.contents


def test_a_request_is_tentative_and_says_so(book):
    event = event_in(calendar_file(book()))

    assert says(event, "status") == "TENTATIVE"
    assert says(event, "summary") == "Not confirmed yet: Haircut with Anna"
    assert says(event, "location") == "Salon Soleil"
    assert "url" not in event.contents


def test_a_customer_a_quarter_of_an_hour_off_reads_their_own_clock(book):
    event = event_in(calendar_file(book(timezone="Asia/Kathmandu")))

    assert says(event, "description").startswith(
        "Monday, 16 November 2026, 14:45–15:15\nAsia/Kathmandu (UTC+05:45)\n"
    )


def test_an_invitation_is_the_same_event_for_life_with_a_rising_sequence(book, staff, ten_o_clock):
    booking = confirm_booking(book(), caller=staff)
    first = event_in(for_mia(booking, Method.REQUEST))
    booking = update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    moved = event_in(for_mia(booking, Method.REQUEST))
    booking = cancel_booking(booking, caller=staff)
    over = event_in(for_mia(booking, Method.CANCEL))

    assert {says(event, "uid") for event in (first, moved, over)} == {str(booking.pk)}
    assert [says(event, "sequence") for event in (first, moved, over)] == ["1", "2", "3"]
    assert says(moved, "dtstart") == ten_o_clock + HOUR
    assert [says(event, "status") for event in (first, over)] == ["CONFIRMED", "CANCELLED"]
    assert says(over, "transp") == "TRANSPARENT"
    assert says(read(for_mia(booking, Method.CANCEL)), "method") == "CANCEL"


def test_whoever_is_invited_has_accepted_and_is_asked_nothing(book, staff, settings):
    settings.DEFAULT_FROM_EMAIL = "Bookings <bookings@holdfast.example>"
    event = event_in(for_mia(confirm_booking(book(), caller=staff), Method.REQUEST))

    (attendee,) = event.attendee_list
    assert attendee.value == "mailto:mia@example.com"
    assert attendee.params["PARTSTAT"] == ["ACCEPTED"]
    assert attendee.params["RSVP"] == ["FALSE"]
    assert event.organizer.value == "mailto:bookings@holdfast.example"
    assert event.organizer.params["CN"] == ["Salon Soleil"]


def test_staff_who_lose_an_appointment_are_told_although_it_goes_on(book, staff):
    booking = confirm_booking(book(), caller=staff)
    reader = Reader(zone="Europe/Berlin", is_staff=True, url="https://book.example/admin/")

    event = event_in(
        invitation(booking, Method.CANCEL, reader, name="", address="anna@salon.example")
    )

    assert says(event, "status") == "CANCELLED"
    assert says(event, "summary") == "Mia Müller, Haircut"
    assert "CN" not in event.attendee.params


@pytest.mark.parametrize(
    "name",
    [
        "Mia\r\nATTENDEE:mailto:everybody@example.com",
        "Mia\nEND:VEVENT\nBEGIN:VEVENT",
        'Mia"; PARTSTAT=DECLINED:mailto:x@example.com',
        "Mia; the second, called \\n \\; ^n",
        "مريم 🌺 O'Neill",
        "李" * 200,
        "Mia\u2028\u202eEND:VEVENT\x1b\x85",
    ],
)
def test_a_name_is_text_and_never_a_line_of_the_file(book, staff, salon, anna, haircut, name):
    salon.name = anna.name = haircut.name = haircut.location = name
    for row in (salon, anna, haircut):
        row.save()
    booking = confirm_booking(book(customer=replace(MIA, name=name)), caller=staff)
    reader = Reader(zone="Europe/Berlin", is_staff=True)

    for file in (
        calendar_file(booking),
        invitation(booking, Method.REQUEST, reader, name=name, address=MIA.email),
    ):
        event = event_in(file)
        assert all(len(line) <= 75 for line in file.split(b"\r\n"))
        assert file.count(b"\n") == file.count(b"\r") == file.count(b"\r\n")
        assert file.count(b"\r\nBEGIN:VEVENT\r\n") == 1
        assert [one.value for one in getattr(event, "attendee_list", [])] in (
            [],
            ["mailto:mia@example.com"],
        )
        assert name[:3] in says(event, "summary")


def test_an_address_with_signs_in_it_stays_one_address(book, staff):
    booking = confirm_booking(book(), caller=staff)
    reader = Reader(zone="UTC")

    event = event_in(
        invitation(booking, Method.REQUEST, reader, name="", address="o'neill+a;b\r\nX:1@x.example")
    )

    assert event.attendee.value == "mailto:o'neill+a%3Bb%0D%0AX%3A1@x.example"


def test_a_file_speaks_its_readers_language(book):
    with translation.override("de"):
        event = event_in(calendar_file(book()))

    assert says(event, "description").startswith("Montag, 16. November 2026, 10:00–10:30\n")


def test_a_calendar_server_takes_every_change_of_an_appointment(
    book, staff, calendars, ten_o_clock
):
    booking = confirm_booking(
        book(customer=replace(MIA, name="مريم; 🌺, \\n O'Neill")), caller=staff
    )
    name = str(booking.pk)

    assert calendars.put(name, calendar_file(booking, manage_url=URL)) == 201
    assert says(event_in(calendars.get(name)), "summary") == "Haircut with Anna"
    (found,) = calendars.between("20261116T090000Z", "20261116T093000Z")
    assert says(event_in(found), "uid") == name

    booking = update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)
    assert calendars.put(name, calendar_file(booking, manage_url=URL)) in (201, 204)
    assert calendars.between("20261116T090000Z", "20261116T093000Z") == []
    (found,) = calendars.between("20261116T100000Z", "20261116T103000Z")
    assert says(event_in(found), "sequence") == "2"

    booking = cancel_booking(booking, caller=staff)
    assert calendars.put(name, calendar_file(booking)) in (201, 204)
    assert says(event_in(calendars.get(name)), "status") == "CANCELLED"
