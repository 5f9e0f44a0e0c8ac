"""The spine: what happened is written down here, and told to whoever asked to know.

record()  a service notes a fact, in the transaction that makes it true
handles() another app says which events it wants, without this app knowing it
relay()   once committed, a worker hands the event to its handlers
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import takewhile
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from core import tasks
from core.access import Caller
from core.audit.network import network_of
from core.db import leave_proof
from core.models import Event, Outbox, TenantModel
from core.observability.context import current_request_id, request_id_of
from core.queue import after_commit

Handler = Callable[[Event], None]

BATCH = 100
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)

log = structlog.get_logger(__name__)
_handlers: defaultdict[str, list[Handler]] = defaultdict(list)


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Run the decorated function, at least once, for every event with one of these names.

    It runs in the relay's transaction and must only write rows.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            _handlers[name].append(handler)
        return handler

    return register


def build(name: str, subject: TenantModel, *, caller: Caller, **data: object) -> Event:
    """Return an event that is not saved yet, for a service that inserts several rows at once.

    Whoever saves it calls `relay_after_commit`.
    """
    return build_for(subject.organization_id, name, subject, caller=caller, **data)


def build_for(
    organization_id: UUID, name: str, subject: Model, *, caller: Caller, **data: object
) -> Event:
    """The same for a subject that is no tenant's row: the organization itself, a user."""
    event = Event(
        organization_id=organization_id,
        name=name,
        subject_type=str(subject._meta.model_name),
        subject_id=subject.pk,
        actor_kind=caller.kind,
        actor_id=caller.id,
        request_id=current_request_id(),
        network=network_of(caller),
        data=data,
    )
    leave_proof(event)
    return event


def record(name: str, subject: TenantModel, *, caller: Caller, **data: object) -> Event:
    """Write an event beside the change it describes; it is relayed once both are committed.

    A trigger on the table puts it in the outbox, so an event without an outbox row cannot be.
    """
    event = build(name, subject, caller=caller, **data)
    event.save(force_insert=True)
    relay_after_commit()
    return event


def record_for(
    organization_id: UUID, name: str, subject: Model, *, caller: Caller, **data: object
) -> Event:
    """The same for a subject that is no tenant's row: the organization itself, a user."""
    event = build_for(organization_id, name, subject, caller=caller, **data)
    event.save(force_insert=True)
    relay_after_commit()
    return event


def relay_after_commit() -> None:
    after_commit(tasks.relay_outbox)


def relay(*, limit: int = BATCH) -> int:
    """Hand up to `limit` waiting events to their handlers, oldest first; return how many.

    Any number of relays may run at once: each takes rows that no other has locked. All of a
    batch is one transaction; when a handler fails, the batch is repeated event by event,
    so that one bad event never holds up the rest.
    """
    try:
        with transaction.atomic():
            waiting = _take(limit)
            for row in waiting:
                _tell(row.event)
            _forget(waiting)
            return len(waiting)
    except Exception:
        log.warning("A batch of events is repeated one by one", exc_info=True)
    return sum(takewhile(bool, (_relay_one() for _ in range(limit))))


def _take(limit: int) -> list[Outbox]:
    due = Outbox.objects.filter(not_before__lte=timezone.now()).order_by("event_id")
    return list(
        due.select_for_update(skip_locked=True, of=["self"]).select_related("event")[:limit]
    )


def _forget(rows: list[Outbox]) -> None:
    if rows:
        Outbox.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _tell(event: Event) -> None:
    """Run the handlers under the id of the request in which the event happened."""
    with request_id_of(event.request_id or current_request_id()):
        for handler in _handlers[event.name]:
            handler(event)


def _relay_one() -> int:
    with transaction.atomic():
        rows = _take(1)
        for row in rows:
            try:
                with transaction.atomic():
                    _tell(row.event)
            except Exception as error:
                _try_later(row, error)
            else:
                _forget([row])
        return len(rows)


def _try_later(row: Outbox, error: Exception) -> None:
    """Keep the event for later; the row says what kind of error it met, and never its text."""
    log.error(
        "An event's handler failed",
        event_name=row.event.name,
        event_id=str(row.pk),
        exc_info=error,
    )
    row.attempts = min(row.attempts + 1, 1000)
    wait = min(FIRST_WAIT * 2 ** min(row.attempts - 1, 12), LONGEST_WAIT)
    row.not_before = timezone.now() + wait
    row.last_error = type(error).__name__
    row.save(update_fields=["attempts", "not_before", "last_error"])
