"""Whatever a selector reads begins at one organization: `for_caller` or `for_organization`.

Their base is TenantQuerySet. New selectors are covered by existing; what begins elsewhere stands
below, with what keeps the wall in its stead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from core.models import TenantModel

BEGINS = ("for_caller", "for_organization")
MANAGERS = ("objects", "_default_manager", "_base_manager")
PAST_THE_MODELS = ("cursor", "raw")

A_LINK = "the token is checked against the one row that it names, whose organization is open"
NARROWING = "a condition that for_caller lays over one organization's rows"
THE_CLOCK = "the clock works for every organization, row by row"
KNOWN_ROWS = "only of rows that were read within one organization"
A_PROMISE = "what a delivery or an event of one organization names"
REASONED = {
    "bookings/feeds.owner_of_feed": A_LINK,
    "bookings/manage.managed_booking": A_LINK,
    "bookings/own_view._named": A_LINK,
    "bookings/waitlist.entry_opened_by": A_LINK,
    "bookings/own._bookings": NARROWING,
    "bookings/own._happened_to_it": NARROWING,
    "bookings/own._its_type": NARROWING,
    "bookings/session_dates._laid_out": THE_CLOCK,
    "bookings/session_dates.templates_that_lay_out": THE_CLOCK,
    "notifications/delivery.oldest_due_seconds": "a number for the operator, of nobody",
    "notifications/delivery.waiting_by_status": "a number for the operator, of nobody",
    "bookings/outside.bookings_on": KNOWN_ROWS,
    "bookings/own_view._statements_of": KNOWN_ROWS,
    "bookings/waitlist.positions_of": KNOWN_ROWS,
    "notifications/booking.booking_for_mail": A_PROMISE,
    "notifications/booking.get": A_PROMISE,
    "notifications/delivery.deliveries_about": KNOWN_ROWS,
    "notifications/subject.READ": A_PROMISE,
}


def selectors() -> Iterator[tuple[str, ast.Module]]:
    """Return each file of selectors by its app and name."""
    for path in sorted(Path(settings.BASE_DIR).glob("*/selectors/*.py")):
        yield f"{path.parts[-3]}/{path.stem}", ast.parse(path.read_text())


def reads(tree: ast.Module) -> Iterator[tuple[str, ast.AST, ast.Attribute]]:
    """Return each access to rows: the function it is in, what is asked of it, and itself."""
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in (*MANAGERS, *PAST_THE_MODELS):
            inside: ast.AST = node
            while above[inside] is not tree and not isinstance(inside, ast.FunctionDef):
                inside = above[inside]
            target = getattr(inside, "target", None)
            yield getattr(inside, "name", getattr(target, "id", "")), above[node], node


def is_owned(read: ast.Attribute) -> bool:
    """Say whether a model that an organization owns may be meant: also where only a variable is."""
    owned = {kind.__name__ for kind in apps.get_models() if issubclass(kind, TenantModel)}
    free = {kind.__name__ for kind in apps.get_models()} - owned
    return not (isinstance(read.value, ast.Name) and read.value.id in free)


def is_correlated(asked: ast.AST, tree: ast.Module) -> bool:
    """Say whether it is a subquery about the rows of the query around it."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.func is asked)
    return any(
        isinstance(part, ast.Call) and ast.unparse(part.func) == "OuterRef"
        for call in calls
        for part in ast.walk(call)
    )


def test_every_selector_begins_at_one_organization():
    begins, elsewhere = 0, set()

    for file, tree in selectors():
        for function, asked, read in reads(tree):
            if read.attr in MANAGERS and not is_owned(read):
                continue
            if isinstance(asked, ast.Attribute) and asked.attr in BEGINS:
                begins += 1
            elif not is_correlated(asked, tree):
                elsewhere.add(f"{file}.{function}")

    assert elsewhere == set(REASONED)
    assert begins > 60
