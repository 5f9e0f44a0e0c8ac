"""A real Chromium for the tests of what people see: pictures, clicks, accessibility.

Where it is, and what happens without it, is in `tests.browsers`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browsers import CHROMIUM

PICTURES = Path(__file__).resolve().parent.parent / "artifacts" / "pictures"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once for all tests that look at pages."""
    # Playwright runs an event loop in this thread; the tests' own queries are not part of it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass
class Reader:
    """Somebody in front of a browser, who counts what they had to do and notes what broke."""

    context: BrowserContext
    base: str
    page: Page = field(init=False)
    clicks: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: object) -> None:
        if getattr(message, "type", "") == "error":
            self.problems.append(str(getattr(message, "text", "")))

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}", wait_until="load")

    def click(self, name: str, *, role: str = "link", exact: bool = True, nth: int = 0) -> None:
        """Click what has this role and name, as a person finds it, and count the click."""
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=exact).nth(nth).click()
        self.page.wait_for_load_state("load")

    def looks_at(self, picture: str) -> None:
        """Keep a picture of the whole page for a person to look at.

        The window is made as high as the page: what sticks to its edges then stands where it
        belongs, and frames are painted whole.
        """
        PICTURES.mkdir(parents=True, exist_ok=True)
        window = self.page.viewport_size or DESKTOP
        high = self.page.evaluate("document.documentElement.scrollHeight")
        height = max(window["height"], high)
        self.page.set_viewport_size({"width": window["width"], "height": height})
        self.page.wait_for_timeout(300)  # fonts, Alpine, frames
        self.page.screenshot(path=PICTURES / f"{picture}.png")
        self.page.set_viewport_size(window)

    def violations(self) -> list[str]:
        """Return what axe-core finds against WCAG 2.2 AA and good practice."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]})
        return [
            f"{one['id']}: {node['html'][:160]} | {node.get('failureSummary', '')[:220]}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]


def reader_at(
    browser: Browser,
    base: str,
    *,
    phone: bool = False,
    dark: bool = False,
    language: str = "en-GB",
    cookies: dict[str, str] | None = None,
    script: bool = True,
    zone: str = "Europe/Berlin",
) -> Reader:
    """Return somebody with a fresh browser, signed in by `cookies` if there are any."""
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,
        color_scheme="dark" if dark else "light",
        locale=language,
        timezone_id=zone,
        java_script_enabled=script,
        has_touch=phone,
    )
    if cookies:
        context.add_cookies(
            [{"name": name, "value": value, "url": base} for name, value in cookies.items()]
        )
    return Reader(context, base)
