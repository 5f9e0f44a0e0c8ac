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
        "api_key.exposed": _("API key sent in an address"),
        "api_key.rotated": _("API key replaced"),
        "api_key.revoked": _("API key revoked"),
        "events.exported": _("Audit trail exported"),
        "invitation.created": _("Person invited"),
        "invitation.revoked": _("Invitation taken back"),
        "invitation.sent_again": _("Invitation sent again"),
        "membership.created": _("Person added"),
        "membership.removed": _("Person removed"),
        "membership.updated": _("Role changed"),
        "organization.created": _("Organization opened"),
        "organization.logo_changed": _("Logo changed"),
        "organization.updated": _("Settings changed"),
        "password_reset.requested": _("Link for a new password asked for"),
        "recovery_code.used": _("Signed in with a recovery code"),
        "recovery_codes.made": _("New recovery codes made"),
        "second_factor.confirmed": _("Second factor set up"),
        "second_factor.removed": _("Second factor removed"),
        "second_factor.reset": _("Second factor reset"),
        "sign_in.ended": _("Signed out"),
        "sign_in.exposed": _("Access token sent in an address"),
        "sign_in.failed": _("Could not sign in"),
        "sign_in.locked": _("Signing in locked for a while"),
        "sign_in.reused": _("A spent sign-in was used again, and ended"),
        "sign_in.succeeded": _("Signed in"),
        "sign_in.unlocked": _("Let in again after wrong passwords"),
        "user.password_changed": _("Password changed"),
        "user.password_reset": _("Forgotten password set anew"),
        "user.password_set": _("Password set"),
    }
)
