"""Whom to remind, and when: rows that follow bookings and rules, and the clock that reads them.

A confirmed booking has a row for every rule that applies to it, if its time was still to come
when that became so: who books half an hour ahead is not reminded of it a day before. What is due
becomes an event, once, and a handler makes a message of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from bookings.models import Booking
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction
from core.models import Event
from notifications.models import Reminder, ReminderRule

BATCH = 200  # reminders that are told in one transaction
BOOKINGS_AT_ONCE = 500
# From then on the customer knows the time: a reminder that was due before is of no use.
SETTLED = ("booking.confirmed", "booking.rescheduled")

# Django's own way costs five times as much per row, and a rule may have many.
SAVE = f"""
    UPDATE {Reminder._meta.db_table} AS reminder
    SET due_at = changed.due_at, status = changed.status, updated_at = %s
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS changed (id, due_at, status)
    WHERE reminder.id = changed.id
"""  # noqa: S608  (a table's name)

Status = Reminder.Status
Key = tuple[UUID, UUID, datetime]  # booking, rule, start


class _Rules:
    """An organization's active rules. A service with rules of its own has those alone."""

    def __init__(self, organization_id: UUID) -> None:
        self._of_service: defaultdict[UUID | None, list[ReminderRule]] = defaultdict(list)
        self._with_own: set[UUID] = set()
        for rule in ReminderRule.objects.filter(organization_id=organization_id):
            if rule.service_id is not None:
                self._with_own.add(rule.service_id)
            if rule.is_active:
                self._of_service[rule.service_id].append(rule)

    def for_booking(self, booking: Booking) -> list[ReminderRule]:
        if booking.status != Booking.Status.CONFIRMED:
            return []
        has_own = booking.service_id in self._with_own
        return self._of_service[booking.service_id if has_own else None]


def lay_out_reminders(booking_id: UUID) -> None:
    """Bring one booking's reminders in line with its status, its start and the rules."""
    require_transaction()
    booking = _needed().get(pk=booking_id)
    _lay_out([booking], _Rules(booking.organization_id), since=booking.settled_at)


def lay_out_reminders_ahead(
    organization_id: UUID, *, service_id: UUID | None, since: datetime
) -> None:
    """Bring the reminders of all bookings ahead in line with rules that changed at `since`.

    `service_id` limits that to one service. A thousand bookings take less than a second.
    """
    require_transaction()
    ahead = Booking.objects.filter(
        organization_id=organization_id,
        status=Booking.Status.CONFIRMED,
        starts_at__gt=timezone.now(),
    )
    if service_id is not None:
        ahead = ahead.filter(service_id=service_id)
    rules = _Rules(organization_id)
    for ids in _portions(list(ahead.order_by("pk").values_list("pk", flat=True))):
        _lay_out(list(_needed().filter(pk__in=ids).order_by("pk")), rules, since=since)


def _lay_out(bookings: Sequence[Any], rules: _Rules, *, since: datetime | None) -> None:
    """Insert, move and drop rows. Nothing is laid out that was due at `since` or earlier, or
    before the rule or the booking was as it is now.

    The rows are locked, so that none is told and dropped at once. What was dropped and applies
    again waits again; what was told for this start is not told a second time.
    """
    known = _known(bookings)
    fresh, changed = [], []
    for booking in bookings:
        for rule in rules.for_booking(booking):
            due_at = booking.starts_at - timedelta(minutes=rule.minutes_before)
            moments = (since, rule.updated_at, booking.settled_at)
            is_to_come = due_at > max(filter(None, moments))
            row = known.pop((booking.pk, rule.pk, booking.starts_at), None)
            if row is None:
                if is_to_come:
                    fresh.append(_reminder(booking, rule, due_at))
            elif row.status == Status.WAITING and row.due_at != due_at:
                row.due_at = due_at
                row.status = Status.WAITING if is_to_come else Status.DROPPED
                changed.append(row)
            elif row.status == Status.DROPPED and is_to_come:
                row.due_at, row.status = due_at, Status.WAITING
                changed.append(row)
    for row in known.values():
        if row.status == Status.WAITING:
            row.status = Status.DROPPED
            changed.append(row)
    Reminder.objects.bulk_create(fresh, ignore_conflicts=True)
    if changed:
        _save(changed)


def _save(changed: Sequence[Reminder]) -> None:
    """Write when each is due and how it stands, in one statement."""
    columns = ([row.pk for row in changed], [row.due_at for row in changed])
    statuses = [str(row.status) for row in changed]
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [timezone.now(), *columns, statuses])


def _known(bookings: Sequence[Booking]) -> dict[Key, Reminder]:
    rows = Reminder.objects.filter(booking__in=[booking.pk for booking in bookings])
    locked = rows.order_by("pk").select_for_update(no_key=True)
    return {(row.booking_id, row.rule_id, row.starts_at): row for row in locked}


def _reminder(booking: Booking, rule: ReminderRule, due_at: datetime) -> Reminder:
    return Reminder(
        organization_id=booking.organization_id,
        booking=booking,
        rule=rule,
        starts_at=booking.starts_at,
        due_at=due_at,
    )


def _needed() -> QuerySet[Any]:
    settled = Event.objects.filter(subject_id=OuterRef("pk"), name__in=SETTLED).order_by("-id")
    needed = Booking.objects.only("organization_id", "service_id", "status", "starts_at")
    return needed.annotate(settled_at=Subquery(settled.values("created_at")[:1]))


def _portions(ids: list[UUID]) -> Iterator[list[UUID]]:
    return (ids[at : at + BOOKINGS_AT_ONCE] for at in range(0, len(ids), BOOKINGS_AT_ONCE))


@in_one_transaction
def tell_due_reminders(*, now: datetime, limit: int = BATCH) -> int:
    """Record `reminder.due` for up to `limit` that are due; return how many were looked at.

    Of an appointment that has begun, moved or ended nobody is reminded: those are dropped.
    Any number of workers may do this at once: each takes rows that no other has.
    """
    due = Reminder.objects.filter(status=Status.WAITING, due_at__lte=now).order_by("due_at")
    rows = list(
        due.select_related("booking", "rule").select_for_update(skip_locked=True, of=("self",))[
            :limit
        ]
    )
    told = []
    for row in rows:
        if _is_useful(row, now):
            row.status, row.event = Status.TOLD, _due(row)
            told.append(row.event)
        else:
            row.status = Status.DROPPED
    Event.objects.bulk_create(told)
    Reminder.objects.bulk_update(rows, ["status", "event"])
    events.relay_after_commit()
    return len(rows)


def _is_useful(reminder: Reminder, now: datetime) -> bool:
    booking, rule = reminder.booking, reminder.rule
    is_as_it_was = booking.starts_at == reminder.starts_at and rule.is_active
    return booking.status == Booking.Status.CONFIRMED and is_as_it_was and now < booking.starts_at


def _due(reminder: Reminder) -> Event:
    booking = reminder.booking
    return events.build(
        "reminder.due",
        reminder,
        caller=Caller.clock(reminder.organization_id),
        booking_id=booking.pk,
        audience=reminder.rule.audience,
        starts_at=booking.starts_at,
        resource_id=booking.resource_id,
        version=booking.version,
    )
