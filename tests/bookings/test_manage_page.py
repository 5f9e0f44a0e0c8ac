"""The page behind the link in a customer's mail: see, move and cancel, without a script."""

import logging
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client

from bookings.models import Booking, ChangeReason
from bookings.selectors.manage import manage_token
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking
from core.models import Event
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def booking(book, staff) -> Booking:
    """Mia's confirmed haircut with Anna, Monday 16 November at ten in Berlin."""
    return confirm_booking(book(notes="Talks a lot"), caller=staff)


@pytest.fixture
def mia(booking) -> Visitor:
    return Visitor()


def page_of(booking: Booking, below: str = "", **query: str) -> str:
    path = f"/manage/{manage_token(booking)}{below}"
    return f"{path}?{urlencode(query)}" if query else path


def state(booking: Booking) -> tuple[object, ...]:
    """All that a click could change."""
    row = Booking.objects.filter(pk=booking.pk).values().get()
    return row, Event.objects.count(), ChangeReason.objects.count()


def test_the_page_shows_the_booking_on_its_own_clock_and_no_note_of_staff(mia, booking):
    mia.open(page_of(booking))

    assert "<title>Your appointment · Salon Soleil</title>" in mia.text
    for said in (
        "Monday, 16 November 2026<br>10:00–10:30",
        "Europe/Berlin (UTC+01:00)",
        "Haircut",
        "Anna",
        booking.reference,
        "Confirmed",
    ):
        assert said in mia.text, said
    assert "Talks a lot" not in mia.text


def test_another_clock_can_be_chosen_and_stays(mia, booking):
    mia.open(page_of(booking, zone="America/New_York"))
    assert "Monday, 16 November 2026<br>04:00–04:30" in mia.text

    mia.follow("Move to another time")
    assert "zone=America%2FNew_York" in mia.path
    assert "Times in America/New York (UTC-05:00)." in mia.text
    assert "10:00" in mia.open(page_of(booking, zone="Mars/Base")).text


def test_looking_asks_three_times_and_changes_nothing(
    mia, booking, django_assert_max_num_queries, haircut
):
    before = state(booking)
    for below in ("", "/move", "/move?start=2026-11-17T09:00:00Z", "/cancel", "/calendar.ics"):
        with django_assert_max_num_queries(7):
            assert mia.open(page_of(booking) + below).status == 200, below
        assert mia.client.head(page_of(booking) + below).status_code == 200
    assert state(booking) == before


def test_moving_a_day_a_time_a_last_look(mia, booking, ten_o_clock):
    mia.open(page_of(booking)).follow("Move to another time")
    assert "Monday, 16 November 2026, 15 free times" not in mia.free_days
    mia.follow("Tuesday, 17 November 2026, 16 free times").follow("11:30")
    assert "Move it to this time?" in mia.text
    assert "Tuesday, 17 November 2026<br>11:30–12:00" in mia.text
    assert state(booking)[0]["starts_at"] == ten_o_clock

    mia.send(
        start=mia.hidden("start"),
        version=mia.hidden("version"),
        reason="The train is late",
        **{"with": mia.hidden("with")},
    )

    assert "It is moved. An e-mail with the new time is on its way to you." in mia.text
    assert "Tuesday, 17 November 2026<br>11:30–12:00" in mia.text
    booking.refresh_from_db()
    assert (booking.starts_at, booking.reschedules) == (ten_o_clock + DAY + 1.5 * HOUR, 1)
    assert ChangeReason.objects.get().text == "The train is late"


def moving(booking: Booking, start: str, version: int = 2, **more: str) -> dict[str, object]:
    return {"start": start, "version": version, "with": str(booking.resource_id), **more}


