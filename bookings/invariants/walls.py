"""Walls: what keeps everything else so is there, and works."""

from django.utils.translation import gettext_lazy as _

from core.invariants import invariants, standing_walls

invariants.register(
    standing_walls(
        "bookings",
        _("The database itself still refuses what would be booked, spent or counted wrongly."),
        "allocation_lane_is_free",
        "allocation_has_one_reason",
        "booking_changes_are_legal",
        "booking_in_a_session_once",
        "booking_reference_is_unique",
        "booking_seat_is_taken_once",
        "bundle_agrees_with_ledger",
        "bundle_has_what_it_promises",
        "bundle_latest_is_one",
        "consent_is_append_only",
        "consent_text_is_append_only",
        "consent_version_is_unique",
        "credit_is_append_only",
        "credit_number_is_unique",
        "credit_returned_once_per_booking",
        "credit_spent_once_per_booking",
        "customer_email_is_unique",
        "held_place_is_counted",
        "invitation_owns_what_is_ours",
        "membership_owns_what_is_ours",
        "place_is_counted",
        "session_counts_its_places",
        "session_is_not_overbooked",
        "session_laid_out_once",
    )
)
