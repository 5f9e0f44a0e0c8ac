"""Opening an organization, changing its settings, closing it, opening it again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from core import events, known_keys
from core.access import Caller, CallerKind
from core.db import in_one_transaction, violation_of
from core.errors import Conflict, Invalid
from core.models import Organization
from core.text import camel_case

MOST_ORIGINS = 20


class SlugTaken(Conflict):
    reason = "SLUG_TAKEN"
    message = "Another organization has this slug already."


@in_one_transaction
def create_organization(
    *, slug: str, name: str, timezone: str, by: UUID | None = None, **settings: str
) -> Organization:
    """Make a tenant. `timezone` is an IANA zone; `settings` are further columns.

    `by` is the user who administers the installation; without one it is a command. Records
    organization.created. Raises Invalid, SlugTaken.
    """
    organization = Organization(slug=slug, name=name, timezone=timezone, **settings)
    try:
        organization.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
    with violation_of("core_organization_slug_key", becomes=SlugTaken):
        organization.save(force_insert=True)
    _record("organization.created", organization, by=by)
    return organization


@in_one_transaction
def update_organization(
    organization: Organization, columns: Mapping[str, Any], *, caller: Caller
) -> Organization:
    """Change settings: columns of Organization by name. Bookings stay as they were made.

    Records organization.updated with the names of what changed. Raises Invalid.
    """
    fresh = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    changed = [name for name, value in columns.items() if getattr(fresh, name) != value]
    for name in changed:
        setattr(fresh, name, columns[name])
    try:
        fresh.clean_fields()
    except ValidationError as error:
        wrong = {camel_case(name): said for name, said in error.message_dict.items()}
        raise Invalid(fields=wrong) from error
    if changed:
        fresh.save(update_fields=[*changed, "updated_at"])
        events.record_for(
            fresh.pk, "organization.updated", fresh, caller=caller, fields=sorted(changed)
        )
    return fresh


@in_one_transaction
def close_organization(organization: Organization, *, by: UUID | None = None) -> Organization:
    """Let nobody work in it or book there, from now on in every process; nothing is deleted.

    Closing it again changes nothing. Records organization.closed.
    """
    return _switch(organization, is_active=False, name="organization.closed", by=by)


@in_one_transaction
def reopen_organization(organization: Organization, *, by: UUID | None = None) -> Organization:
    """Open a closed organization as it was. Records organization.reopened."""
    return _switch(organization, is_active=True, name="organization.reopened", by=by)


def administrator(organization: Organization, by: UUID | None) -> Caller:
    """Return who acts for the installation: the user `by`, or a command."""
    if by is None:
        return Caller.command(organization.pk)
    return Caller(CallerKind.USER, organization.pk, id=by)


def _switch(
    organization: Organization, *, is_active: bool, name: str, by: UUID | None
) -> Organization:
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if organization.is_active != is_active:
        organization.is_active = is_active
        organization.save(update_fields=["is_active", "updated_at"])
        _record(name, organization, by=by)
        transaction.on_commit(known_keys.forget_everywhere)
    return organization


def _record(name: str, organization: Organization, *, by: UUID | None) -> None:
    """Write an event by hand: the organization is its own tenant."""
    event = events.build_for(
        organization.pk, name, organization, caller=administrator(organization, by)
    )
    event.save(force_insert=True)
    events.relay_after_commit()
