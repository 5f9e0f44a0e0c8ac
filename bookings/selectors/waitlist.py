"""Who waits for what: the line, the link of each place in it, and who may use freed time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet

from bookings.models import WaitlistEntry
from core.db import rows
from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token

PURPOSE = "waitlist"
Status = WaitlistEntry.Status

# Begins with the few services of a resource, and asks the line of each: nothing where nobody
# waits. What each would need comes along, so that whoever offers knows what has to be locked.
CANDIDATES = """
    SELECT entry.id, entry.service_id, entry.resource_id, entry.customer_id, entry.minutes,
           entry.from_at, entry.to_at, entry.offers,
           ARRAY(
               SELECT resource_id FROM bookings_serviceresource
               WHERE service_id = entry.service_id
           )
    FROM bookings_waitlistentry AS entry
    WHERE entry.status = 'WAITING' AND entry.group_session_id IS NULL
      AND entry.to_at > %(now)s
"""
FOR_FREED = """
    AND entry.service_id IN (
        SELECT service_id FROM bookings_serviceresource WHERE resource_id = ANY(%(freed)s)
    )
    AND entry.to_at > %(first)s AND entry.from_at < %(last)s
"""
FOR_SERVICE = " AND entry.service_id = %(service)s"
IN_LINE = " ORDER BY entry.id"
# "Offered at" of every offer that an entry ever had: no time is offered twice to one person.
OFFERED_BEFORE = """
    SELECT subject_id, (data->>'starts_at')::timestamptz FROM core_event
    WHERE subject_id = ANY(%s) AND name = 'waitlist.offered'
"""


@dataclass(frozen=True)
class Candidate:
    """Somebody waiting, with the resources that their service could be done by."""

    id: UUID
    service_id: UUID
    resource_id: UUID | None
    customer_id: UUID
    minutes: int
    from_at: datetime
    to_at: datetime
    offers: int
    resources: list[UUID]


def waiting_for(
    freed: Collection[UUID], *, now: datetime, first: datetime, last: datetime
) -> list[Candidate]:
    """Return who waits for what `freed` resources do in this stretch, in line. One query."""
    parameters = {"freed": list(freed), "now": now, "first": first, "last": last}
    return [Candidate(*row) for row in rows(CANDIDATES + FOR_FREED + IN_LINE, parameters)]


def waiting(*, now: datetime, service_id: UUID | None = None) -> list[Candidate]:
    """Return everybody who waits, for one service or for any, in line. One query."""
    one_service = FOR_SERVICE if service_id else ""
    parameters = {"now": now, "service": service_id}
    return [Candidate(*row) for row in rows(CANDIDATES + one_service + IN_LINE, parameters)]


def offered_before(entry_ids: Collection[UUID]) -> set[tuple[UUID, datetime]]:
    """Return which starts were offered to these entries already. One query."""
    return {(entry, start) for entry, start in rows(OFFERED_BEFORE, [list(entry_ids)])}


def filtered(entries: QuerySet[WaitlistEntry], query: Mapping[str, Any]) -> QuerySet[WaitlistEntry]:
    """Return the entries that a validated query asks for."""
    for column in ("status", "service_id", "group_session_id"):
        if column in query:
            entries = entries.filter(**{column: getattr(query[column], "pk", query[column])})
    return entries


def positions_of(entries: Collection[WaitlistEntry | Mapping[str, Any]]) -> dict[UUID, int]:
    """Return the place in line, from 1, of those of `entries` that wait. One query.

    A group session has a line of its own; all who want a time of a service stand in one.
    """
    wanted = {_of(entry, "id") for entry in entries if _of(entry, "status") == Status.WAITING}
    services = {_of(entry, "service_id") for entry in entries if _of(entry, "id") in wanted}
    if not wanted:
        return {}
    line = WaitlistEntry.objects.filter(
        status=Status.WAITING, service_id__in=services, id__lte=max(wanted)
    )
    places: dict[UUID, int] = {}
    ahead: Counter[UUID] = Counter()
    for entry_id, *line_of in line.order_by("id").values_list("id", "group_session", "service"):
        whose = next(filter(None, line_of))
        ahead[whose] += 1
        if entry_id in wanted:
            places[entry_id] = ahead[whose]
    return places


def numbers_waiting(organization_id: UUID) -> dict[str, int]:
    """Count an organization's open entries by status. One query."""
    open_rows = WaitlistEntry.objects.for_organization(organization_id).filter(
        status__in=WaitlistEntry.OPEN
    )
    return dict(open_rows.order_by().values_list("status").annotate(number=Count("pk")))


def waitlist_token(entry: WaitlistEntry) -> str:
    """Return the token of the entry's link, as whoever writes a message writes it again."""
    return make_link_token(PURPOSE, entry.pk, entry.offers)


def waitlist_url(entry: WaitlistEntry) -> str:
    return f"{settings.PUBLIC_BASE_URL}/waitlist/{waitlist_token(entry)}"


def generation_of(token: str, entry: WaitlistEntry) -> int | None:
    """Return the number of the offer that `token` was made for, 0 before the first; None: for
    something else.
    """
    for generation in range(entry.offers, -1, -1):
        try:
            check_link_token(token, purpose=PURPOSE, row_id=entry.pk, generation=generation)
        except NotFound:
            continue
        return generation
    return None


def entry_opened_by(token: str) -> WaitlistEntry:
    """Return the entry that `token` opens, with all that its page says. One query.

    Every link that was ever sent opens it, so that one can leave by the first; only the link of
    the latest offer accepts or declines that. Raises NotFound for a token that is none, belongs
    elsewhere, or whose organization is closed.
    """
    related = ("organization", "service__organization", "resource", "hold__resource", "booking")
    found = WaitlistEntry.objects.select_related(*related, "group_session")
    entry = found.filter(pk=read_link_token(token), organization__is_active=True).first()
    if entry is None or generation_of(token, entry) is None:
        raise NotFound
    return entry


def _of(entry: WaitlistEntry | Mapping[str, Any], name: str) -> Any:
    return entry[name] if isinstance(entry, Mapping) else getattr(entry, name)
