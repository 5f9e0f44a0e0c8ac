"""A key or an access token that was sent in an address, and so stands in logs on its way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.known_keys import Known
from core.models import ApiKey, Event, Organization, TenantQuerySet, User
from core.services.person_events import record_for_person

# A program that does it with every call is told of once in a while.
AT_MOST_ONE_EVENT_IN = timedelta(hours=1)
KEY, TOKEN = "api_key.exposed", "sign_in.exposed"


@in_one_transaction
def note_exposed(known: Known) -> None:
    """Write down that a good credential is in others' logs now, so that it gets replaced.

    Records api_key.exposed of a key, sign_in.exposed of a person's access token; at most one of
    each key and person in an hour.
    """
    if known.person is not None:
        user = User.objects.get(pk=known.person.id)
        if not _is_told(TOKEN, user.pk):
            session_id = known.person.session_id
            record_for_person(user, TOKEN, by=user.pk, session_id=session_id)
    elif known.caller is not None:
        _note_key(known.caller)


def exposed_keys(organization_id: UUID) -> TenantQuerySet[ApiKey]:
    """Return the secret keys that are good still although they were sent in an address."""
    sent = Event.objects.filter(subject_id=OuterRef("pk"), name=KEY)
    keys = ApiKey.objects.for_organization(organization_id).filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
        kind=ApiKey.Kind.SECRET,
        revoked_at=None,
    )
    return keys.filter(Exists(sent))


def _note_key(caller: Caller) -> None:
    # A key of the environment has no row: then it is about the organization that it opens.
    key = ApiKey.objects.filter(pk=caller.id).first() if caller.id else None
    subject = key or Organization.objects.get(pk=caller.organization_id)
    if not _is_told(KEY, subject.pk):
        events.record_for(caller.organization_id, KEY, subject, caller=caller)


def _is_told(name: str, subject_id: UUID) -> bool:
    since = timezone.now() - AT_MOST_ONE_EVENT_IN
    return Event.objects.filter(subject_id=subject_id, name=name, created_at__gt=since).exists()
