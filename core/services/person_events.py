"""What happened to a person, whichever organization they work in, in the trail of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from core import events
from core.access import Caller, CallerKind
from core.db import require_transaction
from core.models import Event, Membership, Organization, User

# Who did it: a user by their id, whoever stands at a door, a command; None is nobody knows who.
By = Caller | CallerKind | UUID | None


def record_for_person(user: User, name: str, *, by: By, **data: object) -> None:
    """Write an event about `user` for each of their organizations.

    Somebody without an organization is in nobody's trail.
    """
    theirs = Membership.objects.filter(user=user).order_by("organization_id")
    new = [
        _event(organization_id, user, name, by, **data)
        for organization_id in theirs.values_list("organization_id", flat=True)
    ]
    Event.objects.bulk_create(new)
    events.relay_after_commit()


def record_attempt(user: User | None, name: str, **data: object) -> None:
    """Write an event about an attempt of nobody knows whom, in one of the person's trails.

    For an account that is not there the same is done and undone: whoever waits for the answer
    must not learn from how long it takes. Wants a transaction.
    """
    of_user = user or User()
    theirs = Membership.objects.filter(user=of_user.pk).order_by("created_at", "id")
    organization_id = theirs.values_list("organization_id", flat=True).first()
    with kept_if(organization_id is not None):
        anywhere = Organization.objects.order_by("id").values_list("id", flat=True).first()
        if anywhere is not None:
            event = _event(organization_id or anywhere, of_user, name, None, **data)
            event.save(force_insert=True)
    events.relay_after_commit()


@contextmanager
def kept_if(is_kept: bool) -> Iterator[None]:
    """Undo what is done unless `is_kept`: in one statement either way, so that no time tells.

    Wants a transaction.
    """
    require_transaction()
    savepoint = transaction.savepoint()
    yield
    if is_kept:
        transaction.savepoint_commit(savepoint)
    else:
        transaction.savepoint_rollback(savepoint)


def _event(organization_id: UUID, user: User, name: str, by: By, **data: object) -> Event:
    if isinstance(by, Caller):
        caller = replace(by, organization_id=organization_id)
    elif isinstance(by, CallerKind):
        caller = Caller(by, organization_id)
    else:
        caller = Caller(CallerKind.USER, organization_id, id=by, scopes=frozenset())
    return events.build_for(organization_id, name, user, caller=caller, **data)
