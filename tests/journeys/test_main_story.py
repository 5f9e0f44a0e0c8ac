"""What a new user does: book by curl, see it in the console, confirm it there, read the mails."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.system import System, a_booking, eventually, system

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture(scope="module")
def running() -> Iterator[System]:
    with system() as it:
        it.start()
        yield it


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(15_000)
    yield page
    page.close()


def curl(running: System, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict]:
    """Call the API as the README shows it."""
    answer = Path(tempfile.mkdtemp()) / "answer"
    try:
        done = subprocess.run(
            [
                *["curl", "--silent", "--show-error", "--request", method, running.url + path],
                *["--header", f"Authorization: Bearer {running.credentials['SECRET_KEY']}"],
                *["--header", "Content-Type: application/json", "--data", json.dumps(body)],
                *["--output", str(answer)],
                *["--write-out", "%{http_code}"],
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout), json.loads(answer.read_text())
    finally:
        shutil.rmtree(answer.parent)


def open_mail(browser: Page, running: System, subject: str) -> str:
    """Find a mail in the mailbox by the beginning of its subject and return its text."""

    def arrived() -> bool:
        browser.goto(f"{running.url}/mailbox/")
        return browser.get_by_role("link", name=subject).count() > 0

    assert eventually(arrived, seconds=30), f"no mail {subject!r}"
    browser.get_by_role("link", name=subject).first.click()
    return browser.locator("body").inner_text()


def sign_in(browser: Page, running: System) -> None:
    browser.goto(f"{running.url}/admin/")
    browser.fill("input[name=username]", running.credentials["ADMIN_EMAIL"])
    browser.fill("input[name=password]", running.credentials["ADMIN_PASSWORD"])
    browser.locator("form button[type=submit]").first.click()
    browser.wait_for_url(f"{running.url}/admin/")


def test_a_booking_from_request_to_cancellation(running: System, browser: Page) -> None:
    status, answer = curl(running, "POST", "/api/bookings", a_booking())
    assert status == 201
    booking = answer["data"]
    assert booking["status"] == "PENDING"
    for subject in ("Request received: Consultation", "New booking: Mia Müller"):
        assert booking["reference"] in open_mail(browser, running, subject)

    sign_in(browser, running)
    assert "Mia Müller" in browser.locator("body").inner_text()
    browser.get_by_role("button", name="Confirm").first.click()
    browser.wait_for_load_state()
    browser.goto(f"{running.url}/admin/bookings/booking/?q={booking['reference']}")
    assert "Confirmed" in browser.locator("body").inner_text()

    with running.client() as api:
        path = f"/api/bookings/{booking['id']}"
        assert api.get(path).json()["data"]["status"] == "CONFIRMED"
        for subject in ("Confirmed: Consultation", "Confirmed: Mia Müller"):
            assert booking["reference"] in open_mail(browser, running, subject)
        assert eventually(lambda: api.get(path).json()["data"]["confirmationSent"] is True)

    later = a_booking(hour=12)["timeSlot"]
    status, answer = curl(running, "PUT", path, {"timeSlot": later})
    assert (status, answer["data"]["status"]) == (200, "CONFIRMED")
    for subject in ("New time: Consultation", "New time: Mia Müller"):
        assert booking["reference"] in open_mail(browser, running, subject)

    status, answer = curl(running, "DELETE", path, {})
    assert (status, answer["data"]["status"]) == (200, "CANCELLED")
    for subject in ("Cancelled: Consultation", "Cancelled: Mia Müller"):
        assert booking["reference"] in open_mail(browser, running, subject)
    with running.database() as connection:
        settled = connection.execute(
            "SELECT status, count(*) FROM notifications_delivery GROUP BY status"
        ).fetchall()
    assert settled == [("SENT", 8)]
