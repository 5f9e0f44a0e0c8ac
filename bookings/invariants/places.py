"""Places in group sessions: what is counted is what there is, and each follows its session."""

from django.utils.translation import gettext_lazy as _

from bookings.services import repairing
from core.invariants import Check, invariants

invariants.register(
    Check(
        name="sessions_count_their_places",
        promise=_("A session counts exactly the places that are booked and held."),
        says=_(
            "It counts %(taken)s booked and %(held)s held places; there are %(bookings)s "
            "bookings and %(holds)s holds."
        ),
        sql="""
            SELECT 'bookings.groupsession' AS subject, session.id, session.organization_id,
                   session.taken, session.held,
                   COALESCE(booked.number, 0) AS bookings, COALESCE(kept.number, 0) AS holds
            FROM bookings_groupsession AS session
            LEFT JOIN (
                SELECT group_session_id, count(*) AS number FROM bookings_booking
                WHERE group_session_id IS NOT NULL AND status <> 'CANCELLED'
                GROUP BY group_session_id
            ) AS booked ON booked.group_session_id = session.id
            LEFT JOIN (
                SELECT group_session_id, count(*) AS number FROM bookings_hold
                WHERE group_session_id IS NOT NULL AND ended_at IS NULL
                GROUP BY group_session_id
            ) AS kept ON kept.group_session_id = session.id
            WHERE session.taken <> COALESCE(booked.number, 0)
               OR session.held <> COALESCE(kept.number, 0)
        """,
        repair=repairing.count_places_again,
    ),
    Check(
        name="sessions_are_not_overbooked",
        promise=_("No session has more places booked and held than it has."),
        says=_("It has %(capacity)s places, and %(places)s are booked or held."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, session.id, session.organization_id,
                   session.capacity, sum(rows.number)::bigint AS places
            FROM (
                SELECT group_session_id, count(*) AS number FROM bookings_booking
                WHERE group_session_id IS NOT NULL AND status <> 'CANCELLED'
                GROUP BY group_session_id
                UNION ALL
                SELECT group_session_id, count(*) FROM bookings_hold
                WHERE group_session_id IS NOT NULL AND ended_at IS NULL
                GROUP BY group_session_id
            ) AS rows
            JOIN bookings_groupsession AS session ON session.id = rows.group_session_id
            GROUP BY session.id HAVING sum(rows.number) > session.capacity
        """,
    ),
    Check(
        name="seats_are_taken_once",
        promise=_("Nobody shares a seat of a session."),
        says=_("%(places)s bookings have seat %(seat)s."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, group_session_id AS id, organization_id,
                   seat, count(*) AS places
            FROM bookings_booking
            WHERE group_session_id IS NOT NULL AND status <> 'CANCELLED'
            GROUP BY group_session_id, organization_id, seat HAVING count(*) > 1
        """,
    ),
    Check(
        name="customers_join_once",
        promise=_("Nobody has two places in one session."),
        says=_("One customer has %(places)s places."),
        sql="""
            SELECT 'bookings.groupsession' AS subject, group_session_id AS id, organization_id,
                   count(*) AS places
            FROM bookings_booking
            WHERE group_session_id IS NOT NULL AND status <> 'CANCELLED'
            GROUP BY group_session_id, organization_id, customer_id HAVING count(*) > 1
        """,
    ),
    Check(
        name="places_follow_their_session",
        promise=_("A place has the time, the resource and the course of its session."),
        says=_("It differs from its session: by %(minutes)s minutes, or in who or what it is."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   greatest(
                       abs(extract(epoch FROM booking.starts_at - session.starts_at)),
                       abs(extract(epoch FROM booking.ends_at - session.ends_at))
                   )::bigint / 60 AS minutes
            FROM bookings_booking AS booking
            JOIN bookings_groupsession AS session ON session.id = booking.group_session_id
            WHERE booking.status <> 'CANCELLED'
              AND (booking.starts_at, booking.ends_at, booking.resource_id, booking.service_id,
                   booking.organization_id)
                  IS DISTINCT FROM (session.starts_at, session.ends_at, session.resource_id,
                                    session.service_id, session.organization_id)
        """,
    ),
    Check(
        name="cancelled_sessions_have_no_places",
        promise=_("Nobody has a place in a session that was cancelled."),
        says=_("Its session was cancelled; this place is still %(status)s."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   booking.status
            FROM bookings_booking AS booking
            JOIN bookings_groupsession AS session ON session.id = booking.group_session_id
            WHERE booking.status <> 'CANCELLED' AND session.cancelled_at IS NOT NULL
        """,
    ),
)
