"""The console in a real browser: the daily jobs by clicks and by keys, every page looked at.

Pictures go to artifacts/pictures, for a person to look at.
"""

from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.services.feed import make_feed
from core.access import Caller, Role
from core.models import Event
from core.services.invitation import invite
from notifications.models import Delivery, ReminderRule
from tests.browser import DESKTOP, PHONE, Reader, reader_at
from tests.factories import OrganizationFactory
from tests.journeys.console_day import TUESDAY, Day

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_MOST_CLICKS = 3
BOOKINGS = "/admin/bookings/booking/"


def test_signing_in_opens_today(live_server, chromium, day, clara):
    reader = reader_at(chromium, live_server.url)
    reader.open("/admin/")
    assert reader.violations() == []
    reader.looks_at("console-login-desktop-light")
    reader.open("/admin/")

    reader.page.locator("#id_username:focus").wait_for()
    reader.page.keyboard.type("clara@salon.example")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.type("correct horse battery")
    reader.page.keyboard.press("Enter")

    reader.page.get_by_role("heading", name="Tuesday, 3 November 2026").wait_for()
    assert reader.problems == []


def test_job_1_who_is_coming_today_and_what_is_free(look, day, ben):
    reader = look()
    reader.open("/admin/")

    agenda = reader.page.get_by_role("region", name="Who is coming, and what is free")
    assert agenda.get_by_text("Jonas Weber").is_visible()
    assert agenda.get_by_text("Zoë O'Neill").is_visible()
    assert agenda.get_by_text("Aïcha Benali").count() == 0  # has cancelled
    reader.click("13:30–17:00 with Ben is free: book")
    assert reader.page.get_by_role("radio", name="13:30").is_checked()
    assert reader.page.get_by_label("With").input_value() == str(ben.pk)
    assert reader.clicks == 1


def test_job_2_somebody_calls(look, day):
    reader = look()
    reader.open(BOOKINGS)

    reader.page.keyboard.press("/")
    reader.page.keyboard.type("oleks")
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("link", name="Oleksandr Kovalenko-Hartmann").first.wait_for()
    reader.click("Oleksandr Kovalenko-Hartmann", nth=0)

    assert reader.page.url.startswith(reader.base)
    assert reader.clicks <= AT_MOST_CLICKS
    assert reader.problems == []


def test_job_2_from_anywhere_else_the_next_appointment_stands_beside_the_name(look, day):
    reader = look()
    reader.open("/admin/core/apikey/")

    reader.page.keyboard.press("/")
    reader.page.keyboard.type("+49 30 555123")
    reader.page.keyboard.press("Enter")

    found = reader.page.get_by_role("listitem").filter(has_text="jonas@example.com")
    found.get_by_text("Tue 3 Nov, 10:30–11:15").wait_for()
    assert reader.clicks == 0


def test_job_3_book_for_them(look, day):
    reader = look()
    reader.open("/admin/find/?q=zoe")

    reader.click("Book for Zoë O'Neill")
    reader.page.get_by_role("radio", name="16:30").check()
    reader.clicks += 1
    reader.click("Book and tell the customer", role="button")

    reader.page.get_by_text("Booked: Tue 3 Nov, 16:30–16:45").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS
    booking = Booking.objects.order_by("-id").first()
    assert (booking.name, booking.email, booking.status) == (
        "Zoë O'Neill",
        "zoe@example.com",
        "CONFIRMED",
    )
    assert reader.problems == []


