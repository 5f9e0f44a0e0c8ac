"""Files that people take out of the house: harmless to open, and written down."""

from __future__ import annotations

import re

from django.http import HttpRequest

from core import events
from core.admin.context import caller_of, organization_of
from core.db import in_one_transaction

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for something else

# What a spreadsheet would calculate, or run, when the file is opened (CWE-1236) …
FORMULA = re.compile(r"^\s*[=+\-@\t\r\n|%]")
# … but not a telephone number, which many begin with a plus.
TELEPHONE = re.compile(r"^\+[0-9 ()/.\-]{5,31}$")
# What XML, and so XLSX, cannot hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def harmless(text: str) -> str:
    """Return `text` so that a spreadsheet shows it and never calculates it."""
    text = CONTROL.sub("\ufffd", text)
    if FORMULA.match(text) and not TELEPHONE.match(text):
        return f"'{text}"
    return text


@in_one_transaction
def record_export(request: HttpRequest, *, what: str, rows: int, kind: str) -> None:
    """Write down who took how many rows of `what` out of the house, before they get them."""
    organization = organization_of(request)
    events.record_for(
        organization.pk,
        f"{what}.exported",
        organization,
        caller=caller_of(request),
        count=rows,
        format=kind,
    )
