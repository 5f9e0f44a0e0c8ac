"""The console's pages about messages, and what they show on the pages of others."""

from notifications.admin import delivery, happenings, panels, reminder_rule, retention

__all__ = ["delivery", "happenings", "panels", "reminder_rule", "retention"]
