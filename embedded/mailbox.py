"""The development mailbox: `python -m embedded.mailbox LISTENER FOLDER`.

A real SMTP server, on the inherited socket LISTENER, that keeps every mail in a Maildir below
FOLDER and delivers none. The page /mailbox/ shows them. A mail is acknowledged once it is on
the disk, as by any mail server.
"""

import asyncio
import mailbox
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

MAX_BYTES = 32 * 1024 * 1024


class KeepEverything:
    """aiosmtpd's handler: who it is for does not matter, it arrives here."""

    def __init__(self, folder: Path) -> None:
        self.maildir = mailbox.Maildir(folder / "Maildir")
        self.arrivals = folder / "Maildir" / "new"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        recipients = ", ".join(envelope.rcpt_tos)
        assert isinstance(content, bytes)  # noqa: S101
        # Bcc is in no header, so what the sender's server said is written above them.
        mail = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {recipients}\r\n"
        self.maildir.add(mail.encode() + content)
        self._sync()
        sys.stdout.write(f"kept a mail of {len(content)} bytes\n")
        sys.stdout.flush()
        return "250 OK"

    def _sync(self) -> None:
        """The mail itself is on the disk by now; so is its name after this."""
        folder = os.open(self.arrivals, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def serve(listener: socket.socket, folder: Path) -> None:
    """Take mails until SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    handler = KeepEverything(folder)
    server = await loop.create_server(
        lambda: SMTP(
            handler,
            hostname="mailbox.localhost",
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        ),
        sock=listener,
    )
    sys.stdout.write(f"keeps mails sent to port {listener.getsockname()[1]} in {folder}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


def main() -> None:
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
