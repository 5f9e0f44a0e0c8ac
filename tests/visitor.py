"""Somebody on the booking page, in a browser without script or screen."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin

from django.test import Client

MIA = {
    "name": "Mia Müller",
    "email": "mia@example.com",
    "company": "Müller GmbH",
    "inquiry": "As last time",
}


class Visitor:
    """What they see is `text`, where they are is `path`; they follow links and press buttons."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.client = Client(REMOTE_ADDR=address)
        self.path = ""
        self.response: Any = None

    @property
    def text(self) -> str:
        return self.response.text

    @property
    def status(self) -> int:
        return self.response.status_code

    def open(self, path: str) -> Visitor:
        return self._arrive(path, self.client.get(path))

    def follow(self, name: str) -> Visitor:
        """Follow the link that reads, or is called, `name`."""
        for attributes, inside in re.findall(r"<a\b([^>]*)>(.*?)</a>", self.text, re.DOTALL):
            called = re.search(r'aria-label="([^"]*)"', attributes)
            if name in (_plain(inside), _plain(called[1]) if called else ""):
                address = _first(r'href="([^"]*)"', attributes)
                return self.open(urljoin(self.path, address.partition("#")[0]))
        raise AssertionError(f"There is no link {name!r} here.")

    @property
    def times(self) -> list[str]:
        return list(self.buttons)

    @property
    def buttons(self) -> dict[str, str]:
        """The moments that buttons stand for, by what they read."""
        found = re.findall(r'name="start" value="([^"]*)">([^<]*)<', self.text)
        return {clock: start for start, clock in found}

    @property
    def free_days(self) -> list[str]:
        return re.findall(r'aria-label="([^"]* free times?)"', self.text)

    @property
    def wrong(self) -> dict[str, str]:
        found = re.findall(r'class="wrong" id="wrong-([^"]*)">([^<]*)<', self.text)
        return {name: _plain(sentence) for name, sentence in found}

    @property
    def notice(self) -> str:
        """What the page says before all else."""
        found = re.search(r'class="notice notice-wrong"[^>]*>(.*?)</', self.text, re.DOTALL)
        return _plain(found[1]) if found else ""

    def choose(self, clock: str) -> Visitor:
        """Press the button of a time."""
        return self.send(visit=self.hidden("visit"), start=self.buttons[clock])

    def send(self, **typed: Any) -> Visitor:
        """Send the page's form."""
        path = urljoin(self.path, _first(r'<form[^>]*method="post" action="([^"]*)"', self.text))
        return self._arrive(path, self.client.post(path, typed))

    def hidden(self, name: str) -> str:
        return _first(rf'type="hidden" name="{name}" value="([^"]*)"', self.text)

    def _arrive(self, path: str, response: Any) -> Visitor:
        while response.status_code == 302:
            path = urljoin(path, response["Location"])
            response = self.client.get(path)
        self.path, self.response = path, response
        return self


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return html.unescape(found[1])


def _plain(inside: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", inside)).split())
