"""Every id that a client can send goes through a field that knows the caller's organization."""

from __future__ import annotations

from collections.abc import Iterator

from rest_framework import serializers

from core.api.fields import NamedIdField, OwnedField
from tests.house.test_tenant_wall import api_routes

# Fields that take an id and do not look it up, and what keeps the wall in their stead.
REASONED = {
    ("CreateBookingSerializer", "holdId"): "found among the organization's holds, with its token",
    ("EventQuerySerializer", "subject"): "only a filter of the organization's events",
}


def shapes() -> Iterator[type[serializers.Serializer]]:
    """Return what each call reads: its body and its query."""
    for _, callback in api_routes():
        for operation in getattr(getattr(callback, "cls", None), "operations", {}).values():
            yield from filter(None, (operation.body, operation.query))


def fields_of(shape: type[serializers.Serializer]) -> Iterator[tuple[str, serializers.Field]]:
    """Return each field, with those that are further down."""
    waiting = list(shape().fields.items())
    while waiting:
        name, field = waiting.pop()
        yield name, field
        child = getattr(field, "child", None)
        if child is not None:
            waiting.append((name, child))
        waiting += getattr(field, "fields", {}).items()


def is_id(name: str, field: serializers.Field) -> bool:
    is_named_so = name in ("id", "ids") or name.endswith(("Id", "Ids"))
    return is_named_so or isinstance(field, serializers.UUIDField | serializers.RelatedField)


def test_every_id_in_a_body_or_a_query_knows_whose_it_is():
    open_ids, owned = set(), 0
    for shape in shapes():
        for name, field in fields_of(shape):
            if hasattr(field, "child"):  # of several, each is asked
                continue
            if isinstance(field, OwnedField | NamedIdField):
                owned += 1
            elif is_id(name, field):
                open_ids.add((shape.__name__, name))

    assert open_ids == set(REASONED)
    assert owned > 40
