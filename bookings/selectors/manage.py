"""The link by which customers see, move and cancel their own booking without an account."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from bookings.models import Booking
from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token

PURPOSE = "booking.manage"


def manage_token(booking: Booking) -> str:
    """Return the token of the booking's link, as whoever writes a message writes it again."""
    return make_link_token(PURPOSE, booking.pk, booking.manage_generation)


def manage_url(booking: Booking) -> str:
    return f"{settings.PUBLIC_BASE_URL}/manage/{manage_token(booking)}"


def managed_booking(token: str, *, now: datetime) -> Booking:
    """Return the booking that `token` opens, with all that its page says. One query.

    Raises NotFound, in the same words, for a token that is none, was revoked, belongs elsewhere
    or has expired (MANAGE_LINK_DAYS_AFTER_END), and where the organization is closed.
    """
    related = ("organization", "service__organization", "resource", "bundle__product")
    rows = Booking.objects.select_related(*related)
    booking = rows.filter(pk=read_link_token(token), organization__is_active=True).first()
    if booking is None:
        raise NotFound
    check_link_token(
        token, purpose=PURPOSE, row_id=booking.pk, generation=booking.manage_generation
    )
    if booking.ends_at + timedelta(days=settings.MANAGE_LINK_DAYS_AFTER_END) < now:
        raise NotFound
    return booking
