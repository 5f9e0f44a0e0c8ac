"""The development mailbox: a real SMTP server that keeps every mail, and a page of them."""

import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.urls import reverse

from core.mailbox import mails
from embedded.servers import PROJECT
from tests.core.test_production_settings import start

FOLDER = "Maildir"


@contextmanager
def listening(folder: Path) -> Iterator[int]:
    """The mailbox process on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "embedded.mailbox", str(listener.fileno()), str(folder)]
        process = subprocess.Popen(
            command, cwd=PROJECT, pass_fds=[listener.fileno()], stdout=subprocess.PIPE, text=True
        )
        try:
            yield listener.getsockname()[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)
    assert process.returncode == 0


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.VAR_DIR = tmp_path
    (tmp_path / "mailbox").mkdir()
    return tmp_path / "mailbox"


def confirmation() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Salon Soleil <salon@example.com>"
    mail["To"] = "mia@example.com"
    mail["Subject"] = "Confirmed: Haircut, Tue 24 Nov, 14:00 with Zoë"
    mail.set_content("See you on Tuesday.\n")
    mail.add_alternative("<p>See you on <b>Tuesday</b>.</p>", subtype="html")
    mail.add_attachment(b"BEGIN:VCALENDAR", "text", "calendar", filename="booking.ics")
    return mail


def send(port: int, mail: EmailMessage, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(mail, to_addrs=recipients or ("mia@example.com",))


def test_what_is_sent_can_be_read_in_the_browser(client, folder):
    with listening(folder) as port:
        send(port, confirmation(), "mia@example.com", "desk@example.com")
    (kept,) = mails.newest(folder / FOLDER)
    page = client.get(reverse("mailbox:list")).content.decode()
    assert "Confirmed: Haircut, Tue 24 Nov, 14:00 with Zoë" in page
    assert "mia@example.com, desk@example.com" in page
    page = client.get(reverse("mailbox:mail", args=[kept.key])).content.decode()
    assert "See you on Tuesday." in page
    assert "Attached: booking.ics (text/calendar)" in page
    assert "Salon Soleil &lt;salon@example.com&gt;" in page
    assert f'src="{reverse("mailbox:html", args=[kept.key])}"' in page


def test_the_newest_mail_is_the_first(folder):
    with listening(folder) as port:
        for number in (1, 2, 3):
            mail = EmailMessage()
            mail["Subject"] = f"Number {number}"
            send(port, mail)
    kept = mails.newest(folder / FOLDER)
    assert [mail.subject for mail in kept] == ["Number 3", "Number 2", "Number 1"]


def test_a_mail_can_do_nothing_in_the_page_that_shows_it(client, folder):
    mail = EmailMessage()
    mail["Subject"] = "<script>alert(1)</script>"
    mail.set_content("<script>alert(2)</script>")
    mail.add_alternative("<script>alert(3)</script>", subtype="html")
    with listening(folder) as port:
        send(port, mail)
    (kept,) = mails.newest(folder / FOLDER)
    for page in (reverse("mailbox:list"), reverse("mailbox:mail", args=[kept.key])):
        answer = client.get(page)
        assert "<script" not in answer.content.decode()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert "script-src" not in answer.headers["Content-Security-Policy"]
    frame = client.get(reverse("mailbox:html", args=[kept.key]))
    assert "<script>alert(3)</script>" in frame.content.decode()
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("key", ["1.M1P1Q1.vm", "..", ".", "%2e%2e%2fport"])
def test_there_is_nothing_but_mails_to_be_read(client, folder, key):
    (folder / "port").write_text("2525")
    (folder / FOLDER / "new").mkdir(parents=True)
    assert client.get(f"/mailbox/{key}/").status_code == 404
    assert mails.find(folder / FOLDER, "../../port") is None


def test_an_empty_mailbox_says_what_fills_it(client, folder):
    assert "Make a booking" in client.get(reverse("mailbox:list")).content.decode()


def test_production_has_no_such_page():
    look = (
        "import django; django.setup()\n"
        "from django.urls import resolve, Resolver404\n"
        "try: print(resolve('/mailbox/'))\n"
        "except Resolver404: print('none')"
    )
    found = start("-c", look, DJANGO_SETTINGS_MODULE="config.settings")
    assert (found.stdout, found.stderr) == ("none\n", "")
