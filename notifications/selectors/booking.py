"""Reading what a message is about: all of it once, and whether it changed, each time anew."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from bookings.models import Booking
from core.models import TenantQuerySet

VERSION = f"SELECT version FROM {Booking._meta.db_table} WHERE id = %s"  # noqa: S608


def booking_for_mail() -> TenantQuerySet[Booking]:
    """Return bookings with all that a message may say, in one statement."""
    related = ("service", "resource", "customer", "organization", "bundle__product")
    return Booking.objects.select_related(*related).only(
        "reference",
        "status",
        "version",
        "manage_generation",
        "series",
        "group_session",
        "bundle__remaining_sessions",
        "bundle__total_sessions",
        "bundle__product__name",
        "starts_at",
        "ends_at",
        "timezone",
        "name",
        "company",
        "email",
        "phone",
        "inquiry",
        "notes",
        "answers",
        "location_kind",
        "location",
        "cancel_reason",
        "price_amount",
        "fee_amount",
        "price_currency",
        "service__name",
        "resource__name",
        "resource__timezone",
        "customer__locale",
        "organization__name",
        "organization__slug",
        "organization__timezone",
        "organization__currency",
        "organization__locale",
        "organization__accent_color",
        "organization__logo_digest",
        "organization__logo_width",
        "organization__logo_height",
        "organization__contact_email",
        "organization__admin_email",
    )


class FreshBookings:
    """The bookings of a batch, read together; each again when it has changed since.

    A batch takes seconds. Every change of status, time or details raises a booking's version,
    so comparing it right before a message leaves costs a tenth of reading everything.
    """

    def __init__(self, ids: Iterable[UUID]) -> None:
        self._known = booking_for_mail().in_bulk(list(ids))
        self._seen: tuple[UUID, int] | None = None

    def have_seen(self, seen: tuple[UUID, int] | None) -> None:
        """Take over the version of a booking that was read a moment ago, for the next `get`."""
        self._seen = seen

    def get(self, booking_id: UUID) -> Booking:
        """Return the booking as it is now."""
        seen, self._seen = self._seen, None
        if seen is not None and seen[0] == booking_id:
            version = seen[1]
        else:
            with connection.cursor() as cursor:
                cursor.execute(VERSION, [booking_id])
                (version,) = cursor.fetchone()
        if self._known[booking_id].version != version:
            self._known[booking_id] = booking_for_mail().get(pk=booking_id)
        return self._known[booking_id]