def test_job_3_a_refused_time_says_why_and_keeps_what_was_typed(look, day, book, anna):
    reader = look()
    reader.open(f"{BOOKINGS}add/?day=2026-11-04&resource={anna.pk}")
    reader.page.get_by_role("radio", name="14:00").check()
    reader.page.get_by_label("Name", exact=True).fill("Dora Neu")
    reader.page.get_by_label("E-mail", exact=True).fill("dora@example.com")
    book(at=TUESDAY + timedelta(days=1, hours=5), resource=anna)  # somebody was faster

    reader.click("Book and tell the customer", role="button")

    alert = reader.page.get_by_role("alert")
    assert alert.inner_text() == "14:00 is no longer free. 13:00, 13:30 and 14:30 are."
    assert reader.page.get_by_label("Name", exact=True).input_value() == "Dora Neu"
    assert reader.violations() == []
    reader.looks_at("console-refused-desktop-light")


def test_job_4_move(look, day):
    booking = day.bookings[3]
    reader = look()
    reader.open(f"{BOOKINGS}{booking.pk}/change/")

    reader.click("Reschedule")
    assert reader.page.get_by_text("The customer gets the message “New time”").is_visible()
    reader.page.get_by_role("radio", name="15:30").check()
    reader.clicks += 1
    reader.click("Move and tell the customer", role="button")

    reader.page.get_by_text("is now Tue 3 Nov, 15:30–16:30").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS


def test_job_4_cancel(look, day):
    booking = day.bookings[3]
    reader = look()
    reader.open(f"{BOOKINGS}{booking.pk}/change/")

    reader.click("Cancel…")
    reader.click("We are closed on that day.", role="button")
    reader.click("Cancel and tell the customer", role="button")

    reader.page.get_by_text("is cancelled, and its time is free again").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "We are closed on that day.")


def test_job_5_put_right_what_went_wrong(look, day):
    reader = look()
    reader.open("/admin/")

    reader.click("1 message did not arrive.")
    reader.click("Confirmation")
    assert reader.page.get_by_text("550 5.1.1 The mailbox does not exist").is_visible()
    mail = reader.page.frame_locator("iframe.hf-mail")
    assert mail.get_by_text("Salon Soleil").first.is_visible()  # shown, under our policy
    reader.click("Send again", role="button")

    reader.page.get_by_text("It is on its way again.").wait_for()
    assert reader.clicks <= AT_MOST_CLICKS
    assert Delivery.objects.filter(resend_of=day.failed).count() == 1


def test_a_request_is_confirmed_with_the_keyboard_alone(look, day):
    waiting = day.bookings[4]
    reader = look()
    reader.open("/admin/")

    reader.page.keyboard.press("/")
    reader.page.keyboard.type(waiting.reference)
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("button", name="Confirm and tell the customer").wait_for()
    focused = reader.page.locator(":focus")
    for _ in range(40):
        reader.page.keyboard.press("Tab")
        if focused.count() and "Confirm and tell" in focused.inner_text():
            break
    reader.page.keyboard.press("Enter")

    reader.page.get_by_text(f"{waiting.reference}: Confirmed.").wait_for()
    waiting.refresh_from_db()
    assert waiting.status == "CONFIRMED"


def test_a_double_click_sends_a_form_once(look, day):
    waiting = day.bookings[4]
    reader = look()
    reader.open(f"{BOOKINGS}{waiting.pk}/change/")

    reader.page.get_by_role("button", name="Confirm and tell the customer").dblclick()

    reader.page.get_by_text(f"{waiting.reference}: Confirmed.").wait_for()
    assert reader.page.get_by_text("Somebody changed this").count() == 0


def test_booking_works_without_any_script(look, day):
    reader = look(script=False)
    reader.open("/admin/")
    reader.click("New booking")
    reader.page.get_by_label("Length").select_option("30")
    reader.click("Show times", role="button")
    reader.click("The day after", role="button")
    reader.page.get_by_role("radio", name="09:00").check()
    reader.page.get_by_label("Name", exact=True).fill("Dora Neu")
    reader.page.get_by_label("E-mail", exact=True).fill("dora@example.com")
    reader.click("Book and tell the customer", role="button")

    reader.page.get_by_text("Booked: Wed 4 Nov, 09:00–09:30").wait_for()


