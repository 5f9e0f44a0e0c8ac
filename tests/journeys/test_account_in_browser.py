"""One's own account in a real browser, on a desk and on a telephone."""

import pytest

from core.models import SignInSession
from tests.browser import reader_at
from tests.core.people import PASSWORD, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_lost_telephone_is_signed_out(live_server, chromium, client, salon, phone, dark):
    somebody(salon, "nora@salon.example", "Nora Nowak")
    body = {"email": "nora@salon.example", "password": PASSWORD}
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    lost = {"User-Agent": iphone}
    client.post("/api/auth/login", body, "application/json", headers=lost)
    reader = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    reader.open("/admin/login/?next=/admin/account/")
    reader.page.get_by_label("E-mail").fill("nora@salon.example")
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("heading", name="Your account").wait_for()

    assert reader.page.get_by_text("Safari on iPhone").is_visible()
    assert reader.violations() == []
    reader.looks_at(f"console-account-{'phone-dark' if phone else 'desktop-light'}")
    reader.page.get_by_role("button", name="Sign out Safari on iPhone").click()

    reader.page.get_by_text("That place is signed out.").wait_for()
    assert SignInSession.objects.get(kind="API").end_reason == "REVOKED"
    assert reader.problems == []
