"""What every transport promises: it hands over, or says whether asking again could help."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


class TransportError(Exception):
    """The other side did not take it. The text is theirs and may name people: see `scrubbed`.

    permanent:   asking again will not help.
    unreachable: it was not about this message: nobody is there, or will take none from us.
    hung_up:     the conversation broke off; it may have been taken all the same.
    """

    def __init__(
        self,
        answer: str,
        *,
        permanent: bool = False,
        unreachable: bool = False,
        hung_up: bool = False,
    ) -> None:
        super().__init__(answer)
        self.permanent = permanent
        self.unreachable = unreachable
        self.hung_up = hung_up


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What a calendar program reads of a mail: a file of one event, and its method."""

    method: str
    file: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message to one address, ready to leave. `key` is the same on every try."""

    key: str
    to: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    invitation: Invitation | None = None


class Line(Protocol):
    """A connection that is kept for a batch of messages."""

    def hand_over(self, mail: Mail) -> str:
        """Return the other side's id for what it took, or raise TransportError."""


class Transport(Protocol):
    def line(self) -> AbstractContextManager[Line]:
        """Give a line that is closed at the end. It is opened when it is first used."""
