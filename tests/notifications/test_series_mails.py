"""A series is told once: the message about the first says when the others are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from notifications.models import Delivery
from tests.calendar_files import events_in, says
from tests.notifications.test_invitations import calendar_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(desk, wish, salon):
    salon.admin_email = "desk@example.com"
    salon.save()
    weekly = {**wish, "recurrence": "FREQ=WEEKLY;COUNT=3"}
    return desk.post("/api/series", weekly).json()["data"]


def ask(desk, series, call, **body):
    first = series["bookings"][0]["id"]
    return desk.post(f"/api/series/{series['id']}/{call}", {"bookingId": first, **body})


def test_all_is_said_in_one_message(series, deliver, mail_server):
    deliver()

    told = Delivery.objects.values_list("message", flat=True)
    assert sorted(told) == ["admin_booking_new", "booking_received"]
    (mail,) = [mail for mail in mail_server.mails if mail["To"] == "mia@example.com"]
    text = mail.get_body(("plain",)).get_content()
    assert "Monday, 16 November 2026" in text
    assert "Mon 23 Nov, 10:00–10:30; Mon 30 Nov, 10:00–10:30" in " ".join(text.split())


def test_confirming_them_confirms_them_all(desk, series, deliver, mail_server):
    ask(desk, series, "confirm", scope="ALL")
    with CaptureQueriesContext(connection) as asked:
        deliver()

    assert set(Booking.objects.values_list("confirmation_sent", flat=True)) == {True}
    # Written with what was sent, in one statement.
    assert not [each for each in asked if each["sql"].startswith('UPDATE "bookings_booking"')]
    told = Delivery.objects.filter(message="booking_confirmed")
    assert told.count() == 1


def test_what_is_cancelled_together_is_told_together(desk, series, deliver):
    deliver()
    ask(desk, series, "cancel", scope="ALL")
    deliver()

    told = Delivery.objects.filter(message__contains="cancelled").values_list("message", flat=True)
    assert sorted(told) == ["admin_booking_cancelled", "booking_cancelled"]


def test_a_move_says_where_the_first_was(desk, series, deliver, mail_server):
    deliver()
    slot = {"startTime": "2026-11-17T11:00:00+01:00", "duration": 30}
    ask(desk, series, "reschedule", scope="ALL", timeSlot=slot)
    deliver()

    mail = [mail for mail in mail_server.mails if mail["To"] == "mia@example.com"][-1]
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "Mon 16 Nov, 10:00–10:30" in text
    assert "Tue 24 Nov, 11:00–11:30; Tue 1 Dec, 11:00–11:30" in text


def test_a_series_goes_into_the_calendar_and_out_of_it_as_a_whole(
    desk, series, deliver, mail_server
):
    ask(desk, series, "confirm", scope="ALL")
    deliver()
    second = series["bookings"][1]["id"]
    assert desk.delete(f"/api/bookings/{second}").status_code == 200
    deliver()
    ask(desk, series, "cancel", scope="ALL")
    deliver()

    told = []
    for mail in mail_server.mails:
        part = calendar_part(mail)
        if mail["To"] == "mia@example.com" and part is not None:
            events = events_in(part.get_content())
            of_each = sorted((says(one, "sequence"), says(one, "status")) for one in events)
            told.append((part.get_param("method"), of_each))
    assert told == [
        ("PUBLISH", [("1", "CONFIRMED")] * 3),
        ("CANCEL", [("2", "CANCELLED")]),
        ("PUBLISH", [("2", "CANCELLED")] * 3),
    ]
    ids = {one["id"] for one in series["bookings"]}
    first = next(part for part in map(calendar_part, mail_server.mails) if part is not None)
    events = events_in(first.get_content())
    assert {says(one, "uid") for one in events} == ids
    assert len({says(one, "url") for one in events}) == 3
