"""The staff's console: its site, and the pages of this app's own rows."""

from core.admin import (
    account,
    api_key,
    checkup,
    event,
    membership,
    organization,
    processing,
    second_factor,
    today,
)

__all__ = [
    "account",
    "api_key",
    "checkup",
    "event",
    "membership",
    "organization",
    "processing",
    "second_factor",
    "today",
]
