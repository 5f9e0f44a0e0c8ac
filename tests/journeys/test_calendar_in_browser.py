"""The calendar in a real browser: the daily jobs by clicks and by keys, pointing and dragging."""

import pytest

from bookings.models import Booking
from tests.browser import Reader
from tests.factories import ResourceFactory
from tests.journeys.console_day import TUESDAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_MOST_CLICKS = 3
CALENDAR = "/admin/calendar/"
BOOKINGS = "/admin/bookings/booking/"


def point_at(reader: Reader, name: str, hour: float, *, nth: int = 0) -> tuple[float, float]:
    """Return where `hour` o'clock is in the column of `name`, 9 o'clock being its top."""
    track = reader.page.get_by_role("group", name=name, exact=False).nth(nth)
    box = track.locator(".hf-cal-track").bounding_box()
    hours = reader.page.locator(".hf-cal").get_attribute("data-hours")
    assert box
    assert hours
    rows = len(hours.split())
    return box["x"] + box["width"] * 0.75, box["y"] + box["height"] / rows * (hour - 9) + 3


def test_job_1_by_keys_alone_from_anywhere(look, day):
    reader = look()
    reader.open("/admin/core/apikey/")

    reader.page.keyboard.press("c")
    reader.page.get_by_role("heading", name="Tuesday, 3 November 2026").wait_for()
    reader.page.keyboard.press("ArrowRight")
    reader.page.get_by_role("heading", name="Wednesday, 4 November 2026").wait_for()
    reader.page.keyboard.press("w")
    reader.page.get_by_role("heading", name="Sun 1 Nov – Sat 7 Nov").wait_for()
    reader.page.keyboard.press("ArrowRight")
    reader.page.get_by_role("heading", name="Sun 8 Nov – Sat 14 Nov").wait_for()
    reader.page.keyboard.press("t")
    reader.page.get_by_role("heading", name="Sun 1 Nov – Sat 7 Nov").wait_for()
    reader.page.keyboard.press("d")
    reader.page.get_by_role("heading", name="Tuesday, 3 November 2026").wait_for()

    jonas = reader.page.get_by_role("link", name="Jonas Weber")
    assert "Pending" in jonas.inner_text()
    assert reader.clicks == 0
    assert reader.problems == []


def test_job_2_somebody_calls_while_the_calendar_is_open(look, day):
    reader = look()
    reader.open(CALENDAR)

    reader.page.keyboard.press("/")
    reader.page.keyboard.type("c t d w")  # letters that are keys elsewhere are letters here
    assert reader.page.locator("#find").input_value() == "c t d w"
    reader.page.locator("#find").fill("oleks")
    reader.page.keyboard.press("Enter")

    found = reader.page.get_by_role("listitem").filter(has_text="oleks@example.com")
    found.get_by_text("Tue 3 Nov, 12:30–13:30").wait_for()
    assert reader.clicks == 0


def test_job_3_the_time_that_is_pointed_at_is_booked_for_who_was_here_before(look, day, ben):
    reader = look()
    reader.open(CALENDAR)

    reader.page.mouse.move(*point_at(reader, "Ben", 15.5))
    assert reader.page.locator("[data-here='15:30']").count() > 0  # it says which time it would be
    reader.page.mouse.click(*point_at(reader, "Ben", 15.5))
    reader.clicks += 1
    reader.page.get_by_label("Been here before? E-mail, phone or name").fill("zoe")
    assert reader.page.get_by_role("radio", name="15:30").is_checked()
    assert reader.page.get_by_label("With", exact=True).input_value() == str(ben.pk)
    reader.click("Find", role="button")
    reader.page.keyboard.press("Enter")  # the first who was found has the focus
    reader.page.get_by_label("E-mail", exact=True).wait_for()
    reader.page.wait_for_function(
        "document.getElementById('details-name').value === \"Zoë O'Neill\""
    )
    reader.click("Book and tell the customer", role="button")

    reader.page.get_by_text("Booked: Tue 3 Nov, 15:30–15:45").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS
    assert reader.problems == []


