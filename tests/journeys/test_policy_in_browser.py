"""Every page keeps to its Content-Security-Policy: Chromium itself says so, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page, Response

from bookings.models import CustomerLink
from bookings.selectors.manage import manage_token
from bookings.selectors.own_view import link_url
from bookings.selectors.waitlist import waitlist_token
from bookings.services.customer_link import ask_for_link
from bookings.services.status import confirm_booking
from core.access import Role
from core.invitations import invitation_url
from core.models import PasswordReset
from core.password_links import password_reset_url
from core.services.invitation import invite
from core.services.passwords import request_reset
from tests.browser import Reader, reader_at
from tests.core.people import somebody
from tests.house.said import broken

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What no browser shows as a page of ours.
NO_PAGES = {
    *(
        "health-load-balancer",
        "health",
        "metrics",
        "photo",
        "logo",
        "feed",
        "accent",
        "console-colors",
    ),
    *("api-health", "api-health-database", "api-health-detailed", "document", "mail-reports"),
    *("book:calendar", "manage:calendar", "own:out", "own:consents"),
}
# A mail's own styles, in a frame in which nothing runs (core.mailbox, in development alone).
OTHER_PEOPLES = {"mailbox:html"}
# Each exception by where it counts and what it allows, and a page that does not work without it.
NEEDED_ON = {
    ("/admin/", "script-src"): "/admin/bookings/booking/",
    ("/admin/", "style-src-attr"): "/admin/calendar/",
    ("/admin/notifications/delivery/", "style-src-elem"): (
        "/admin/notifications/delivery/{delivery}/change/"
    ),
}
NOTE = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`POLICY ${event.effectiveDirective} ${event.blockedURI}`))"""


