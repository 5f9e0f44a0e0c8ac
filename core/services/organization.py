"""Opening an organization."""

from django.core.exceptions import ValidationError

from core import events
from core.access import Caller
from core.db import in_one_transaction, violation_of
from core.errors import Conflict, Invalid
from core.models import Organization


class SlugTaken(Conflict):
    reason = "SLUG_TAKEN"
    message = "Another organization has this slug already."


@in_one_transaction
def create_organization(*, slug: str, name: str, timezone: str, **settings: str) -> Organization:
    """Make a tenant. `timezone` is an IANA zone; `settings` are further columns.

    Raises Invalid, SlugTaken.
    """
    organization = Organization(slug=slug, name=name, timezone=timezone, **settings)
    try:
        organization.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
    with violation_of("core_organization_slug_key", becomes=SlugTaken):
        organization.save(force_insert=True)
    # The organization is its own tenant, so its event is written by hand.
    events.build_for(
        organization.pk,
        "organization.created",
        organization,
        caller=Caller.command(organization.pk),
    ).save(force_insert=True)
    events.relay_after_commit()
    return organization