def test_job_3_with_the_keyboard_a_free_stretch_begins_where_it_begins(look, day):
    reader = look()
    reader.open(CALENDAR)

    reader.page.get_by_role("link", name="13:30–17:00 with Ben is free: book").focus()
    reader.page.keyboard.press("Enter")

    reader.page.get_by_role("radio", name="13:30").wait_for()
    assert reader.page.get_by_role("radio", name="13:30").is_checked()
    assert reader.clicks == 0


def test_job_4_dragged_to_another_time_it_is_asked_for_and_moved(look, day, anna):
    booking = day.bookings[3]  # Oleksandr, with Ben from 12:30 to 13:30
    reader = look()
    reader.open(CALENDAR)

    link = reader.page.get_by_role("link", name="Oleksandr Kovalenko-Hartmann").bounding_box()
    assert link
    reader.page.mouse.move(link["x"] + 20, link["y"] + 3)
    reader.page.mouse.down()
    reader.page.mouse.move(*point_at(reader, "Anna", 15), steps=6)
    reader.page.mouse.up()
    reader.clicks += 1
    reader.page.get_by_text("The customer gets the message “New time”").wait_for()
    assert reader.page.get_by_role("radio", name="15:00").is_checked()
    assert reader.page.get_by_label("With").input_value() == str(anna.pk)
    reader.click("Move and tell the customer", role="button")

    reader.page.get_by_text("is now Tue 3 Nov, 15:00–16:00").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS
    booking.refresh_from_db()
    assert booking.resource == anna
    assert reader.problems == []


def test_job_4_cancelled_from_the_calendar(look, day):
    reader = look()
    reader.open(CALENDAR)

    reader.click("Jonas Weber", exact=False)
    reader.click("Cancel…")
    reader.click("Cancel and tell the customer", role="button")

    reader.page.get_by_text("is cancelled, and its time is free again").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS


def test_one_too_many_is_booked_with_a_reason_and_marked(look, day, anna):
    reader = look()
    reader.open(f"{BOOKINGS}add/?day=2026-11-03&resource={anna.pk}")
    reader.page.get_by_text("Another minute than these").click()
    reader.page.get_by_label("Begins at").fill("14:00")
    reader.page.get_by_label("Name", exact=True).fill("Dora Neu")
    reader.page.get_by_label("E-mail", exact=True).fill("dora@example.com")
    reader.click("Book and tell the customer", role="button")

    reader.page.get_by_role("alert").wait_for()
    assert reader.violations() == []
    reader.looks_at("console-overbook-desktop-light")
    reader.page.get_by_label("Reason", exact=True).fill("She flies home tonight")
    reader.click("Take Tue 3 Nov, 14:00 all the same", role="button")

    reader.page.get_by_text("Booked: Tue 3 Nov, 14:00").wait_for()
    assert Booking.objects.get(is_overbooked=True).starts_at == TUESDAY.replace(hour=13)
    assert reader.violations() == []
    reader.open(CALENDAR)
    dora = reader.page.get_by_role("link", name="Dora Neu")
    assert "One too many: She flies home tonight" in dora.get_attribute("title")
    assert reader.violations() == []
    reader.looks_at("console-calendar-full-desktop-light")


def test_a_calendar_of_many_scrolls_in_itself_and_not_the_page(look, day, salon):
    for _ in range(10):
        ResourceFactory(organization=salon)
    reader = look()
    reader.open(CALENDAR)

    assert reader.page.evaluate("document.documentElement.scrollWidth") == 1440
    assert reader.page.locator(".hf-cal").evaluate("it => it.scrollWidth > it.clientWidth")
    assert reader.violations() == []
    reader.looks_at("console-calendar-many-desktop-light")
