"""Looking people up is written down: that it was done, by whom, and how many were found."""

from collections.abc import Mapping
from typing import Any

from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.models import Organization

BY_PERSON = ("email", "phone", "search")  # parameters of lists that ask for somebody


def record_search_of_list(
    what: str, query: Mapping[str, Any], answer: Mapping[str, Any], *, caller: Caller
) -> None:
    """Write down a list (its envelope is `answer`) if its query asked for somebody."""
    by = [name for name in BY_PERSON if query.get(name)]
    if by:
        count = answer["pagination"].get("total", len(answer["data"]))
        record_search(what, by=by, count=count, caller=caller)


@in_one_transaction
def record_search(what: str, *, by: list[str], count: int, caller: Caller) -> None:
    """Record `<what>.searched` with how many rows were found, and never what was asked for."""
    organization = Organization(pk=caller.organization_id)
    events.record_for(
        caller.organization_id,
        f"{what}.searched",
        organization,
        caller=caller,
        by=by,
        count=count,
    )
