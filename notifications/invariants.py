"""What must be so of messages: each is on its way, or says how it ended."""

from django.utils.translation import gettext_lazy as _

from core.invariants import Check, invariants, standing_walls

invariants.register(
    standing_walls(
        "messages",
        _("The database itself still refuses to promise a message twice."),
        "delivery_once_per_event",
        "delivery_one_resend_at_a_time",
    ),
    Check(
        name="messages_are_not_stuck",
        promise=_("No message stays with a worker beyond its lease for ten minutes."),
        says=_("Its worker should have been done %(minutes)s minutes ago (try %(attempts)s)."),
        sql="""
            SELECT 'notifications.delivery' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - not_before)::bigint / 60 AS minutes, attempts
            FROM notifications_delivery WHERE status = 'SENDING' AND not_before < %(late)s
        """,
    ),
    Check(
        name="messages_are_sent_in_time",
        promise=_("Every message that is due is tried within ten minutes."),
        says=_("It has been due for %(minutes)s minutes, after %(attempts)s tries."),
        sql="""
            SELECT 'notifications.delivery' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - not_before)::bigint / 60 AS minutes, attempts
            FROM notifications_delivery WHERE status = 'QUEUED' AND not_before < %(late)s
        """,
    ),
    Check(
        name="reminders_are_told_in_time",
        promise=_("Every reminder is told within ten minutes of its time."),
        says=_("It has been due for %(minutes)s minutes."),
        sql="""
            SELECT 'notifications.reminder' AS subject, id, organization_id,
                   extract(epoch FROM %(now)s - due_at)::bigint / 60 AS minutes
            FROM notifications_reminder WHERE status = 'WAITING' AND due_at < %(late)s
        """,
    ),
)
