"""E-mail by SMTP, or by a provider's API through anymail: whichever EMAIL_BACKEND is.

How the two say no is read here, and nowhere else.
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.policy import Compat32
from email.utils import formataddr, parseaddr
from typing import Any
from uuid import uuid4

from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.transports.base import Invitation, Mail, TransportError

LONGEST_UNFOLDED = 76
FILE_NAME = "invite.ics"
TROUBLE = (OSError, ValueError, smtplib.SMTPException, AnymailError)
# Nothing that comes back to us by itself shall answer a machine.
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class EmailLine:
    """One connection to the mail server or the provider. After any trouble it is a new one."""

    def __init__(self) -> None:
        self._connection: Any = None

    def hand_over(self, mail: Mail) -> str:
        """Send to one recipient; return what delivery reports will call it."""
        self._open()
        if not (_is_anymail(self._connection) or mail.to.rpartition("@")[0].isascii()):
            # Django would write it as something else, and somewhere it would be taken.
            raise TransportError(
                "This address needs SMTPUTF8, which is not spoken.", permanent=True
            )
        try:
            message = compose(mail, connection=self._connection)
            self._connection.send_messages([message])
            return provider_id_of(message)
        except TROUBLE as error:
            self.close()
            raise as_transport_error(error) from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*TROUBLE):  # it was to be closed anyway
                connection.close()

    def _open(self) -> None:
        if self._connection is not None:
            return
        try:
            self._connection = get_connection()
            self._connection.open()
        except (*TROUBLE, ImproperlyConfigured) as error:
            self.close()
            raise TransportError(_words_of(error), unreachable=True) from error


class EmailTransport:
    @contextmanager
    def line(self) -> Iterator[EmailLine]:
        line = EmailLine()
        try:
            yield line
        finally:
            line.close()


class _PlainHeadersAsTheyAre(Compat32):
    """Folds what needs folding. Most headers do not, and finding that out is expensive."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if isinstance(value, str) and value.isascii() and value.isprintable():
            line = f"{name}: {value}"
            if len(line) <= LONGEST_UNFOLDED:
                return f"{line}{self.linesep}".encode()
        folded: bytes = super().fold_binary(name, value)
        return folded


class _Message(EmailMultiAlternatives):
    """The same bytes as Django's, written in a quarter of the time.

    The standard library searches the whole mail for a boundary that does not occur in it; a
    random one does not.
    """

    def message(self, **how: Any) -> Any:
        message = super().message(**how)
        for part in message.walk():
            if part.is_multipart():
                part.set_boundary(f"=_{uuid4().hex}")
        message.policy = _PlainHeadersAsTheyAre()
        return message


def compose(mail: Mail, *, connection: Any) -> EmailMultiAlternatives:
    """Build the message. From is our own address under the organization's name."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = _Message(
        subject=mail.subject,
        body=mail.text,
        from_email=formataddr((mail.from_name, address)),
        to=[mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers=HEADERS | {"Message-ID": message_id_of(mail)},
        connection=connection,
    )
    message.attach_alternative(mail.html, "text/html")
    if mail.invitation is not None:
        _invite(message, mail.invitation, by_api=_is_anymail(connection))
    if _is_anymail(connection):
        message.metadata = {"delivery": mail.key}  # type: ignore[attr-defined]
    return message


def _invite(message: EmailMultiAlternatives, invitation: Invitation, *, by_api: bool) -> None:
    """Add the event: as another form of the text, which is where programs look for it (RFC 6047),
    and as a file, which is what people find. A provider's API takes files alone, and a program
    knows by the method in its type that it is more than a file.
    """
    text, kind = invitation.file.decode(), f"text/calendar; method={invitation.method}"
    if by_api:
        message.attach(FILE_NAME, text, kind)
    else:
        message.attach_alternative(text, kind)
        message.attach(FILE_NAME, invitation.file, "application/ics")


def message_id_of(mail: Mail) -> str:
    """Return the same id on every try, so that a mailbox that got it twice can show it once."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{mail.key}@{address.rpartition('@')[2]}>"


def provider_id_of(message: EmailMultiAlternatives) -> str:
    """Return the provider's id of what it took; by SMTP there is only our own.

    Raises TransportError for an answer that neither takes nor refuses it, which anymail calls
    unknown.
    """
    status = getattr(message, "anymail_status", None)
    if status is None:
        return str(message.extra_headers["Message-ID"])
    (recipient,) = status.recipients.values()
    if recipient.status == "unknown" and not recipient.message_id:
        raise TransportError("The provider did not say that it takes the message.")
    return str(recipient.message_id or "")


def as_transport_error(error: Exception) -> TransportError:
    """Say what kind of no it was.

    A refused sender, login or rate is about us: the next message would meet the same.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return _answered(code, answer)
        case smtplib.SMTPSenderRefused() | smtplib.SMTPAuthenticationError():
            return _answered(error.smtp_code, error.smtp_error, about_us=True)
        case smtplib.SMTPResponseException():
            return _answered(error.smtp_code, error.smtp_error)
        case smtplib.SMTPNotSupportedError():
            return TransportError(_words_of(error), permanent=True)
        case AnymailAPIError():
            return _api_answered(error)
        case (
            AnymailRecipientsRefused()
            | AnymailInvalidAddress()
            | AnymailUnsupportedFeature()
            | AnymailSerializationError()
        ):
            return TransportError(_words_of(error), permanent=True)
        case ValueError():  # an address that no header can carry
            return TransportError(_words_of(error), permanent=True)
    return TransportError(_words_of(error), hung_up=True)


def _answered(code: int, answer: bytes | str, *, about_us: bool = False) -> TransportError:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    is_final = 500 <= code < 600 and not about_us
    closing = code == 421
    return TransportError(f"{code} {text}", permanent=is_final, unreachable=about_us or closing)


def _api_answered(error: AnymailAPIError) -> TransportError:
    """Read an HTTP status: 400, 413 and 422 are about this mail, all others about us or them."""
    refused_this_mail = error.status_code in (400, 413, 422)
    return TransportError(
        _words_of(error), permanent=refused_this_mail, unreachable=not refused_this_mail
    )


def _words_of(error: Exception) -> str:
    return str(error) or type(error).__name__


def _is_anymail(connection: Any) -> bool:
    return hasattr(connection, "esp_name")
