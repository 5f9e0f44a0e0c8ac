"""What another server answers is kept, but not whom it names."""

import re

from core.observability.scrubbing import HIDDEN, scrub
from notifications.selectors.subject import Subject

LONGEST = 500
SHORTEST_NAME = 3


def scrubbed(answer: str, *, address: str, subject: Subject | None = None) -> str:
    """Return `answer` in one line, without addresses, the recipient's name and the customer's."""
    text = scrub(" ".join(answer.split()))
    local_part = address.rpartition("@")[0]
    names = [local_part, *re.split(r"[.+_-]", local_part)]
    if subject is not None:
        names += [*subject.name.split(), subject.phone]
    for name in sorted(filter(None, names), key=len, reverse=True):
        if len(name) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text[:LONGEST]
