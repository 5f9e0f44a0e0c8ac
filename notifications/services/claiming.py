"""Taking what is due, so that no other worker has it: one statement, which compares and sets."""

from datetime import datetime, timedelta

from django.db.models import F, prefetch_related_objects

from notifications.models import Delivery

# One conversation with a server that hangs at every step takes 70 seconds (EMAIL_TIMEOUT).
LEASE = timedelta(seconds=120)
ENOUGH_OF_A_LEASE = timedelta(seconds=60)

# Messages about one booking (place on a waitlist, group session) to one reader leave in the order
# of its events: none is taken while an older one is in somebody's hands or due itself. Otherwise
# "confirmed", hanging in one worker, could arrive after "cancelled" from another.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM notifications_delivery AS mine
    WHERE status IN ('QUEUED', 'SENDING') AND not_before <= %(now)s
      AND NOT EXISTS (
        SELECT FROM notifications_delivery AS older
        WHERE older.booking_id = mine.booking_id AND older.audience = mine.audience
          AND older.status IN ('QUEUED', 'SENDING')
          AND (older.event_id, older.id) < (mine.event_id, mine.id)
          AND (older.status = 'SENDING' OR older.not_before <= %(now)s))
      AND NOT EXISTS (
        SELECT FROM notifications_delivery AS older
        WHERE older.waitlist_entry_id = mine.waitlist_entry_id
          AND older.status IN ('QUEUED', 'SENDING')
          AND (older.event_id, older.id) < (mine.event_id, mine.id)
          AND (older.status = 'SENDING' OR older.not_before <= %(now)s))
      AND NOT EXISTS (
        SELECT FROM notifications_delivery AS older
        WHERE older.group_session_id = mine.group_session_id
          AND older.audience = mine.audience AND older.status IN ('QUEUED', 'SENDING')
          AND (older.event_id, older.id) < (mine.event_id, mine.id)
          AND (older.status = 'SENDING' OR older.not_before <= %(now)s))
    ORDER BY not_before LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE notifications_delivery AS claimed
SET status = 'SENDING', attempts = attempts + 1, not_before = %(until)s, updated_at = %(now)s
FROM due WHERE claimed.id = due.id
RETURNING claimed.*
"""


def claim(*, limit: int, now: datetime) -> list[Delivery]:
    """Take up to `limit` deliveries that are due, oldest event first, until their lease ends."""
    parameters = {"now": now, "until": now + LEASE, "limit": limit}
    rows = sorted(Delivery.objects.raw(CLAIM, parameters), key=lambda row: (row.event_id, row.pk))
    prefetch_related_objects(rows, "event")
    return rows


def lease_suffices(delivery: Delivery, *, now: datetime) -> bool:
    """Say whether there is time left to hand it over before others may take it."""
    return delivery.not_before - now >= ENOUGH_OF_A_LEASE


def give_back(deliveries: list[Delivery], *, now: datetime) -> None:
    """Let go of what was claimed and not tried: due at once, and not counted as a try."""
    for delivery in deliveries:
        _held(delivery).update(
            status=Delivery.Status.QUEUED, not_before=now, attempts=F("attempts") - 1
        )


def _held(delivery: Delivery):  # type: ignore[no-untyped-def]
    return Delivery.objects.filter(
        pk=delivery.pk, status=Delivery.Status.SENDING, attempts=delivery.attempts
    )
