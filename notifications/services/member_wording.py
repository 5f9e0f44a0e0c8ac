"""What a mail says to somebody who is asked to work here, or who does and forgot how to enter."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from core import times
from core.invitations import invitation_url
from core.models import Invitation, PasswordReset
from core.password_links import password_reset_url
from core.times import zone_of
from notifications.services.facts import Facts
from notifications.services.message import Message
from notifications.services.wording import Line, as_text


def context_of_invitation(
    message: Message, invitation: Invitation, facts: Facts
) -> dict[str, object]:
    """Return what the templates say about `invitation`, in the active language."""
    organization = invitation.organization
    with timezone.override(zone_of(organization.timezone)):
        until = times.moment(invitation.expires_at)
    inviter = invitation.invited_by
    lines = [Line(_("From"), str(inviter))] if inviter else []
    return {
        "facts": facts,
        "until": until,
        "lines": lines,
        "lines_as_text": as_text(lines) if lines else "",
        "link_url": invitation_url(invitation),
    }


def context_of_password_reset(
    message: Message, reset: PasswordReset, facts: Facts
) -> dict[str, object]:
    """Return what the templates say about `reset`, in the active language."""
    with timezone.override(zone_of(reset.organization.timezone)):
        until = times.moment(reset.expires_at)
    return {
        "facts": facts,
        "until": until,
        "lines": [],
        "lines_as_text": "",
        "link_url": password_reset_url(reset),
    }