def test_choosing_shows_the_times_at_once(look, day, ben):
    reader = look()
    reader.open(f"{BOOKINGS}add/?day=2026-11-04")

    reader.page.get_by_label("With").select_option(label="Ben")

    reader.page.get_by_role("radio", name="10:30").wait_for(state="detached")
    assert reader.page.get_by_label("With").input_value() == str(ben.pk)


def test_a_day_is_closed_in_two_clicks_and_a_third_when_somebody_has_booked(look, day, anna):
    reader = look()
    reader.open(f"/admin/bookings/resource/{anna.pk}/change/")

    reader.click("Days off and other hours")
    reader.page.get_by_label("Day", exact=True).first.fill("2026-11-04")
    reader.click("Close on this day", role="button")

    reader.page.get_by_text("There are bookings ahead that would fall outside.").wait_for()
    assert reader.page.get_by_role("link", name="Mia Müller").is_visible()
    assert reader.violations() == []
    reader.looks_at("console-outside-desktop-light")
    reader.click("Save all the same", role="button")
    reader.page.get_by_text("Wed 4 Nov is closed.").wait_for()
    assert reader.clicks == 3
    assert reader.problems == []


def test_a_reminder_is_added_and_another_taken_away_in_the_settings(look, day, clara):
    reader = look()
    reader.open(f"/admin/core/organization/{clara.organization_id}/change/")
    rows = reader.page.locator("#reminder_rules-group")
    rows.get_by_text("Add another Reminder").click()
    rows.get_by_label("How long").nth(1).fill("90")
    rows.get_by_label("Unit").nth(1).select_option(label="minutes before")
    rows.get_by_label("Who is reminded").nth(1).select_option(label="Member of staff")
    rows.get_by_role("checkbox", name="Remove").first.focus()
    reader.page.keyboard.press("Space")
    rows.get_by_text("This item will be deleted.").first.wait_for()

    reader.click("Save", role="button")

    reader.page.get_by_text("The settings are saved.").wait_for()
    (rule,) = ReminderRule.objects.filter(service=None)
    assert (rule.minutes_before, rule.audience, rule.is_active) == (90, "STAFF", True)
    assert reader.problems == []


