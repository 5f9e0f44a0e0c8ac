"""Spelling, and what people typed, made fit for one line."""

import unicodedata
from functools import cache

JOINERS = "\u200c\u200d"  # Persian words and compound emoji need them


@cache
def camel_case(name: str) -> str:
    """Return `starts_at` as `startsAt`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def one_line(text: str, *, longest: int = 180) -> str:
    """Return `text` fit for a header: no line breaks, no control characters, not endless."""
    line = " ".join(_visible(text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _visible(text: str) -> str:
    text = text.strip()
    if text.isprintable():
        return text
    return "".join(" " if _steers(letter) else letter for letter in text)


def _steers(letter: str) -> bool:
    """Say whether a letter would steer a reader: breaks, controls, overrides of direction."""
    kind = unicodedata.category(letter)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and letter not in JOINERS)
