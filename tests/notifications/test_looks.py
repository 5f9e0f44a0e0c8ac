"""Every mail, looked at in a browser: light and dark, on a telephone and on a desk."""

import pytest
from playwright.sync_api import Browser

from notifications.services.messages import MESSAGES
from notifications.services.rendering import preview
from notifications.services.samples import sample_booking
from tests.browser import PICTURES, Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NARROW, WIDE = {"width": 360, "height": 740}, {"width": 800, "height": 900}
LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel"


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["360", "800"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_mails_fit_and_can_be_read(chromium: Browser, salon, scheme, size):
    salon.contact_email = "hello@salon.example"
    booking = sample_booking(salon)
    booking.timezone = "America/New_York"
    booking.location = "Marktplatz 3, 10178 Berlin"
    booking.answers = [{"key": "extra", "label": f"{LONG}?", "answer": ["Wash", LONG]}]
    booking.inquiry = f"{LONG}\n{LONG}{LONG}"
    reader = Reader(chromium.new_context(viewport=size, color_scheme=scheme), base="")
    PICTURES.mkdir(parents=True, exist_ok=True)

    for message in MESSAGES:
        reader.page.set_content(preview(message, booking)["html"])
        picture = f"mail-{message}-{scheme}-{size['width']}.png"
        reader.page.screenshot(path=PICTURES / picture, full_page=True)

        assert reader.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert reader.violations() == []
