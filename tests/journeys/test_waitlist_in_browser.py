"""Waiting for a time in a real browser: joined, offered, accepted; looked at in both lights.

Pictures go to artifacts/pictures, for a person to look at.
"""

from urllib.parse import urlsplit

import pytest

from bookings.models import Booking, WaitlistEntry
from bookings.selectors.waitlist import waitlist_url
from bookings.services.status import cancel_booking
from tests.browser import reader_at
from tests.console import desk_for
from tests.waiting import HALF_AN_HOUR

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["360", "1440"])
def test_somebody_waits_is_offered_a_time_and_accepts_it(
    chromium, live_server, salon, haircut, anna, book, staff, ten_o_clock, phone, dark
):
    salon.contact_email, salon.accent_color = "hello@salon.example", "#b4325a"
    salon.save()
    haircut.horizon_days, haircut.company_required = 14, False
    haircut.save()
    # One appointment on offer in all, and that is taken.
    hours = anna.schedules.get().weekly_hours
    hours.exclude(weekday=0).delete()
    hours.update(opens="10:00", closes="10:30")
    taken = book()
    book(at=ten_o_clock - 14 * 48 * HALF_AN_HOUR // 2)
    lea = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    where = f"{'dark' if dark else 'light'}-{'360' if phone else '1440'}"

    lea.open("/book/salon/haircut?month=2026-11")
    lea.click("Wait for a time")
    lea.page.get_by_label("From").fill("2026-11-16")
    lea.page.get_by_label("To (included)").fill("2026-11-16")
    lea.page.get_by_label("Name").fill("Lea Lang")
    lea.page.get_by_label("E-mail").fill("lea@example.com")
    lea.looks_at(f"waitlist-join-{where}")
    assert lea.violations() == []
    lea.click("Join the waitlist", role="button")
    assert lea.page.get_by_role("heading", level=1).inner_text() == "You are on the waitlist"
    lea.looks_at(f"waitlist-waiting-{where}")
    assert lea.violations() == []

    cancel_booking(taken, caller=staff)
    lea.open(urlsplit(waitlist_url(WaitlistEntry.objects.get())).path)
    lea.looks_at(f"waitlist-offer-{where}")
    assert lea.violations() == []
    lea.page.get_by_label("What is it about?").fill("Short, please")
    lea.click("Accept this time", role="button")

    assert lea.page.get_by_role("heading", level=1).inner_text() == "Your request"
    assert Booking.objects.get(source="WAITLIST").inquiry == "Short, please"
    assert lea.problems == []


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_staff_see_who_waits_on_a_desk_and_on_a_phone(
    chromium, live_server, salon, book, wait, staff, phone, dark
):
    taken = book()
    lea, tom = wait("Lea"), wait("Tom")
    cancel_booking(taken, caller=staff)
    session = desk_for(salon).cookies["sessionid"].value
    clara = reader_at(
        chromium, live_server.url, phone=phone, dark=dark, cookies={"sessionid": session}
    )
    where = f"{'dark' if dark else 'light'}-{'360' if phone else '1440'}"
    below = "/admin/bookings/waitlistentry"

    for name, path in {
        "list": f"{below}/",
        "entry": f"{below}/{lea.pk}/change/",
        "offer": f"{below}/{tom.pk}/offer/",
        "add": f"{below}/add/",
    }.items():
        clara.open(path)
        clara.looks_at(f"console-waitlist-{name}-{where}")
        assert clara.violations() == []
    assert clara.problems == []
