"""Pages by number, whose total is capped, and by cursor, whose cost does not grow with depth."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet
from rest_framework import serializers

from core.api.fields import QueryNumberField, TextField
from core.api.serializers import HouseSerializer
from core.errors import Invalid

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100
COUNTED_UP_TO = 10_000
LARGEST_PAGE = 1_000_000


class PageQuery(HouseSerializer):
    """What every list accepts: `page` and `limit`, or `cursor` (empty to begin) and `limit`."""

    page = QueryNumberField(
        min_value=1,
        max_value=LARGEST_PAGE,
        required=False,
        help_text="Which page, from 1. Past the end is an empty list. Not with `cursor`.",
    )
    limit = QueryNumberField(
        min_value=1,
        max_value=LARGEST_LIMIT,
        required=False,
        default=DEFAULT_LIMIT,
        help_text="How many at a time.",
    )
    cursor = TextField(
        required=False,
        allow_blank=True,
        max_length=500,
        help_text="Empty to begin, then `pagination.next` or `pagination.previous` as it was read.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "cursor" in attrs and "page" in attrs:
            raise serializers.ValidationError({"cursor": ["Walk by cursor or by page, not both."]})
        return attrs


@dataclass(frozen=True)
class Order:
    """A stable order: a time column, then the id; both ascending or both descending."""

    time: str
    descending: bool = False

    def names(self, *, backwards: bool = False) -> tuple[str, str]:
        sign = "-" if self.descending != backwards else ""
        return f"{sign}{self.time}", f"{sign}id"

    def beyond(self, time: datetime, row_id: UUID, *, backwards: bool) -> Q:
        """Return what comes after a row, or before it when walking backwards."""
        step = "gt" if self.descending == backwards else "lt"
        # The redundant first condition is what lets the index seek instead of filter.
        return Q(**{f"{self.time}__{step}e": time}) & (
            Q(**{f"{self.time}__{step}": time}) | Q(**{f"{self.time}": time, f"id__{step}": row_id})
        )


def paginate(
    rows: QuerySet[Any, Any], *, query: Mapping[str, Any], order: Order, columns: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of one page as dictionaries of `columns`, and the envelope's pagination.

    `query` is a validated PageQuery. `columns` hold `id` and the order's time.
    Raises Invalid for a cursor that is none of ours.
    """
    if "cursor" in query:
        return _by_cursor(rows, query["cursor"], query["limit"], order, columns)
    page, limit = query.get("page", 1), query["limit"]
    start = (page - 1) * limit
    total = rows.order_by()[: COUNTED_UP_TO + 1].count()
    found = list(rows.order_by(*order.names()).values(*columns)[start : start + limit])
    capped = total > COUNTED_UP_TO
    total = min(total, COUNTED_UP_TO)
    pagination = {
        "page": page,
        "limit": limit,
        "total": total,
        "totalPages": -(-total // limit),
    }
    if capped:
        pagination["totalIsCapped"] = True
    return found, pagination


def _by_cursor(
    rows: QuerySet[Any, Any], cursor: str, limit: int, order: Order, columns: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    backwards = False
    if cursor:
        backwards, time, row_id = _read(cursor)
        rows = rows.filter(order.beyond(time, row_id, backwards=backwards))
    found = list(rows.order_by(*order.names(backwards=backwards)).values(*columns)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    has_next = bool(found) and (more or backwards)
    has_previous = bool(found) and (more if backwards else bool(cursor))
    return found, {
        "limit": limit,
        "next": _write(found[-1], order, backwards=False) if has_next else None,
        "previous": _write(found[0], order, backwards=True) if has_previous else None,
    }


def _write(row: Mapping[str, Any], order: Order, *, backwards: bool) -> str:
    text = orjson.dumps([int(backwards), row[order.time].isoformat(), str(row["id"])])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read(cursor: str) -> tuple[bool, datetime, UUID]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        backwards, time, row_id = orjson.loads(text)
        at = datetime.fromisoformat(time).astimezone(UTC)
        return bool(backwards), at, UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid.at("cursor", "This cursor was not given out here.") from error
