"""Reading the Maildir that the development mailbox (embedded/mailbox.py) fills."""

import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

NEWEST = 200  # that the list shows


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived."""

    key: str
    arrived_at: datetime
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def recipients(self) -> str:
        """Whom it was delivered to; more than its header says when there was a Bcc."""
        return str(self.message["X-Envelope-To"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def attachments(self) -> list[str]:
        return [
            f"{part.get_filename() or 'unnamed'} ({part.get_content_type()})"
            for part in self.message.iter_attachments()
        ]

    def _body(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return "" if part is None else str(part.get_content())


def newest(folder: Path) -> list[Mail]:
    """The latest mails, the newest first."""
    arrived = [(file.stat().st_mtime_ns, file) for file in (folder / "new").glob("*")]
    return [_read(file) for _, file in sorted(arrived, reverse=True)[:NEWEST]]


def find(folder: Path, key: str) -> Mail | None:
    """The mail of this key, if there is one."""
    file = folder / "new" / Path(key).name
    return _read(file) if file.is_file() else None


def _read(file: Path) -> Mail:
    with file.open("rb") as content:
        message = email.message_from_binary_file(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101
    return Mail(
        key=file.name,
        arrived_at=datetime.fromtimestamp(file.stat().st_mtime, tz=UTC),
        message=message,
    )