def pages_of(day: Day, clara) -> dict[str, str]:
    booking, resource = day.bookings[3], day.bookings[3].resource_id
    caller = Caller.command(clara.organization_id)
    make_feed(booking.customer, caller=caller)
    invite(
        organization=clara.organization,
        email="dora.schmidt-hartmann@salon.example",
        role=Role.STAFF,
        grants=["exports:read"],
        caller=caller,
    )
    return {
        "today": "/admin/",
        "calendar": "/admin/calendar/",
        "calendar-week": "/admin/calendar/?view=week",
        "calendar-resource": "/admin/calendar/?view=resource",
        "why-not": "/admin/why-not/?day=2026-11-04",
        "swap": f"{BOOKINGS}{booking.pk}/swap/?with={day.bookings[4].reference}",
        "swap-with": f"{BOOKINGS}{booking.pk}/swap/",
        "bookings": BOOKINGS,
        "bookings-none": f"{BOOKINGS}?q=zzzz",
        "booking": f"{BOOKINGS}{booking.pk}/change/",
        "new-booking": f"{BOOKINGS}add/?day=2026-11-04",
        "reschedule": f"{BOOKINGS}{booking.pk}/reschedule/",
        "cancel": f"{BOOKINGS}{booking.pk}/cancel/",
        "search": "/admin/find/?q=mia",
        "customers": "/admin/bookings/customer/",
        "customer": f"/admin/bookings/customer/{booking.customer_id}/change/",
        "edit-customer": f"/admin/bookings/customer/{booking.customer_id}/edit/",
        "erase-customer": f"/admin/bookings/customer/{booking.customer_id}/erase/",
        "services": "/admin/bookings/service/",
        "service": f"/admin/bookings/service/{booking.service_id}/change/",
        "staff": "/admin/bookings/resource/",
        "staff-member": f"/admin/bookings/resource/{resource}/change/",
        "types": "/admin/bookings/resourcetype/",
        "type": f"/admin/bookings/resourcetype/{day.bookings[3].resource.type_id}/change/",
        "opening-hours": f"/admin/bookings/resource/{resource}/hours/",
        "no-calendar-address": f"/admin/bookings/resource/{resource}/feed/",
        "calendar-address": f"/admin/bookings/customer/{booking.customer_id}/feed/",
        "days-off": f"/admin/bookings/resource/{resource}/days-off/",
        "closed-days": "/admin/bookings/resource/closed-days/",
        "messages": "/admin/notifications/delivery/",
        "message": f"/admin/notifications/delivery/{day.failed.pk}/change/",
        "audit": "/admin/core/event/",
        "event": f"/admin/core/event/{Event.objects.latest('created_at').pk}/change/",
        "checkup": "/admin/checkup/",
        "api-keys": "/admin/core/apikey/",
        "new-api-key": "/admin/core/apikey/add/",
        "people": "/admin/core/membership/",
        "person": f"/admin/core/membership/{clara.pk}/change/",
        "new-person": "/admin/core/membership/add/",
        "invite": "/admin/core/membership/invite/",
        "settings": f"/admin/core/organization/{clara.organization_id}/change/",
        "logo": f"/admin/core/organization/{clara.organization_id}/logo/",
        "new-services": "/admin/booking-defaults/",
        "organizations": "/admin/organizations/",
        "account": "/admin/account/",
        "second-factor": "/admin/account/second-factor/",
        "password": "/admin/password_change/",
    }


def pages_of_the_installation(salon) -> dict[str, str]:
    OrganizationFactory(name="Bakery Brot & Söhne in der alten Mühle", slug="bakery")
    OrganizationFactory(name="Gone", slug="gone", is_active=False)
    return {
        "installation": "/admin/installation/",
        "new-organization": "/admin/installation/new/",
        "close-organization": f"/admin/installation/{salon.pk}/close/",
        "organizations-of-all": "/admin/organizations/",
    }


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def dark(request) -> bool:
    return request.param


@pytest.fixture(params=[False, True], ids=["desktop", "phone"])
def phone(request) -> bool:
    return request.param


def test_every_page_can_be_read_by_everybody(look, day, clara, phone, dark):
    reader = look(phone=phone, dark=dark)
    assert wrong_with(reader, pages_of(day, clara), phone=phone, dark=dark) == []
    assert reader.problems == []


def test_every_page_of_the_installation_can_be_read(look, salon, clara, phone, dark):
    clara.user.is_superuser = True
    clara.user.save()
    reader = look(phone=phone, dark=dark)
    assert wrong_with(reader, pages_of_the_installation(salon), phone=phone, dark=dark) == []
    assert reader.problems == []


def wrong_with(reader: Reader, pages: dict[str, str], *, phone: bool, dark: bool) -> list[str]:
    """Look at each page, and return what keeps somebody from reading it."""
    name = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
    wrong = []
    for title, path in pages.items():
        reader.open(path)
        reader.looks_at(f"console-{title}-{name}")
        wrong += [f"{title}: {violation}" for violation in reader.violations()]
        wide = reader.page.evaluate("document.documentElement.scrollWidth")
        if wide > (PHONE if phone else DESKTOP)["width"]:
            wrong.append(f"{title}: {wide} px wide")
    return wrong


def test_the_console_speaks_german(look, day, clara):
    reader = look(language="de-DE")
    reader.open("/admin/")
    reader.looks_at("console-today-desktop-german")

    for word in ("Heute", "Termine", "zu bestätigen", "Dienstag, 3. November 2026"):
        assert reader.page.get_by_text(word).first.is_visible(), word
