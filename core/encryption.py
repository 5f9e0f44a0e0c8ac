"""AES-256-GCM for what people tell us, under a ring of keys. No Django models here.

A token is

    version (1 byte) · key id (4 bytes) · nonce (12 bytes) · ciphertext · tag (16 bytes)

and is bound to its table and column (the associated data): copied into another column, it
does not open. It is not bound to its row, and its length tells the length of the text.

The mode and its limit are NIST SP 800-38D: with random 96-bit nonces one key may write at
most 2^32 values (section 8.3), after which a repeated nonce, which would break the key, is
no longer negligible. That is a thousand bookings of six values each, every hour, for 80
years; `rotate_encryption` starts a new key, and with it a new count. A nonce is drawn from
the operating system for every value and never from a buffer, because a forked process would
hold a copy of the buffer.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from fernet_fields.hkdf import derive_fernet_key

KEY_BYTES = 32
VERSION = b"\x01"
HEADER_BYTES = 5  # version and key id: what rotation compares
FERNET_START = b"gAAAA"  # base64 of Fernet's version 0x80 and a 64-bit time before 2106


class DecryptionFailed(Exception):
    """A stored value does not open. Says where it stands and which key it names, never more."""

    def __init__(self, context: str, key_id: str, why: str) -> None:
        super().__init__(f"{context} does not open with key {key_id}: {why}.")
        self.context = context
        self.key_id = key_id


class KeyRing:
    """The keys of one installation: the first writes, all of them read."""

    def __init__(self, keys: list[bytes]) -> None:
        """Hold `keys`, 32 bytes each."""
        ciphers = {header_of(key): AESGCM(key) for key in keys}
        self.header = header_of(keys[0])
        self.headers = tuple(ciphers)
        self._seal = ciphers[self.header].encrypt
        self._open = {header: cipher.decrypt for header, cipher in ciphers.items()}

    @classmethod
    def parse(cls, text: str | bytes, *, variable: str = "ENCRYPTION_KEY") -> "KeyRing":
        """Read a ring as it stands in the environment, keys separated by commas.

        Raises ImproperlyConfigured, naming `variable` and the place of the key, never a key.
        """
        return cls(parse_keys(text, variable=variable))

    def encrypt(self, data: bytes, context: bytes) -> bytes:
        """Seal `data` for `context` under the first key."""
        nonce = urandom(12)
        return self.header + nonce + self._seal(nonce, data, context)

    def decrypt(self, token: bytes, context: bytes) -> bytes:
        """Open a token of any key of the ring, or an old Fernet token. Raises DecryptionFailed."""
        return self.opener(context)(token)

    def opener(self, context: bytes) -> Callable[[bytes], bytes]:
        """Return `decrypt` for one context: what is looked up once for all rows of a query."""
        unsealers = self._open

        def decrypt(token: bytes) -> bytes:
            unseal = unsealers.get(token[:5])
            if unseal is None:
                return _decrypt_foreign(token, context)
            try:
                return unseal(token[5:17], token[17:], context)
            except (InvalidTag, ValueError):
                raise _failure(token, context, "it was changed, or belongs elsewhere") from None

        return decrypt


class ColumnCipher:
    """What an encrypted field has where django-fernet-fields has a Fernet: bound to one column."""

    def __init__(self, context: str) -> None:
        """Bind to `context`, which is `table.column`."""
        self.context = context
        self._context = context.encode()

    def encrypt(self, data: bytes) -> bytes:
        return current_ring().encrypt(data, self._context)

    def decrypt(self, token: bytes) -> bytes:
        return current_ring().decrypt(token, self._context)

    def opener(self) -> Callable[[bytes], bytes]:
        """Return `decrypt` with the ring looked up once, for the rows of one query."""
        return current_ring().opener(self._context)


@lru_cache(maxsize=1)  # asking the settings costs as much as encrypting a name
def current_ring() -> KeyRing:
    """Return the ring of the settings: one object, until they change."""
    return KeyRing.parse(settings.ENCRYPTION_KEY)


@receiver(setting_changed)
def _forget_the_ring(*, setting: str, **_: object) -> None:
    if setting == "ENCRYPTION_KEY":
        current_ring.cache_clear()


def header_of(key: bytes) -> bytes:
    """Return what every token of `key` begins with: the version and the key's id."""
    return VERSION + hashlib.sha256(b"holdfast key id 1\0" + key).digest()[:4]


def key_id_of(token: bytes) -> str:
    """Name the key that wrote `token`: eight hex digits, `fernet`, or `unknown`."""
    if token[:1] == VERSION and len(token) >= HEADER_BYTES:
        return token[1:HEADER_BYTES].hex()
    return "fernet" if token.startswith(FERNET_START) else "unknown"


def parse_keys(text: str | bytes, *, variable: str) -> list[bytes]:
    """Read one or more keys of 32 bytes, each raw, hex, base64 or base64url, between commas.

    A raw key that contains a comma can only stand alone. Raises ImproperlyConfigured.
    """
    whole = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if len(whole) == KEY_BYTES:
        return [whole]
    if not whole.strip():
        raise ImproperlyConfigured(f"{variable} is missing: give 32 random bytes, e.g. as hex.")
    keys: dict[bytes, bytes] = {}
    for place, part in enumerate(whole.split(b","), start=1):
        key = _key_from(part.strip())
        if key is None:
            raise ImproperlyConfigured(
                f"{variable}: key {place} is not 32 bytes, neither raw, hex nor base64."
            )
        if header_of(key) in keys:
            raise ImproperlyConfigured(f"{variable}: key {place} stands there twice.")
        keys[header_of(key)] = key
    return list(keys.values())


def _key_from(text: bytes) -> bytes | None:
    """Read one key. The four ways to write 32 bytes differ in length, so none is guessed."""
    if len(text) == KEY_BYTES:
        return text
    try:
        if len(text) == 2 * KEY_BYTES:
            return binascii.unhexlify(text)
        if re.fullmatch(rb"[A-Za-z0-9+/_-]{43}=?", text):
            standard = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            return base64.b64decode(standard + b"=", validate=True)
    except binascii.Error:
        pass
    return None


def _decrypt_foreign(token: bytes, context: bytes) -> bytes:
    """Open a token that no key of the ring wrote: one of Fernet's, or none at all."""
    if not token.startswith(FERNET_START):
        raise _failure(token, context, "ENCRYPTION_KEY has no such key")
    for fernet in _fernets_of(tuple(getattr(settings, "FERNET_KEYS", ()))):
        with suppress(InvalidToken):
            return fernet.decrypt(token)
    raise _failure(token, context, "no key in FERNET_KEYS opens it")


@lru_cache(maxsize=8)
def _fernets_of(keys: tuple[str | bytes, ...]) -> list[Fernet]:
    """Read each key as django-fernet-fields derives it and, where it is one, as Fernet's own."""
    fernets = []
    for key in keys:
        fernets.append(Fernet(derive_fernet_key(key)))
        with suppress(ValueError):
            fernets.append(Fernet(key))
    return fernets


def _failure(token: bytes, context: bytes, why: str) -> DecryptionFailed:
    return DecryptionFailed(context.decode(), key_id_of(token), why)
