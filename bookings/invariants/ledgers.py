"""Credits: a bundle's balance is its ledger's, and each booking spends and gets back once."""

from django.utils.translation import gettext_lazy as _

from bookings.services import repairing
from core.invariants import Check, invariants

invariants.register(
    Check(
        name="balances_are_their_ledgers",
        promise=_("What a bundle has left is what its ledger adds up to."),
        says=_(
            "It has %(remaining)s left after %(entries)s entries. Its ledger adds up to %(sum)s "
            "in %(lines)s entries, and the last one says %(balance)s."
        ),
        sql="""
            SELECT 'bookings.bundlepurchase' AS subject, bundle.id, bundle.organization_id,
                   bundle.remaining_sessions AS remaining, bundle.entries,
                   COALESCE(ledger.sum, 0) AS sum, COALESCE(ledger.lines, 0) AS lines,
                   COALESCE(ledger.balance, 0) AS balance
            FROM bookings_bundlepurchase AS bundle
            LEFT JOIN (
                SELECT bundle_id, sum(amount) AS sum, count(*) AS lines,
                       (array_agg(balance ORDER BY number DESC))[1] AS balance
                FROM bookings_creditentry GROUP BY bundle_id
            ) AS ledger ON ledger.bundle_id = bundle.id
            WHERE (bundle.remaining_sessions, bundle.remaining_sessions, bundle.entries)
                  IS DISTINCT FROM (ledger.sum, ledger.balance, ledger.lines)
        """,
        repair=repairing.take_balance_from_ledger,
    ),
    Check(
        name="ledgers_add_up",
        promise=_("Each entry of a ledger follows the one before, by number and by balance."),
        says=_(
            "Entry %(number)s says %(balance)s; entry %(before)s said %(was)s, "
            "and %(amount)s came to it."
        ),
        sql="""
            SELECT 'bookings.creditentry' AS subject, id, organization_id, number, balance,
                   before, was, amount
            FROM (
                SELECT entry.*, COALESCE(lag(number) OVER ledger, 0) AS before,
                       COALESCE(lag(balance) OVER ledger, 0) AS was
                FROM bookings_creditentry AS entry
                WINDOW ledger AS (PARTITION BY bundle_id ORDER BY number)
            ) AS line
            WHERE number <> before + 1 OR balance <> was + amount
        """,
    ),
    Check(
        name="credits_come_back_once",
        promise=_("A booking spends a credit once, and gets back at most what it spent, once."),
        says=_("It spent %(spent)s times and got back %(returned)s times; %(left)s are left over."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   line.spent, line.returned, line.left
            FROM (
                SELECT booking_id, count(*) FILTER (WHERE kind = 'SPENT') AS spent,
                       count(*) FILTER (WHERE kind = 'RETURNED') AS returned,
                       sum(amount) AS left, count(DISTINCT bundle_id) AS bundles
                FROM bookings_creditentry WHERE booking_id IS NOT NULL GROUP BY booking_id
            ) AS line
            JOIN bookings_booking AS booking ON booking.id = line.booking_id
            WHERE line.spent <> 1 OR line.returned > 1 OR line.left > 0 OR line.bundles > 1
        """,
    ),
    Check(
        name="only_cancelling_gives_back",
        promise=_("Only a cancelled booking has got its credit back."),
        says=_("It is %(status)s and has got its credit back."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   booking.status
            FROM bookings_creditentry AS entry
            JOIN bookings_booking AS booking ON booking.id = entry.booking_id
            WHERE entry.kind = 'RETURNED' AND booking.status <> 'CANCELLED'
        """,
    ),
    Check(
        name="bundles_pay_what_they_paid",
        promise=_("A booking names the bundle that paid for it, and that bundle's ledger says so."),
        says=_("It names a bundle in %(named)s and was paid by one in %(paid)s cases."),
        sql="""
            SELECT 'bookings.booking' AS subject, COALESCE(booking.id, entry.booking_id) AS id,
                   COALESCE(booking.organization_id, entry.organization_id) AS organization_id,
                   count(booking.id) AS named, count(entry.id) AS paid
            FROM (SELECT id, organization_id, bundle_id FROM bookings_booking
                  WHERE bundle_id IS NOT NULL) AS booking
            FULL JOIN (SELECT id, organization_id, bundle_id, booking_id FROM bookings_creditentry
                       WHERE kind = 'SPENT') AS entry
                ON entry.booking_id = booking.id AND entry.bundle_id = booking.bundle_id
            WHERE booking.id IS NULL OR entry.id IS NULL
            GROUP BY 2, 3
        """,
    ),
    Check(
        name="bundles_pay_their_own",
        promise=_("A bundle pays for its own customer, in its own course, and the price is 0."),
        says=_("The bundle that paid is another customer's or course's, or %(price)s was asked."),
        sql="""
            SELECT 'bookings.booking' AS subject, booking.id, booking.organization_id,
                   booking.price_amount::text AS price
            FROM bookings_booking AS booking
            JOIN bookings_bundlepurchase AS bundle ON bundle.id = booking.bundle_id
            WHERE (booking.customer_id, booking.service_id, booking.organization_id,
                   booking.price_amount)
                  IS DISTINCT FROM
                  (bundle.customer_id, bundle.service_id, bundle.organization_id, 0)
        """,
    ),
)
