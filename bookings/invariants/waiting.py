"""Bookings are announced when they are made, and nothing waits for a clock that has stopped."""

from django.utils.translation import gettext_lazy as _

from core.invariants import Check, invariants

invariants.register(
    Check(
        name="bookings_have_an_event",
        promise=_("Every booking was recorded as an event when it was made."),
        says=_("There is no event of its making; it is in version %(version)s."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   booking.version
            FROM bookings_booking AS booking
            WHERE NOT EXISTS (
                SELECT FROM core_event AS event
                WHERE event.subject_id = booking.id AND event.name = 'booking.created')
        """,
    ),
    Check(
        name="requests_lapse",
        promise=_("A request that nobody answered is cancelled within ten minutes of its time."),
        says=_("Its time was over %(minutes)s minutes ago and it still waits."),
        sql="""
            SELECT 'bookings.booking' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - lapses_at)::bigint / 60 AS minutes
            FROM bookings_booking WHERE status = 'PENDING' AND lapses_at < %(late)s
        """,
    ),
    Check(
        name="waits_end",
        promise=_("A place on the waitlist ends within ten minutes of its window."),
        says=_("Its window was over %(minutes)s minutes ago and it still waits."),
        sql="""
            SELECT 'bookings.waitlistentry' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - to_at)::bigint / 60 AS minutes
            FROM bookings_waitlistentry WHERE status = 'WAITING' AND to_at < %(late)s
        """,
    ),
)
