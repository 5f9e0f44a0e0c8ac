"""One's own account in a real browser, on a desk and on a telephone."""

from urllib.parse import urlsplit

import pytest

from core.access import Role
from core.models import PasswordReset, SignInGuard, SignInSession
from core.password_links import password_reset_url
from tests.browser import reader_at
from tests.core.people import PASSWORD, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_forgotten_password_is_set_anew(live_server, chromium, salon, phone, dark):
    nora = somebody(salon, "nora@salon.example", "Nora Nowak")
    reader = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    look = "phone-dark" if phone else "desktop-light"
    reader.open("/admin/login/")
    reader.page.get_by_role("link", name="Forgot your password?").click()
    reader.page.get_by_label("E-mail").fill("nora@salon.example")
    reader.looks_at(f"password-forgotten-{look}")
    reader.page.get_by_role("button", name="Send me a link").click()
    reader.page.get_by_role("heading", name="Look into your mailbox").wait_for()
    assert reader.violations() == []

    reader.open(urlsplit(password_reset_url(PasswordReset.objects.get())).path)
    assert reader.violations() == []
    reader.page.get_by_label("Choose a password").fill("nine purple herons at dawn")
    reader.looks_at(f"password-reset-{look}")
    reader.page.get_by_role("button", name="Set the password").click()

    reader.page.get_by_text("Your password is changed.").wait_for()
    nora.refresh_from_db()
    assert nora.check_password("nine purple herons at dawn")
    assert reader.problems == []


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


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_member_is_let_in_again_and_signed_out(live_server, chromium, client, salon, phone, dark):
    somebody(salon, "nora@salon.example", "Nora Nowak")
    clara = somebody(salon, "clara@salon.example", "Clara Vogt", Role.STAFF).memberships.get()
    body = {"email": "clara@salon.example", "password": PASSWORD}
    client.post("/api/auth/login", body, "application/json")
    for n in range(5):
        wrong = {**body, "password": "a guess"}
        client.post("/api/auth/login", wrong, "application/json", REMOTE_ADDR=f"192.0.2.{n}")
    reader = reader_at(chromium, live_server.url, phone=phone, dark=dark)
    reader.open(f"/admin/login/?next=/admin/core/membership/{clara.pk}/change/")
    reader.page.get_by_label("E-mail").fill("nora@salon.example")
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.page.keyboard.press("Enter")
    reader.page.get_by_role("heading", name="Clara Vogt").wait_for()

    assert reader.violations() == []
    reader.looks_at(f"console-member-{'phone-dark' if phone else 'desktop-light'}")
    reader.page.get_by_role("button", name="Let them in again").click()
    reader.page.get_by_text("They can sign in again.").wait_for()
    reader.page.get_by_role("button", name="Sign them out everywhere").click()

    reader.page.get_by_text("They are signed out everywhere.").wait_for()
    assert SignInSession.objects.get(kind="API").end_reason == "REVOKED"
    assert SignInGuard.objects.count() == 6  # of networks
    assert reader.problems == []
