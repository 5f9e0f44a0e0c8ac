"""Who goes first: the rows that are locked before anything is read or written.

The order is: resources (sorted, in one statement), then the service, sessions, bundles, bookings,
places on the waitlist. Every function here runs inside a transaction that a door opened.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import DateTimeField, Func

from bookings.models import Booking, GroupSession, Resource, Service
from core.db import ChangedMeanwhile, require_transaction, rows
from core.errors import NotFound

# What is freed may be offered to who waits for it, and their service may need others as well: all
# of them are locked in the one statement. Where nobody waits that is a look at an empty index.
WAITED_FOR = """
    SELECT other.resource_id FROM bookings_serviceresource AS mine
    JOIN bookings_serviceresource AS other ON other.service_id = mine.service_id
    WHERE mine.resource_id = ANY({freed})
      AND EXISTS (
          SELECT FROM bookings_waitlistentry AS entry
          WHERE entry.service_id = mine.service_id AND entry.status = 'WAITING'
            AND entry.group_session_id IS NULL
      )
"""
LOCK = """
    SELECT id, updated_at FROM bookings_resource WHERE id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
"""
LOCK_TO_FREE = f"""
    SELECT id, updated_at FROM bookings_resource
    WHERE id = ANY(%(ids)s || ARRAY({WAITED_FOR.format(freed="%(freed)s")}))
    ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608  (no value stands in it)
LOCK_AT_ONCE = f"{LOCK} SKIP LOCKED"
LOCK_KEPT = f"""
    WITH kept AS MATERIALIZED (
        SELECT array_agg(resource_id) || %(resource)s::uuid AS ids
        FROM bookings_allocation AS allocation
        JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
        WHERE allocation.booking_id = %(booking)s AND allocation.released_at IS NULL
    )
    SELECT id FROM bookings_resource
    WHERE id = ANY(
        (SELECT ids FROM kept) || ARRAY({WAITED_FOR.format(freed="(SELECT ids FROM kept)::uuid[]")})
    )
    ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608
LOCK_SERVICE = "SELECT id FROM bookings_service WHERE id = %s FOR NO KEY UPDATE"


class ClockTimestamp(Func):
    """The database's clock as it is now, and not when its transaction began."""

    function = "CLOCK_TIMESTAMP"
    output_field = DateTimeField()


def lock_resources(
    resource_ids: Collection[UUID], *, freeing: Collection[UUID] = ()
) -> dict[UUID, datetime]:
    """Queue behind whoever is taking time on these resources; return those that are locked.

    Each with when it was changed last: whoever read its hours before can tell that they are old.

    One statement, sorted, so that rivals wait in line and never in a circle. `freeing` are those
    of them whose time may be given back: what else who waits for that would need is locked too.
    """
    require_transaction()
    parameters = {"ids": list(resource_ids), "freed": list(freeing)}
    return dict(rows(LOCK_TO_FREE if freeing else LOCK, parameters))


def note_new_hours(resource_ids: Collection[UUID]) -> None:
    """Let whoever waits for these locked resources know that their hours are not what they read."""
    require_transaction()
    Resource.objects.filter(pk__in=resource_ids).update(updated_at=ClockTimestamp())


def lock_at_once(resource_ids: Collection[UUID]) -> None:
    """Lock these as well, if it can be had without waiting; what is locked already can.

    For what was found out after the one lock statement: waiting now could be waiting in a
    circle, so everything is begun again instead. Raises ChangedMeanwhile.
    """
    require_transaction()
    wanted = set(resource_ids)
    if {row_id for row_id, _ in rows(LOCK_AT_ONCE, {"ids": list(wanted)})} != wanted:
        raise ChangedMeanwhile


def lock_service(service: Service) -> None:
    """Queue behind whoever is counting this service's bookings. After its resources."""
    require_transaction()
    rows(LOCK_SERVICE, [service.pk])


def lock_session(session_id: UUID) -> GroupSession:
    """Queue behind whoever changes this session or its places, and read it as it is now.

    After its resources, if those are locked too, and before any bundle or booking. Raises
    NotFound.
    """
    require_transaction()
    locked = GroupSession.objects.select_for_update(of=["self"], no_key=True)
    related = ("service__organization", "resource")
    rows = locked.select_related(*related).filter(pk=session_id)
    # Whoever waits while its resource is changed finds that the two no longer belong together,
    # and nothing comes back: the next statement sees them as they are.
    found = rows.first() or rows.first()
    if found is None:
        raise NotFound
    return found


def lock_resources_of(booking: Booking) -> None:
    """Queue for everything that a booking keeps busy, in one sorted statement.

    What who waits for that would need besides is locked with it.
    """
    require_transaction()
    rows(LOCK_KEPT, {"resource": booking.resource_id, "booking": booking.pk})
