"""From a mail that arrived, through its link, to another time and to none, in a real browser.

Pictures go to artifacts/pictures, for a person to look at.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from bookings.models import Booking, ChangeReason
from bookings.selectors.manage import manage_token
from bookings.services.status import confirm_booking
from tests.browser import Reader, reader_at
from tests.journeys.test_book_in_browser import small_targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_MIA = "mia@example.com"


@pytest.fixture
def booking(book, haircut, salon, anna, ben, staff, settings, live_server) -> Booking:
    """Mia's haircut on Monday at ten, which costs a fee when she cancels too late."""
    settings.PUBLIC_BASE_URL = live_server.url
    salon.contact_email = "hello@salon.example"
    salon.accent_color = "#b4325a"
    salon.save()
    haircut.resources.add(ben)
    haircut.location = "Torstraße 1, 10119 Berlin"
    haircut.price_amount = Decimal("38.00")
    haircut.cancel_notice_minutes = haircut.reschedule_notice_minutes = 24 * 60
    haircut.late_fee_amount, haircut.most_reschedules = Decimal("15.00"), 3
    haircut.save()
    return confirm_booking(book(), caller=staff)


@pytest.fixture
def opened_mail(booking, deliver, mail_server) -> Callable[[Reader], None]:
    """Show somebody the newest mail to Mia."""

    def open_mail(reader: Reader) -> None:
        deliver()
        body = mail_server.to(AT_MIA)[-1].get_body(("html",))
        reader.page.goto("about:blank")  # not under the policy of the page before it
        reader.page.set_content(body.get_content())

    return open_mail


@pytest.fixture
def look(live_server, chromium) -> Callable[..., Reader]:
    def look(**how) -> Reader:
        return reader_at(chromium, live_server.url, **how)

    return look


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_customer_moves_and_cancels_from_the_mail(look, opened_mail, booking, phone, dark):
    reader = look(phone=phone, dark=dark)
    page, wrong = reader.page, []
    name = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"

    def seen(step: str) -> None:
        reader.looks_at(f"manage-{step}-{name}")
        wrong.extend(f"{step}: {one}" for one in [*reader.violations(), *small_targets(page)])
        if page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]:
            wrong.append(f"{step}: too wide")

    opened_mail(reader)
    reader.click("Change or cancel")
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()
    seen("booking")
    reader.click("Move to another time")
    page.get_by_text("Another time zone").click()
    seen("times")
    reader.click("Tuesday, 17 November 2026, 16 free times")
    reader.click("11:30")
    page.get_by_label("Why?").fill("The train is late")
    seen("move")
    reader.click("Move the appointment", role="button")
    expect(page.get_by_role("status")).to_have_text(
        "It is moved. An e-mail with the new time is on its way to you."
    )
    seen("moved")

    opened_mail(reader)
    expect(page.get_by_text("Tuesday, 17 November 2026", exact=True)).to_be_visible()
    reader.click("Change or cancel")
    reader.click("Cancel…")
    seen("cancel")
    reader.click("Cancel the appointment", role="button")
    expect(page.get_by_role("status")).to_contain_text("It is cancelled")
    seen("cancelled")

    assert wrong == []
    assert reader.problems == []
    booking.refresh_from_db()
    assert (booking.status, booking.reschedules) == ("CANCELLED", 1)
    assert [reason.text for reason in ChangeReason.objects.all()] == ["The train is late"]


def test_it_works_without_a_script_and_without_cookies(look, opened_mail, booking):
    reader = look(script=False, phone=True)
    opened_mail(reader)
    for link in (
        "Change or cancel",
        "Move to another time",
        "Thursday, 19 November 2026, 16 free times",
    ):
        reader.click(link)
    reader.click("10:00")
    reader.click("Move the appointment", role="button")
    reader.click("Cancel…")
    reader.click("Cancel the appointment", role="button")

    assert Booking.objects.get().status == "CANCELLED"
    assert reader.context.cookies() == []


def test_refusals_and_fees_can_be_read_by_everybody(look, booking, book, ten_o_clock, clock):
    reader = look(phone=True)
    page = reader.page
    token = manage_token(booking)
    wrong = []
    reader.open(f"/manage/{token}/move?start=2026-11-17T10:00:00Z")
    book(at=ten_o_clock.replace(day=17, hour=10), resource=booking.resource)
    reader.click("Move the appointment", role="button")
    expect(page.get_by_role("alert")).to_contain_text("11:00 is no longer free.")
    for step, path in (
        ("refused", ""),
        ("late", f"/manage/{token}"),
        ("fee", f"/manage/{token}/cancel"),
        ("nothing", f"/manage/{token}x"),
    ):
        if path:
            clock.move_to(ten_o_clock.replace(hour=8))
            reader.open(path)
        reader.looks_at(f"manage-{step}-phone-light")
        wrong += [f"{step}: {one}" for one in [*reader.violations(), *small_targets(page)]]

    assert wrong == []
