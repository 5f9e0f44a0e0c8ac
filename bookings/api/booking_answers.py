"""How bookings are answered, whoever asks: one, a new one, a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.response import Response

from bookings.api.booking_shapes import COLUMNS, present
from bookings.models import Booking
from bookings.selectors.booking import filtered
from bookings.selectors.manage import manage_token, manage_url
from core.api.conditions import etag_of
from core.api.envelope import success
from core.api.pagination import Order, paginate

Present = Callable[[Mapping[str, Any]], dict[str, Any]]
BY_START = Order("starts_at")


def answer_booking(
    booking: Booking, present: Present = present, *, status: int = 200, **more: str
) -> Response:
    """Answer a booking as it is now, with its version, and what is told besides."""
    row = {name: getattr(booking, name) for name in COLUMNS}
    headers = {"ETag": etag_of(booking.version)}
    return Response(success(present(row) | more), status=status, headers=headers)


def answer_new_booking(booking: Booking, present: Present = present) -> Response:
    """Answer 201, with the customer's link, which nothing else shows."""
    link = {"manageToken": manage_token(booking), "manageUrl": manage_url(booking)}
    return answer_booking(booking, present, status=status.HTTP_201_CREATED, **link)


def answer_bookings(
    rows: QuerySet[Booking],
    query: Mapping[str, Any],
    present: Present = present,
    *,
    organization_id: UUID,
    order: Order = BY_START,
) -> Response:
    """Answer one page of those of `rows` that a checked query asks for."""
    bookings = filtered(rows, query, organization_id=organization_id)
    found, pagination = paginate(bookings, query=query, order=order, columns=COLUMNS)
    return Response(success([present(row) for row in found], pagination=pagination))
