"""A second factor in a real browser: set up, and asked for at the next sign-in."""

import pyotp
import pytest

from core.models import User
from tests.browser import reader_at
from tests.core.people import PASSWORD, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_an_app_is_set_up_and_asked_for(live_server, chromium, salon, phone, dark):
    somebody(salon, "nora@salon.example", "Nora Nowak")
    reader = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    look = "phone-dark" if phone else "desktop-light"
    sign_in(reader)
    reader.page.get_by_role("heading", name="Your account").wait_for()
    reader.click("Second factor")
    assert reader.violations() == []
    reader.looks_at(f"console-second-factor-off-{look}")
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.click("Set it up", role="button")
    reader.page.locator(".hf-qr").wait_for()
    app = pyotp.TOTP(User.objects.get().otp_secret)
    # All of its squares fill the frame that a camera reads.
    squares = reader.page.locator(".hf-qr path").first.bounding_box()
    assert (round(squares["width"]), round(squares["height"])) == (192, 192)
    assert reader.violations() == []
    reader.looks_at(f"console-second-factor-{look}")
    reader.page.get_by_label("Code").fill(app.now())
    reader.click("Turn it on", role="button")

    reader.page.get_by_text("They are never shown again.").wait_for()
    assert reader.page.get_by_role("listitem").locator("code").count() == 10
    assert reader.violations() == []
    reader.looks_at(f"console-recovery-codes-{look}")
    a_code = reader.page.locator(".hf-codes code").first.inner_text()
    reader.open("/admin/account/second-factor/")
    assert reader.violations() == []
    reader.looks_at(f"console-second-factor-on-{look}")

    reader.context.clear_cookies()
    sign_in(reader)
    reader.page.get_by_label("Code").wait_for()
    assert reader.violations() == []
    reader.looks_at(f"console-sign-in-code-{look}")
    reader.page.get_by_label("Code").fill(a_code)
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("heading", name="Your account").wait_for()
    assert reader.problems == []


def sign_in(reader):
    reader.open("/admin/login/?next=/admin/account/")
    reader.page.get_by_label("E-mail").fill("nora@salon.example")
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.page.keyboard.press("Enter")