def test_the_second_click_of_a_double_click_moves_and_cancels_nothing_more(booking):
    client = Client()
    for _ in range(2):
        moved = client.post(page_of(booking, "/move"), moving(booking, "2026-11-17T11:30:00+01:00"))
        assert moved["Location"] == page_of(booking, done="moved")
    for _ in range(2):
        cancelled = client.post(page_of(booking, "/cancel"), {"version": "3"})
        assert cancelled["Location"] == page_of(booking, done="cancelled")

    names = Event.objects.order_by("id").values_list("name", flat=True)
    assert list(names)[2:] == ["booking.rescheduled", "booking.cancelled"]


def test_a_time_that_was_taken_meanwhile_is_told_with_others(mia, booking, book, ten_o_clock):
    mia.open(page_of(booking, "/move", start="2026-11-17T11:30:00+01:00"))
    book(at=ten_o_clock + DAY + 1.5 * HOUR)
    before = state(booking)

    mia.send(**moving(booking, "2026-11-17T11:30:00+01:00"))

    assert mia.status == 409
    assert "11:30 is no longer free. 10:30, 11:00 and 12:00 are." in mia.text
    assert state(booking) == before
    mia.follow("Tue 17 Nov, 12:00")
    assert "12:00–12:30" in mia.text


@pytest.mark.parametrize(
    "start", ["2026-11-17T11:10:00+01:00", "2026-11-01T11:00:00+01:00", "2026-11-17T23:00:00+01:00"]
)
def test_a_time_that_is_not_offered_is_refused_in_a_sentence(booking, start):
    before = state(booking)

    answer = Client().post(page_of(booking, "/move"), moving(booking, start))

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert state(booking) == before


def test_it_can_be_moved_to_somebody_else_or_to_anyone(mia, booking, haircut, ben):
    haircut.resources.add(ben)

    mia.open(page_of(booking, "/move", **{"with": str(ben.pk)}))
    assert mia.follow("Tuesday, 17 November 2026, 16 free times").follow("11:30")
    assert "with Ben" in mia.text
    mia.send(**moving(booking, mia.hidden("start")) | {"with": mia.hidden("with")})

    assert "<dd>Ben</dd>" in mia.text
    assert (
        "with anyone who is free"
        in mia.open(
            page_of(booking, "/move", start="2026-11-18T11:30:00+01:00", **{"with": "anyone"})
        ).text
    )


def test_cancelling_asks_first_and_a_post_does_it(mia, booking):
    mia.open(page_of(booking)).follow("Cancel…")
    assert "Cancel your appointment?" in mia.text
    assert Booking.objects.get().status == "CONFIRMED"

    mia.send(version=mia.hidden("version"), reason="  I am ill\0 ")

    assert "It is cancelled, and its time is free for others." in mia.text
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "I am ill")
    assert "Book another appointment" in mia.text
    assert "Move to another time" not in mia.text


def test_the_policy_is_told_before_anything_is_tried(mia, booking, haircut, ten_o_clock, clock):
    haircut.cancel_notice_minutes = 24 * 60
    haircut.late_fee_amount = Decimal("15.00")
    haircut.reschedule_notice_minutes = 120
    haircut.most_reschedules = 2
    haircut.save()

    mia.open(page_of(booking))
    assert "You can move it 2 more times, until Mon 16 Nov, 08:00." in mia.text
    assert (
        "You can cancel it free of charge until Sun 15 Nov, 10:00. After that, cancelling costs "
        "15.00 EUR." in mia.text
    )

    clock.move_to(ten_o_clock - HOUR)
    mia.open(page_of(booking))
    assert "It could be moved until Mon 16 Nov, 08:00." in mia.text
    assert "Cancelling it now costs 15.00 EUR." in mia.text
    assert "Move to another time" not in mia.text
    mia.follow("Cancel…")
    assert "This is late, so 15.00 EUR will be noted as a fee." in mia.text
    mia.send(version=mia.hidden("version"))
    assert "15.00 EUR for cancelling late" in mia.text
    assert Booking.objects.get().fee_amount == Decimal("15.00")


