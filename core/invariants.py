"""What must be so, asked of the rows themselves.

Constraints and triggers refuse what must not be. This looks whether it is there all the same:
after a restore, a statement written by hand, a mistake of ours. Each app registers its own
checks when it is loaded, because core knows none of their words; `core.services.checkup` asks
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.access import Caller

# The clock comes round within seconds to a minute; what it has not done after this, it does not do.
LATE = timedelta(minutes=10)
MOST_FINDINGS = 200  # of one check: more would say nothing new
SUBJECT, ID, ORGANIZATION = "subject", "id", "organization_id"


class Repair(Protocol):
    def __call__(self, pk: UUID, /, *, caller: Caller) -> bool: ...


@dataclass(frozen=True)
class Finding:
    """A row of which a check's promise is not true. `numbers` are what its sentence names."""

    check: str
    subject: str
    id: UUID | None
    organization_id: UUID | None
    says: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must be so of every row.

    promise: what is so when all is well, a sentence.
    says:    what is so of a row that breaks it, with the numbers that `sql` gives by name.
    sql:     one statement that returns such rows: `subject` ("bookings.booking"), `id`,
             `organization_id`, and numbers; never a name. It may use %(now)s and %(late)s (ten
             minutes ago), and reads a table once, or by an index.
    repair:  mends one row, where what is right can be worked out without a doubt; returns whether
             it did. Takes the locks that a service takes, and records an event. None where a
             person has to look.
    """

    name: str
    promise: Promise
    says: Promise
    sql: str
    repair: Repair | None = None

    def sentence(self, numbers: Mapping[str, Any]) -> str:
        """Return `says` in the active language."""
        return str(self.says) % numbers

    def find(
        self, *, now: datetime, organization_id: UUID | None = None, seconds: float | None = None
    ) -> list[Finding]:
        """Return what breaks the promise, at most 200; of one organization, or of all.

        In a transaction that cannot write. `seconds` is for how long PostgreSQL may look; None is
        what every other statement has.
        """
        only = f"WHERE {ORGANIZATION} = %(organization)s" if organization_id else ""
        statement = f"SELECT * FROM ({self.sql}) AS found {only} ORDER BY {ID} LIMIT %(most)s"  # noqa: S608
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            if seconds is not None:
                cursor.execute("SET LOCAL statement_timeout = %s", [round(seconds * 1000)])
            cursor.execute(
                statement,
                {
                    "now": now,
                    "late": now - LATE,
                    "organization": organization_id,
                    "most": MOST_FINDINGS,
                },
            )
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [self._finding(row) for row in rows]

    def _finding(self, row: dict[str, Any]) -> Finding:
        subject, pk, organization_id = row.pop(SUBJECT), row.pop(ID), row.pop(ORGANIZATION)
        return Finding(self.name, subject, pk, organization_id, self.sentence(row), row)


def standing_walls(of: str, promise: Promise, *names: str) -> Check:
    """Return the check whether the constraints, unique indexes and triggers with these names are
    there and work: a restore, or somebody in a hurry, may have switched them off.
    """
    listed = ", ".join(f"'{name}'" for name in names)
    return Check(
        name=f"walls_of_{of}_stand",
        promise=promise,
        says=_("%(wall)s is missing in the database, or switched off."),
        sql=f"""
            SELECT '' AS subject, NULL::uuid AS id, NULL::uuid AS organization_id, wall
            FROM unnest(ARRAY[{listed}]) AS wall
            WHERE NOT EXISTS (
                SELECT FROM pg_constraint
                WHERE conname = wall AND convalidated AND contype <> 't')
              AND NOT EXISTS (
                SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE relname = wall AND indisunique AND indisvalid)
              AND NOT EXISTS (
                SELECT FROM pg_trigger WHERE tgname = wall AND tgenabled IN ('O', 'A'))
        """,  # noqa: S608  (names of ours)
    )


class Invariants:
    """The checks by name, in the order in which the apps registered them."""

    def __init__(self) -> None:
        self.known: dict[str, Check] = {}

    def register(self, *checks: Check) -> None:
        for check in checks:
            self.known[check.name] = check


invariants = Invariants()
invariants.register(
    standing_walls(
        "core",
        _("The database itself still refuses to change an event, and lets none go untold."),
        "event_is_append_only",
        "seal_is_append_only",
        "event_enters_outbox",
    ),
    Check(
        name="events_are_told",
        promise=_("Every event is told to its handlers within ten minutes."),
        says=_("It has waited for %(minutes)s minutes, after %(attempts)s attempts."),
        sql="""
            SELECT 'core.event' AS subject, event.id, event.organization_id,
                   extract(epoch FROM %(now)s - outbox.created_at)::bigint / 60 AS minutes,
                   outbox.attempts
            FROM core_outbox AS outbox JOIN core_event AS event ON event.id = outbox.event_id
            WHERE outbox.created_at < %(late)s
        """,
    ),
    Check(
        name="events_are_sealed",
        promise=_("Every event is sealed in the audit trail within an hour."),
        says=_("It was written %(minutes)s minutes ago and has no seal."),
        sql="""
            SELECT 'core.event' AS subject, event.id, event.organization_id,
                   extract(epoch FROM %(now)s - event.created_at)::bigint / 60 AS minutes
            FROM core_event AS event LEFT JOIN core_seal AS seal ON seal.event_id = event.id
            WHERE seal.id IS NULL AND event.created_at < %(now)s - interval '1 hour'
        """,
    ),
    Check(
        name="sealed_events_are_there",
        promise=_("No event that was sealed is gone, and no seal."),
        says=_("It is number %(number)s behind number %(before)s: an event, or a seal, is gone."),
        sql="""
            SELECT 'core.seal' AS subject, seal.id, seal.organization_id, seal.number, seal.before
            FROM (
                SELECT id, organization_id, event_id, number, lag(number, 1, 0::bigint) OVER (
                    PARTITION BY organization_id ORDER BY number
                ) AS before
                FROM core_seal
            ) AS seal
            LEFT JOIN core_event AS event ON event.id = seal.event_id
            WHERE seal.number <> seal.before + 1 OR event.id IS NULL
        """,
    ),
)
