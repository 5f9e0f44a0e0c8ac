"""A real SMTP server in a thread, that can be as unhelpful as real ones are."""

import asyncio
import email.policy
import socket
from collections import defaultdict, deque
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN = "250 2.0.0 Ok"
DROP = "drop the connection"
HANG = "hang"


class MailServer:
    """Keeps what it took in `mails`, oldest first.

    to_recipient: what RCPT of an address is answered, instead of "ok".
    next_answers: what the next mails' DATA are answered, one after the other: an SMTP answer,
                  DROP (in the middle of DATA) or HANG (it is taken, and that said much later).
    connections:  how many there have been.
    """

    hang_seconds = 3.0

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.to_recipient: dict[str, str] = {}
        self.next_answers: deque[str] = deque()
        self.tries: defaultdict[str, int] = defaultdict(int)
        self.connections = 0
        self.port = _free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = _Controller(self)
        self._controller.start()
        self.connections = 0  # the controller tries itself once

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def subjects_to(self, address: str) -> list[str]:
        # The standard library's parser keeps the space of a folded first line.
        return [mail["Subject"].strip() for mail in self.to(address)]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries[address] += 1
        if address in self.to_recipient:
            return self.to_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.next_answers.popleft() if self.next_answers else TAKEN
        if answer.startswith("2") or answer == HANG:
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.raw.append(content)
            parser = BytesParser(EmailMessage, policy=email.policy.default)
            self.mails.append(parser.parsebytes(content))
        if answer == HANG:
            await asyncio.sleep(self.hang_seconds)
            answer = TAKEN
        return answer


class _Conversation(SMTP):
    server: MailServer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.server.connections += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.server.next_answers and self.server.next_answers[0] == DROP:
            self.server.next_answers.popleft()
            await self.push("354 Go on")
            cast(asyncio.Transport, self.transport).abort()
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def __init__(self, server: MailServer) -> None:
        self._server = server
        super().__init__(server, hostname="127.0.0.1", port=server.port)

    def factory(self) -> SMTP:
        conversation = _Conversation(self.handler, hostname="sink.localhost", loop=self.loop)
        conversation.server = self._server
        return conversation


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
