"""A customer reads, ticks and takes back in a real browser; an owner writes what they read.

Pictures go to artifacts/pictures, for a person to look at.
"""

from urllib.parse import urlsplit

import pytest

from bookings.models import ConsentEntry
from bookings.selectors.own_view import link_url
from bookings.services.consent import write_consent_text
from bookings.services.customer_link import send_link
from core.access import Role
from tests.browser import reader_at
from tests.console import desk_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTICE = {
    "en": "I have read how my data is used: https://salon.example/privacy",
    "de": "Ich habe gelesen, wie meine Daten genutzt werden: https://salon.example/datenschutz",
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["360", "1440"])
def test_what_is_agreed_to_is_read_ticked_and_taken_back(
    clock, chromium, live_server, salon, haircut, lea, staff, phone, dark
):
    write_consent_text(salon, "privacy", texts=NOTICE, is_required=True, caller=staff)
    news = {"en": "Write to me about offers, a few times a year."}
    write_consent_text(salon, "news", texts=news, is_required=False, caller=staff)
    where = f"{'dark' if dark else 'light'}-{'360' if phone else '1440'}"

    owner = desk_for(salon, Role.OWNER)
    cookies = {"sessionid": owner.cookies["sessionid"].value}
    at_desk = reader_at(chromium, live_server.url, phone=phone, dark=dark, cookies=cookies)
    at_desk.open("/admin/consents/write/?key=news")
    at_desk.looks_at(f"consent-write-{where}")
    assert at_desk.violations() == []
    at_desk.page.get_by_label("Text, English").fill("Write to me about offers, once a year.")
    at_desk.click("Save as a new version", role="button")
    at_desk.page.locator("summary", has_text="Earlier versions").click()
    at_desk.looks_at(f"consents-{where}")
    assert at_desk.violations() == []

    her = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    her.open("/book/salon/haircut?day=2026-11-16&minutes=30")
    her.click("10:00", role="button")
    for label, text in (
        ("Name", "Lea Lang"),
        ("E-mail", "lea@example.com"),
        ("Company", "Lang"),
        ("What is it about?", "As last time"),
    ):
        her.page.get_by_label(label).fill(text)
    her.click("Send the request", role="button")
    her.looks_at(f"consent-missing-{where}")
    assert her.violations() == []
    her.page.get_by_label("I have read how my data is used").check()
    her.page.get_by_label("once a year").check()
    her.click("Send the request", role="button")
    assert ConsentEntry.objects.count() == 2

    her.open(urlsplit(link_url(send_link(lea, caller=staff))).path)
    her.click("See my appointments", role="button")
    her.click("Take it back: news", role="button")
    her.looks_at(f"consents-own-{where}")
    assert her.violations() == []
    assert ConsentEntry.objects.latest("id").kind == "WITHDRAWN"
    at_desk.open(f"/admin/bookings/customer/{lea.pk}/change/")
    at_desk.looks_at(f"consents-customer-{where}")
    assert at_desk.violations() == []
    width = her.page.evaluate("document.documentElement.scrollWidth")
    assert width <= (360 if phone else 1440)
    assert [problem for problem in her.problems if "400" not in problem] == []