def test_what_the_policy_forbids_a_forged_post_cannot_do(booking, haircut, ten_o_clock, clock):
    haircut.cancel_notice_minutes = haircut.reschedule_notice_minutes = 24 * 60
    haircut.save()
    clock.move_to(ten_o_clock - HOUR)
    before, client = state(booking), Client()

    late = client.post(page_of(booking, "/cancel"), {"version": "2"})
    assert late.status_code == 409
    assert "It is too late to cancel this appointment here." in late.text
    moved = client.post(
        page_of(booking, "/move"), moving(booking, "2026-11-17T11:30:00+01:00"), follow=True
    )
    assert "It could be moved until Sun 15 Nov, 10:00." in moved.text
    assert "It could be cancelled until Sun 15 Nov, 10:00." in moved.text
    assert state(booking) == before
    for below in ("/move", "/cancel"):
        assert client.get(page_of(booking, below)).status_code == 302


def test_what_staff_changed_meanwhile_is_not_changed_unseen(mia, booking, staff, ten_o_clock):
    mia.open(page_of(booking, "/cancel"))
    update_booking(booking, Changes(starts_at=ten_o_clock + HOUR), caller=staff)

    mia.send(version=mia.hidden("version"))

    assert "It was changed since you opened it. This is how it is now." in mia.text
    assert "11:00–11:30" in mia.text
    assert Booking.objects.get().status == "CONFIRMED"


def test_what_is_over_offers_nothing_to_change(mia, booking, staff, ten_o_clock, clock):
    clock.move_to(ten_o_clock + HOUR)
    complete_booking(booking, caller=staff)

    mia.open(page_of(booking))

    assert "Completed" in mia.text
    for button in ("Move to another time", "Cancel…", "Add to my calendar"):
        assert button not in mia.text


def test_a_link_that_opens_nothing_says_so_kindly_and_no_more(mia, booking, staff, salon):
    token = manage_token(booking)
    for path in (f"/manage/{token[:-1]}", f"/manage/{booking.pk}", "/manage/x", "/manage/é/move"):
        assert mia.open(path).status == 404
        assert "This link leads nowhere" in mia.text
        assert "Salon" not in mia.text
    cancel_booking(booking, caller=staff)
    assert mia.open(f"/manage/{token}/").status == 200


def test_the_secret_in_the_address_is_told_to_nobody(mia, booking, caplog):
    caplog.set_level(logging.DEBUG)
    pages = [mia.open(page_of(booking, below)).response for below in ("", "/move", "/cancel")]
    pages.append(mia.open(f"{page_of(booking)}x").response)
    pages.append(mia.client.get(f"/api/manage/{manage_token(booking)}"))

    for page in pages[:-1]:
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert page["Cache-Control"] == "private, no-store"
        assert "default-src 'none'" in page["Content-Security-Policy"]
        assert "unsafe" not in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"
        assert not page.cookies
        assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "/manage/{token}" in caplog.text
    assert manage_token(booking) not in caplog.text


def test_a_browser_that_keeps_no_cookie_and_sends_no_origin_is_not_turned_away(booking):
    """As a real one does on a page without a referrer; Client usually skips the check."""
    client = Client(enforce_csrf_checks=True, headers={"Origin": "null"})

    assert client.post(page_of(booking, "/cancel"), {"version": "2"}).status_code == 302


def test_whoever_opens_pages_all_the_time_waits(booking):
    client = Client(REMOTE_ADDR="192.0.2.7")
    statuses = [client.get("/manage/x").status_code for _ in range(61)]

    assert statuses == [404] * 60 + [429]


def test_the_page_speaks_german_and_carries_the_organizations_color(mia, booking):
    german = mia.client.get(page_of(booking), headers={"Accept-Language": "de"})

    assert '<html lang="de">' in german.text
    assert "/public/accent/0f766e.css" in german.text
    assert len(german.content) < 50_000
