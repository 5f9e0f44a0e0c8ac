"""Telling a secret from something that only stands where one should."""

import itertools
import re
from collections.abc import Iterable

SHORTEST = 32
FEWEST_DIFFERENT = 12  # 64 random hexadecimal digits have fewer once in ten million
# Words of six letters and more: in random base64 they turn up less than once in a million.
PLACEHOLDER = re.compile(
    r"your[-_]|change[-_ ]?(?:me|this)|replace|example|insecure|default|password|secret|sample"
    r"|placeholder|development|qwerty|letmein",
    re.IGNORECASE,
)


def weakness_of(secret: str, *, shortest: int = SHORTEST, examples: Iterable[str] = ()) -> str:
    """Say in a few words why `secret` can be guessed; empty when nothing speaks against it."""
    if not secret.strip():
        return "is not set"
    if secret in examples:
        return "is the value of the example"
    if PLACEHOLDER.search(secret):
        return "looks like a placeholder"
    if len(secret) < shortest:
        return f"is shorter than {shortest} characters"
    if len(set(secret)) < FEWEST_DIFFERENT:
        return "has too few different characters"
    if secret in (secret + secret)[1:-1]:
        return "repeats itself"
    steps = [abs(ord(b) - ord(a)) <= 1 for a, b in itertools.pairwise(secret)]
    if sum(steps) > len(steps) / 2:
        return "is a sequence of neighboring characters"
    return ""
