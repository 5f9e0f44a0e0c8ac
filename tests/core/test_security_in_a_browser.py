"""Chromium itself says whether a page keeps to its Content-Security-Policy."""

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import ConsoleMessage

from tests.factories import UserFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def complaints() -> list[str]:
    """What Chromium says about scripts, styles and pictures that it did not load or run."""
    return []


@pytest.fixture
def administrator(live_server):
    password = make_password("a long password")
    return UserFactory(
        email="anna@salon.example", password=password, is_staff=True, is_superuser=True
    )


@pytest.fixture
def page(administrator, complaints, chromium):
    """A tab of its own, with nothing remembered."""

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page = chromium.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()


def test_the_console_works_and_breaks_no_rule_of_its_policy(live_server, page, complaints):
    page.goto(f"{live_server.url}/admin/")
    page.fill("input[name=username]", "anna@salon.example")
    page.fill("input[name=password]", "a long password")
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("a[href^='/admin/']")
    links = page.eval_on_selector_all("a[href^='/admin/']", "all => all.map(a => a.href)")
    for address in sorted(set(links)):
        if "logout" not in address:
            page.goto(address)

    assert complaints == []


def test_public_pages_break_no_rule_of_their_policy(live_server, page, complaints):
    page.goto(f"{live_server.url}/", wait_until="networkidle")

    assert complaints == []


def test_the_docs_work_without_an_exception_from_the_policy(live_server, page, complaints):
    page.goto(f"{live_server.url}/api/docs/ui")
    page.click(".opblock-post .opblock-summary-control")
    page.wait_for_selector(".opblock-post .opblock-body")
    page.click("button.authorize")
    page.wait_for_selector(".dialog-ux input")

    assert complaints == []
