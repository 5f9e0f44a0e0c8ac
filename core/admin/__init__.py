"""The staff's console: its site, and the pages of this app's own rows."""

from core.admin import api_key, checkup, membership, organization, today

__all__ = ["api_key", "checkup", "membership", "organization", "today"]
