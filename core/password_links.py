"""The link by which somebody who forgot their password sets a new one."""

from django.conf import settings

from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token
from core.models import PasswordReset

PURPOSE = "user.password_reset"
GENERATION = 1  # a new mail has a new row


def password_reset_url(reset: PasswordReset) -> str:
    """Return where the link leads, once and until it expires."""
    token = make_link_token(PURPOSE, reset.pk, GENERATION)
    return f"{settings.PUBLIC_BASE_URL}/password/reset/{token}"


def password_reset_named_by(token: str) -> PasswordReset:
    """Return what `token` opens; whether it still does, the row says. Raises NotFound."""
    rows = PasswordReset.objects.select_related("user", "organization")
    found = rows.filter(pk=read_link_token(token)).first()
    if found is None:
        raise NotFound
    check_link_token(token, purpose=PURPOSE, row_id=found.pk, generation=GENERATION)
    return found
