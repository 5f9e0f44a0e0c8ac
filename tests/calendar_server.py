"""Radicale, a real CalDAV server, which keeps calendars as a calendar program would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from config.supervisor.child import LIFELINE

PATIENCE = 20  # seconds
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
  <d:prop><c:calendar-data/></d:prop>
  <c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
    <c:time-range start="{start}" end="{end}"/>
  </c:comp-filter></c:comp-filter></c:filter>
</c:calendar-query>"""
CALENDAR_DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"


class CalendarServer:
    """A server with one calendar of one user. It ends with `stop`, or with this process."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        options = {
            "hosts": f"127.0.0.1:{self.port}",
            "auth-type": "none",
            "auth-delay": "0",
            "storage-filesystem-folder": str(folder),
            "logging-level": "error",
        }
        radicale = [sys.executable, "-m", "radicale", "--config", ""]
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [sys.executable, LIFELINE, str(os.getpid()), *radicale, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/mia/calendar/", auth=("mia", "x")
        )
        self._wait()

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)

    def begin(self) -> None:
        """Let the calendar be new and empty."""
        self._client.delete("")
        self._client.request("MKCALENDAR", "").raise_for_status()

    def put(self, name: str, file: bytes) -> int:
        """Store a file under `name`; return the status that it is answered with."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return self._client.put(f"{name}.ics", content=file, headers=headers).status_code

    def put_all(self, file: bytes) -> int:
        """Store a calendar in the place of this one; return the status."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return self._client.put("", content=file, headers=headers).status_code

    def get(self, name: str) -> str:
        return self._client.get(f"{name}.ics").raise_for_status().text

    def between(self, start: str, end: str) -> list[str]:
        """Return the events that the server finds between two UTC times (20261116T000000Z)."""
        body = QUERY.format(start=start, end=end)
        answer = self._client.request("REPORT", "", content=body, headers={"Depth": "1"})
        answer.raise_for_status()
        return [node.text or "" for node in ElementTree.fromstring(answer.text).iter(CALENDAR_DATA)]

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._client.get("")
                return
            except httpx.TransportError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.05)


@pytest.fixture(scope="session")
def calendar_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    server = CalendarServer(tmp_path_factory.mktemp("radicale"))
    yield server
    server.stop()


@pytest.fixture
def calendars(calendar_server: CalendarServer) -> CalendarServer:
    """The server with an empty calendar."""
    calendar_server.begin()
    return calendar_server
