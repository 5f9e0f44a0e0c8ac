"""What happened, in the reader's language: each app says its own events, by their names."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {}


def say_what_happened(words: Mapping[str, Promise]) -> None:
    """Add an app's words for its events."""
    WORDS.update(words)


def words_of(name: str) -> str:
    """Return what an event's name means; the name itself when nobody has said it."""
    return str(WORDS.get(name, name))


say_what_happened(
    {
        "api_key.created": _("API key made"),
        "api_key.revoked": _("API key revoked"),
        "events.exported": _("Audit trail exported"),
        "membership.created": _("Person added"),
        "membership.removed": _("Person removed"),
        "membership.updated": _("Role changed"),
        "organization.created": _("Organization opened"),
        "organization.updated": _("Settings changed"),
        "user.password_set": _("Password set"),
    }
)