def routes(
    patterns: list[Any], space: str = "", path: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route that has a name, but the API's and the console's own."""
    for pattern in patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not here.startswith("admin/"):
                inner = f"{pattern.namespace}:" if pattern.namespace else space
                yield from routes(pattern.url_patterns, inner, here)
        elif pattern.name and not hasattr(pattern.callback, "cls"):
            yield f"{space}{pattern.name}", pattern


class Walk:
    """Somebody who opens pages and uses them, and everything that their browser complains of."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.page = reader, reader.page
        self.seen: dict[str, str] = {}  # which page, under which policy
        self.statuses: set[int] = set()
        reader.context.add_init_script(NOTE)
        self.page.on("response", self._note)

    def _note(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.request.resource_type != "document" or response.status in (301, 302, 303):
            return
        self.statuses.add(response.status)
        try:
            name = resolve(path).view_name
        except Resolver404:
            name = "nothing"
        self.seen[name] = response.headers["content-security-policy"]

    def open(self, path: str, *, use: bool = True) -> None:
        """Open a page, unfold what it hides, and send its first form as it stands."""
        self.reader.open(path)
        self.page.evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = true"
        )
        self.page.evaluate("for (const one of document.forms) one.noValidate = true")
        button = self.page.locator("main form[method=post] button").first
        if use and button.count():
            button.click()
            self.page.wait_for_load_state("load")

    @property
    def complaints(self) -> list[str]:
        """What the browser said, but for refusals that are answers."""
        answers = "Failed to load resource: the server responded with a status of"
        return [one for one in self.reader.problems if not one.startswith(answers)]


@pytest.fixture
def walk(live_server, chromium) -> Walk:
    return Walk(reader_at(chromium, live_server.url))


@pytest.fixture
def addresses(salon, haircut, tutorial, book, wait, staff, settings, tmp_path) -> list[str]:
    """A good address of each page that needs a row, a token or a mail."""
    settings.VAR_DIR = tmp_path
    salon.contact_email = "hello@salon.example"
    salon.embed_origins = ["https://www.salon.example"]
    salon.save()
    nora = somebody(salon, "nora@salon.example", "Nora")
    booking = confirm_booking(book(), caller=staff)
    manage = f"/manage/{manage_token(booking)}"
    request_reset(nora.email)
    invited = invite(organization=salon, email="dora@salon.example", role=Role.STAFF, caller=staff)
    ask_for_link(salon, booking.email, caller=staff)
    return [
        "/",
        "/book/salon",
        "/book/salon/haircut/wait?day=2026-11-16&minutes=30",
        f"/book/salon/algebra/sessions/{tutorial.pk}",
        f"/waitlist/{waitlist_token(wait('Lea'))}",
        _path(link_url(CustomerLink.objects.get())),
        "/my/salon",
        f"{manage}/move",
        f"{manage}/move?start=2026-11-17T10:00:00Z",
        f"{manage}/cancel",
        manage,
        _path(invitation_url(invited)),
        _path(password_reset_url(PasswordReset.objects.get())),
        "/password/forgotten",
        "/mailbox/",
        f"/mailbox/{_a_mail(tmp_path)}/",
        "/api/docs/ui",
        "/manage/nothing",
        "/my/open/nothing",
        "/waitlist/nothing",
        "/invitation/nothing",
        "/password/reset/nothing",
        "/book/nobody",
    ]


def _path(url: str) -> str:
    return urlsplit(url).path


def _a_mail(folder: Path) -> str:
    """Put a mail with a style of its own where development keeps them."""
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = "Styled", "mia@example.com", "a@example.com"
    mail.set_content("Plain")
    mail.add_alternative('<p style="color: red">Red</p>', "html")
    (folder / "mailbox").mkdir()
    kept = Maildir(folder / "mailbox" / "Maildir")
    kept.add(mail)
    return next((folder / "mailbox" / "Maildir" / "new").iterdir()).name


def test_every_public_page_keeps_to_a_policy_without_exceptions(walk, addresses):
    for address in addresses:
        walk.open(address)
    walk.open("/book/salon/haircut?day=2026-11-16&minutes=30", use=False)
    walk.reader.click("11:00", role="button")
    walk.reader.click("Send the request", role="button")
    for label, text in (
        ("Name", "Mia Müller"),
        ("E-mail", "mia@example.com"),
        ("Company", "Müller GmbH"),
        ("What is it about?", "As last time"),
    ):
        walk.page.get_by_label(label).fill(text)
    walk.reader.click("Send the request", role="button")

    wanted = {name for name, _ in routes(get_resolver().url_patterns)} - NO_PAGES
    assert wanted - set(walk.seen) == set()
    assert walk.complaints == []
    for name, policy in walk.seen.items():
        if name not in OTHER_PEOPLES:
            assert "unsafe" not in policy, name
            assert "default-src 'none'" in policy, name


def test_pages_that_say_what_went_wrong_do_so_too(walk, salon, clock):
    somebody(salon, "nora@salon.example", "Nora")
    page = walk.page

    def ask(address: str) -> None:
        page.fill("input[name=email]", address)
        page.locator("main form button").click()
        page.wait_for_load_state("load")

    walk.open("/nothing/of/the/kind")
    assert page.get_by_role("heading").inner_text() == "There is nothing here"
    walk.reader.looks_at("trouble-404")
    assert walk.reader.violations() == []
    walk.open("/password/forgotten", use=False)
    walk.reader.context.clear_cookies()
    ask("nora@salon.example")
    assert page.get_by_role("heading").inner_text() == "This page was open for too long"
    walk.open("/password/forgotten", use=False)
    page.evaluate("document.querySelector('input[name=email]').maxLength = 2000000")
    page.evaluate("document.querySelector('input[name=email]').type = 'text'")
    page.evaluate("document.querySelector('input[name=email]').value = 'x'.repeat(1100000)")
    page.locator("main form button").click()
    page.wait_for_load_state("load")
    assert page.get_by_role("heading").inner_text() == "This is too large"
    walk.open("/password/forgotten", use=False)
    with broken("core_passwordreset"):
        ask("nora@salon.example")
    assert page.get_by_role("heading").inner_text() == "Something went wrong on our side"
    walk.reader.looks_at("trouble-500")
    assert walk.reader.violations() == []

    assert walk.statuses == {200, 403, 404, 413, 500}
    assert walk.complaints == []
    assert all("unsafe" not in policy for policy in walk.seen.values())


def test_the_documents_work_too(walk):
    walk.open("/api/docs/ui", use=False)
    page = walk.page
    page.click(".opblock-post .opblock-summary-control")
    page.wait_for_selector(".opblock-post .opblock-body")
    page.click("button.authorize")
    page.wait_for_selector(".dialog-ux input")

    assert walk.complaints == []


class TestTheConsole:
    @pytest.fixture
    def clara_s(self, look, day) -> Walk:
        return Walk(look())

    def test_every_kind_of_page_keeps_to_its_policy(self, clara_s):
        """One page of each route that links lead to."""
        waiting, seen = ["/admin/"], {"/admin/logout/"}
        while waiting:
            path = waiting.pop(0)
            route = resolve(urlsplit(path).path).route
            if route in seen or "logout" in path or "export" in path:
                continue
            seen.add(route)
            clara_s.open(path, use=False)
            waiting += links_of(clara_s.page)

        assert clara_s.complaints == []
        assert len(seen) > 40
        assert "admin/bookings/booking/<path:object_id>/change/" in seen

    def test_each_exception_is_needed(self, clara_s, settings, day):
        """Where this fails an exception is over: take it out of the settings."""
        exceptions = settings.CONTENT_SECURITY_POLICY_EXCEPTIONS
        done_without = []
        for (_, directive), page in NEEDED_ON.items():
            settings.CONTENT_SECURITY_POLICY_EXCEPTIONS = {
                path: {name: words for name, words in exception.items() if name != directive}
                for path, exception in exceptions.items()
            }
            clara_s.reader.problems.clear()
            clara_s.open(page.format(delivery=day.failed.pk), use=False)
            if not any("Content Security Policy" in one for one in clara_s.complaints):
                done_without.append(directive)

        assert done_without == []


def test_no_other_exception_is_made(settings):
    exceptions = settings.CONTENT_SECURITY_POLICY_EXCEPTIONS
    assert {(path, name) for path, one in exceptions.items() for name in one} == set(NEEDED_ON)


def links_of(page: Page) -> list[str]:
    script = "all => all.map((one) => one.getAttribute('href').split('#')[0])"
    return [str(one) for one in page.eval_on_selector_all("a[href^='/admin/']", script)]
