"""Links that a worker can write again, and that nobody can guess: nothing of them is stored.

A token is, in base64url without padding,

    the row's id (16 bytes) · HMAC-SHA256 of purpose, id and generation, its first 16 bytes

under a key of LINK_KEY. The row keeps its generation: raising it revokes every older link.
A purpose (`booking.manage`, `feed.resource`) opens nothing of another purpose. Whoever reads
the database can write no link, and whoever reads a link cannot write another.
"""

import base64
import binascii
import hmac
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from core.encryption import parse_keys
from core.errors import NotFound

ID_BYTES = 16
MAC_BYTES = 16
LENGTH = 43  # characters of a token


def make_link_token(purpose: str, row_id: UUID, generation: int) -> str:
    """Return the token of a row's link, always the same for one generation of it."""
    return _token(_keys()[0], purpose, row_id, generation)


def read_link_token(token: str) -> UUID:
    """Return the id of the row that `token` names; `check_link_token` says whether it is good.

    Raises NotFound for what cannot be a token.
    """
    try:
        data = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotFound from None
    if len(token) != LENGTH or len(data) != ID_BYTES + MAC_BYTES:
        raise NotFound
    return UUID(bytes=data[:ID_BYTES])


def check_link_token(token: str, *, purpose: str, row_id: UUID, generation: int) -> None:
    """Raise NotFound unless `token` is this row's, of its present generation.

    Compares whole tokens in constant time, so one link has one spelling.
    """
    given = token.encode("utf-8", "replace")
    good = [
        hmac.compare_digest(given, _token(key, purpose, row_id, generation).encode())
        for key in _keys()
    ]
    if not any(good):
        raise NotFound


def _token(key: bytes, purpose: str, row_id: UUID, generation: int) -> str:
    said = b"holdfast link 1\0%s\0%s%d" % (purpose.encode(), row_id.bytes, generation)
    mac = hmac.digest(key, said, "sha256")[:MAC_BYTES]
    return base64.urlsafe_b64encode(row_id.bytes + mac).rstrip(b"=").decode()


@lru_cache(maxsize=1)
def _keys() -> list[bytes]:
    """Return the ring: the first key writes links, all of them read."""
    return parse_keys(settings.LINK_KEY, variable="LINK_KEY")


@receiver(setting_changed)
def _forget_the_keys(*, setting: str, **_: object) -> None:
    if setting == "LINK_KEY":
        _keys.cache_clear()
