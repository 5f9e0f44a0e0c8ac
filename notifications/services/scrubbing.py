"""What another server answers is kept, but not whom it names."""

import re

from core.observability.scrubbing import HIDDEN, scrub
from notifications.selectors.subject import Subject, person_of

LONGEST = 500
SHORTEST_NAME = 3


def scrubbed(answer: str, *, address: str, subject: Subject | None = None) -> str:
    """Return `answer` in one line, without addresses, the recipient's name and the customer's."""
    text = scrub(" ".join(answer.split()))
    local_part = address.rpartition("@")[0]
    names = [local_part, *re.split(r"[.+_-]", local_part)]
    person = person_of(subject) if subject is not None else None
    if person is not None:
        names += [*person.name.split(), person.phone]
    for name in sorted(filter(None, names), key=len, reverse=True):
        if len(name) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text[:LONGEST]
