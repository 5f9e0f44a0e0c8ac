"""What this app's events mean, in the audit trail and in stories."""

from django.utils.translation import gettext_lazy as _

from core.admin.happenings import say_what_happened

say_what_happened(
    {
        "delivery.bounced": _("Message came back"),
        "delivery.failed": _("Message could not be sent"),
        "deliveries.searched": _("Messages searched by person"),
        "delivery.resent": _("Message sent again"),
        "reminder.due": _("Reminder due"),
        "retention.applied": _("Old customers and messages let go"),
        "reminder_rule.created": _("Reminder made"),
        "reminder_rule.updated": _("Reminder changed"),
        "reminder_rule.deleted": _("Reminder removed"),
    }
)
