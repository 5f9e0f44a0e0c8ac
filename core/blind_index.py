"""Finding what is encrypted: keyed digests of normalised values, equal when the values are.

A blind index tells whoever reads the table which rows share a value, and nothing about the
value to whoever lacks ENCRYPTION_INDEX_KEY. Each purpose (usually `noun.column`) has a key
of its own, so that equal values of two columns do not look alike. Prefix indexes tell more
(which names begin alike), so they hold no fewer than three letters.
"""

import hmac
import re
import unicodedata
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from core.encryption import parse_keys

SHORTEST_PREFIX = 3
SHORTEST_IDEOGRAPHIC_PREFIX = 2  # 李明 is a whole name
LONGEST_PREFIX = 8
NAME = "name prefix"

# What a letter is written with, but is not the letter: Latin, Greek and Cyrillic accents,
# Hebrew and Arabic points. Vowel signs of Indian scripts and the like are letters and stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)
# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bc\u02bb]")
_IDEOGRAPHIC = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_ASCII_WORD = re.compile("[a-z0-9]+")
_EXTENSION = re.compile(r"(?<=\d)[\s,.]*(?:ext|x|#|;).*", re.IGNORECASE | re.DOTALL)


def blind_index(value: str, *, purpose: str) -> bytes:
    """Return the 32 bytes that `value`, already normalised, is found by for `purpose`."""
    return _digest(purpose, value)


def normalise_email(text: str) -> str:
    """Return what two spellings of one address share: no space around it, no upper case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def normalise_phone(text: str, *, country_code: str = "") -> str:
    """Return the digits of a telephone number, with a leading + when it is international.

    `00` in front is a +, `(0)` after a country code and an extension are dropped, digits of
    other scripts become ours. A national number becomes international when `country_code`
    (`49`) is given; without it its digits stay as they are, leading zero included, and it is
    found only by the national number, because nothing here says which country is meant.
    Text without a digit gives an empty string.
    """
    text = _EXTENSION.sub("", unicodedata.normalize("NFKC", text).strip())
    digits = _digits(text)
    if text.startswith(("+", "(+")) or digits.startswith("00"):
        digits = _digits(text.replace("(0)", "")).removeprefix("00")
        return f"+{digits}" if digits else ""
    if country_code and digits:
        return f"+{country_code}{digits.removeprefix('0')}"
    return digits


def name_prefixes(text: str) -> list[str]:
    """Return the first three to eight letters of each word, folded, each once, in order.

    `José O'Brien` gives jos, jose, obr … obrien, bri … brien. A word with fewer than three
    letters is not found; of Chinese, Japanese and Korean words two are enough.
    """
    words = _words(text)
    if _APOSTROPHES.search(text):
        words += _words(_APOSTROPHES.sub(" ", text))
    prefixes = (
        word[:length]
        for word in words
        for length in range(_shortest(word), min(len(word), LONGEST_PREFIX) + 1)
    )
    return list(dict.fromkeys(prefixes))


def prefix_indexes(text: str, *, purpose: str = NAME) -> list[int]:
    """Return what `text` is found by, for a bigint[] column with a GIN index."""
    return [_short_digest(prefix, purpose) for prefix in name_prefixes(text)]


def prefix_lookup(term: str, *, purpose: str = NAME) -> list[int]:
    """Return what a row must hold, all of it, to be found by `term`; empty finds nothing.

    `filter(name_index__contains=…)` with an empty list would find every row, so whoever
    asks looks first. Words that are too short are passed over (`Anna S` finds every Anna),
    of a longer word the first eight letters count.
    """
    words = (word[:LONGEST_PREFIX] for word in _words(term) if len(word) >= _shortest(word))
    return [_short_digest(word, purpose) for word in dict.fromkeys(words)]


def _digits(text: str) -> str:
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def _words(text: str) -> list[str]:
    """Split into words, without case, accents and what joins letters."""
    text = _APOSTROPHES.sub("", text)
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    folded = unicodedata.normalize("NFC", folded.translate(_PLAIN))
    return "".join(_letter_or_space(c) for c in folded).split()


def _letter_or_space(character: str) -> str:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category == "Cf":  # direction marks and joiners, seen by nobody
        return ""
    return character if category.startswith("M") else " "


def _shortest(word: str) -> int:
    return SHORTEST_IDEOGRAPHIC_PREFIX if _IDEOGRAPHIC.match(word) else SHORTEST_PREFIX


def _short_digest(prefix: str, purpose: str) -> int:
    """Return 64 bits of the digest: two prefixes of one installation hardly ever share them."""
    return int.from_bytes(_digest(purpose, prefix)[:8], "big", signed=True)


def _digest(purpose: str, value: str) -> bytes:
    mac = _mac_of(purpose).copy()  # two thirds of the price of a new one
    mac.update(value.encode("utf-8", "surrogatepass"))
    return mac.digest()


@lru_cache(maxsize=64)
def _mac_of(purpose: str) -> hmac.HMAC:
    keys = parse_keys(settings.ENCRYPTION_INDEX_KEY, variable="ENCRYPTION_INDEX_KEY")
    if len(keys) != 1:
        raise ImproperlyConfigured("ENCRYPTION_INDEX_KEY is one key: an index has no second.")
    key = hmac.digest(keys[0], b"holdfast blind index 1\0" + purpose.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")


@receiver(setting_changed)
def _forget_the_key(*, setting: str, **_: object) -> None:
    if setting == "ENCRYPTION_INDEX_KEY":
        _mac_of.cache_clear()
