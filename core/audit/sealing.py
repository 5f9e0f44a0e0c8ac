"""The job that seals: it comes round after the events are written, so that no writer waits.

Which event is a link is no question of time: whatever has no seal yet gets the next one. So an
event whose transaction commits after that of a later one is sealed after it, and none is passed
over. How far back a round looks (`LOOKS_BACK`) only saves it from reading the whole trail; a
round at night looks back to the beginning.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from core.audit.chain import BEGINNING, head_of, link
from core.db import rows
from core.models import Event, Seal

BATCH = 1_000  # events of one transaction
LOOKS_BACK = timedelta(hours=1)  # longer than any request or task may take
NEWEST = 20  # events of an organization that tell whether it has any without a seal
LOCK_CLASS = 0x5EA1  # of PostgreSQL's advisory locks: the first half of ours

log = structlog.get_logger(__name__)


def seal_events() -> int:
    """Seal what was written since the last round, in every organization; return how many.

    Any number of these may run at once: each organization is sealed by one, passed by others.
    """
    return sum(seal_organization(pk, looks_back=LOOKS_BACK) for pk in _with_new_events())


def seal_all_events() -> int:
    """Seal every event that has no seal, however old, and log where each chain ends.

    What is in the log cannot be taken out of the database together with the end of a chain.
    """
    sealed = 0
    for (pk,) in rows("SELECT id FROM core_organization ORDER BY id"):
        sealed += seal_organization(pk)
        if last := Seal.objects.filter(organization=pk).order_by("-number").first():
            head = head_of(last.number, bytes(last.digest))
            log.info("Where the audit trail ends", organization_id=str(pk), head=head)
    return sealed


def seal_organization(organization_id: UUID, *, looks_back: timedelta | None = None) -> int:
    """Seal an organization's events, batch by batch; return how many.

    `looks_back` is from the event that was sealed last; None looks at all.
    """
    sealed = 0
    while True:
        batch = _seal_batch(organization_id, looks_back)
        sealed += batch
        if batch < BATCH:
            return sealed


@transaction.atomic
def _seal_batch(organization_id: UUID, looks_back: timedelta | None) -> int:
    if not _is_mine_to_seal(organization_id):
        return 0
    # Read after the lock was got: whoever had it before has committed.
    theirs = Seal.objects.filter(organization=organization_id)
    last = theirs.select_related("event").order_by("-number").first()
    number, digest = (last.number, bytes(last.digest)) if last else (0, BEGINNING)
    since = last.event.created_at - looks_back if last and looks_back else None
    new = []
    for event in _without_seal(organization_id, since):
        number, digest = number + 1, link(digest, event)
        new.append(Seal(organization_id=organization_id, number=number, event=event, digest=digest))
    Seal.objects.bulk_create(new)
    return len(new)


def _without_seal(organization_id: UUID, since: datetime | None) -> list[Event]:
    events = Event.objects.for_organization(organization_id)
    if since is not None:
        events = events.filter(created_at__gt=since)
    has_seal = Exists(Seal.objects.filter(event=OuterRef("pk")))
    return list(events.filter(~has_seal).order_by("created_at", "id")[:BATCH])


def _is_mine_to_seal(organization_id: UUID) -> bool:
    """Take an organization's chain until the end of the transaction, if nobody else has it."""
    second = int.from_bytes(organization_id.bytes[-4:], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, second])
        return bool(cursor.fetchone()[0])


def _with_new_events() -> list[UUID]:
    """Return the organizations of which one of the newest events has no seal."""
    found = rows(
        """
        SELECT organization.id FROM core_organization AS organization
        WHERE EXISTS (
            SELECT FROM (
                SELECT event.id FROM core_event AS event
                WHERE event.organization_id = organization.id
                ORDER BY event.created_at DESC, event.id DESC LIMIT %s
            ) AS newest
            WHERE NOT EXISTS (SELECT FROM core_seal AS seal WHERE seal.event_id = newest.id)
        )
        """,
        [NEWEST],
    )
    return [pk for (pk,) in found]
