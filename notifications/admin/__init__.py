"""The console's pages about messages, and what they show on the pages of others."""

from notifications.admin import delivery, panels

__all__ = ["delivery", "panels"]
