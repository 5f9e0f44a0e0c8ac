"""Time: who keeps a lane busy is alive, and nobody else has it."""

from django.utils.translation import gettext_lazy as _

from bookings.services import repairing
from core.invariants import Check, invariants

invariants.register(
    Check(
        name="lanes_are_taken_once",
        promise=_("Nothing is booked twice: what keeps one lane busy never overlaps."),
        says=_("It overlaps something else on lane %(lane)s by %(minutes)s minutes."),
        sql="""
            SELECT CASE WHEN allocation.booking_id IS NOT NULL THEN 'bookings.booking'
                        WHEN allocation.hold_id IS NOT NULL THEN 'bookings.hold'
                        ELSE 'bookings.groupsession' END AS subject,
                   COALESCE(allocation.booking_id, allocation.hold_id,
                            allocation.group_session_id) AS id,
                   resource.organization_id, allocation.lane_id AS lane,
                   ceil(extract(epoch FROM least(allocation.busy_until, allocation.ends_at)
                        - allocation.starts_at) / 60)::bigint AS minutes
            FROM (
                SELECT lane_id, booking_id, hold_id, group_session_id, starts_at, ends_at,
                       max(ends_at) OVER (
                           PARTITION BY lane_id ORDER BY starts_at
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ) AS busy_until
                FROM bookings_allocation WHERE released_at IS NULL
            ) AS allocation
            JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
            JOIN bookings_resource AS resource ON resource.id = lane.resource_id
            WHERE allocation.busy_until > allocation.starts_at
        """,
    ),
    Check(
        name="bookings_keep_their_time",
        promise=_("Every booking that was not cancelled keeps its resource busy throughout."),
        says=_("Nothing keeps its resource busy throughout its %(minutes)s minutes."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   extract(epoch FROM booking.ends_at - booking.starts_at)::bigint / 60 AS minutes
            FROM bookings_booking AS booking
            WHERE booking.status <> 'CANCELLED' AND booking.group_session_id IS NULL
              AND NOT EXISTS (
                SELECT FROM bookings_allocation AS allocation
                JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
                WHERE allocation.booking_id = booking.id AND allocation.released_at IS NULL
                  AND lane.resource_id = booking.resource_id
                  AND allocation.starts_at <= booking.starts_at
                  AND allocation.ends_at >= booking.ends_at)
        """,
    ),
    Check(
        name="sessions_keep_their_time",
        promise=_("Every session that was not cancelled keeps its resource busy throughout."),
        says=_("Nothing keeps its resource busy throughout its %(minutes)s minutes."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, session.id, session.organization_id,
                   extract(epoch FROM session.ends_at - session.starts_at)::bigint / 60 AS minutes
            FROM bookings_groupsession AS session
            WHERE session.cancelled_at IS NULL
              AND NOT EXISTS (
                SELECT FROM bookings_allocation AS allocation
                JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
                WHERE allocation.group_session_id = session.id AND allocation.released_at IS NULL
                  AND lane.resource_id = session.resource_id
                  AND allocation.starts_at <= session.starts_at
                  AND allocation.ends_at >= session.ends_at)
        """,
    ),
    Check(
        name="sessions_keep_every_lane",
        promise=_("Nobody can be booked beside a session: it keeps every lane of its resource."),
        says=_("%(lanes)s lanes of its resource are free beside it."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, session.id, session.organization_id,
                   count(*) AS lanes
            FROM bookings_groupsession AS session
            JOIN bookings_lane AS lane ON lane.resource_id = session.resource_id
            WHERE session.cancelled_at IS NULL AND session.starts_at > %(now)s AND lane.is_active
              AND NOT EXISTS (
                SELECT FROM bookings_allocation AS allocation
                WHERE allocation.lane_id = lane.id AND allocation.released_at IS NULL
                  AND allocation.starts_at < session.ends_at
                  AND allocation.starts_at > session.starts_at - interval '3 days'
                  AND allocation.ends_at > session.starts_at)
            GROUP BY session.id
        """,
    ),
    Check(
        name="holds_keep_their_time",
        promise=_("Every hold that has not ended keeps its resource busy throughout."),
        says=_("Nothing keeps its resource busy throughout its %(minutes)s minutes."),
        sql="""
            SELECT 'bookings.hold' AS subject, hold.id, hold.organization_id,
                   extract(epoch FROM hold.ends_at - hold.starts_at)::bigint / 60 AS minutes
            FROM bookings_hold AS hold
            WHERE hold.ended_at IS NULL AND hold.group_session_id IS NULL
              AND NOT EXISTS (
                SELECT FROM bookings_allocation AS allocation
                JOIN bookings_lane AS lane ON lane.id = allocation.lane_id
                WHERE allocation.hold_id = hold.id AND allocation.released_at IS NULL
                  AND lane.resource_id = hold.resource_id
                  AND allocation.starts_at <= hold.starts_at
                  AND allocation.ends_at >= hold.ends_at)
        """,
    ),
    Check(
        name="cancelled_bookings_keep_no_time",
        promise=_("A cancelled booking keeps nothing busy."),
        says=_("It was cancelled and keeps %(lanes)s lanes busy."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   count(*) AS lanes
            FROM bookings_allocation AS allocation
            JOIN bookings_booking AS booking ON booking.id = allocation.booking_id
            WHERE allocation.released_at IS NULL AND booking.status = 'CANCELLED'
            GROUP BY booking.id
        """,
        repair=repairing.release_time_of_cancelled_booking,
    ),
    Check(
        name="cancelled_sessions_keep_no_time",
        promise=_("A cancelled session keeps nothing busy."),
        says=_("It was cancelled and keeps %(lanes)s lanes busy."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, session.id, session.organization_id,
                   count(*) AS lanes
            FROM bookings_allocation AS allocation
            JOIN bookings_groupsession AS session ON session.id = allocation.group_session_id
            WHERE allocation.released_at IS NULL AND session.cancelled_at IS NOT NULL
            GROUP BY session.id
        """,
        repair=repairing.release_time_of_cancelled_session,
    ),
    Check(
        name="ended_holds_keep_no_time",
        promise=_("A hold that has ended keeps nothing busy."),
        says=_("It has ended and keeps %(lanes)s lanes busy."),
        sql="""
            SELECT 'bookings.hold' AS subject, hold.id, hold.organization_id, count(*) AS lanes
            FROM bookings_allocation AS allocation
            JOIN bookings_hold AS hold ON hold.id = allocation.hold_id
            WHERE allocation.released_at IS NULL AND hold.ended_at IS NOT NULL
            GROUP BY hold.id
        """,
        repair=repairing.release_time_of_ended_hold,
    ),
    Check(
        name="places_keep_no_time",
        promise=_("A place in a session keeps nothing busy: the session does."),
        says=_("It is a place in a session and keeps %(lanes)s lanes busy by itself."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   count(*) AS lanes
            FROM bookings_booking AS booking
            JOIN bookings_allocation AS allocation ON allocation.booking_id = booking.id
            WHERE booking.group_session_id IS NOT NULL AND allocation.released_at IS NULL
            GROUP BY booking.id
        """,
    ),
    Check(
        name="holds_lapse",
        promise=_("A hold ends within ten minutes of its time."),
        says=_("Its time was over %(minutes)s minutes ago and it has not ended."),
        sql="""
            SELECT 'bookings.hold' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - expires_at)::bigint / 60 AS minutes
            FROM bookings_hold WHERE ended_at IS NULL AND expires_at < %(late)s
        """,
    ),
    Check(
        name="offers_have_a_hold",
        promise=_("A time that is offered to somebody on the waitlist is kept for them."),
        says=_("Offer %(offer)s to them is not kept any more."),
        sql="""
            SELECT 'bookings.waitlistentry' AS subject, entry.id, entry.organization_id,
                   entry.offers AS offer
            FROM bookings_waitlistentry AS entry
            LEFT JOIN bookings_hold AS hold ON hold.id = entry.hold_id
            WHERE entry.status = 'OFFERED' AND (hold.id IS NULL OR hold.ended_at IS NOT NULL)
        """,
    ),
)
