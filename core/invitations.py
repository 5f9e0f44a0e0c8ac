"""The link of an invitation: written into its mail, and what it opens."""

from django.conf import settings

from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token
from core.models import Invitation

PURPOSE = "member.invitation"


def invitation_url(invitation: Invitation) -> str:
    """Return where the link leads. Sending the invitation again makes this one invalid."""
    token = make_link_token(PURPOSE, invitation.pk, invitation.generation)
    return f"{settings.PUBLIC_BASE_URL}/invitation/{token}"


def invitation_named_by(token: str) -> Invitation:
    """Return what `token` opens; whether it still can be accepted, the row says.

    Raises NotFound for what is no token, and for one that was replaced by a newer mail.
    """
    rows = Invitation.objects.select_related("organization")
    found = rows.filter(pk=read_link_token(token), organization__is_active=True).first()
    if found is None:
        raise NotFound
    check_link_token(token, purpose=PURPOSE, row_id=found.pk, generation=found.generation)
    return found
