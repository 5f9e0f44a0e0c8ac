"""The hours of one date, in place of the usual ones: open otherwise, or closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

from bookings.models import DateOverride, Resource
from bookings.services.hours import changing_hours, lock_hours
from bookings.services.schedule import wrong_with_day
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid, NotFound
from core.models import TenantQuerySet

LONGEST_NOTE = 200


@in_one_transaction
def set_date_hours(
    *,
    organization_id: UUID,
    resource: Resource | None,
    on: date,
    stretches: Sequence[tuple[time, time]],
    caller: Caller,
    note: str = "",
    even_if_bookings_fall_outside: bool = False,
) -> DateOverride:
    """Let `resource`, or everybody without hours of their own that day, work at these local hours.

    Without any it is closed. They take the place of what was said of that date before, whose
    first row stays the same row and is returned. Records date_override.updated.

    Raises Invalid (`stretches`, `note`), BookingsOutside.
    """
    if sentence := wrong_with_day(stretches):
        raise Invalid.at("stretches", sentence)
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("note", f"At most {LONGEST_NOTE} characters.")
    with changing_hours(
        organization_id, resource, even_if_bookings_fall_outside=even_if_bookings_fall_outside
    ):
        rows = _rows_of(organization_id, resource, on)
        first = rows.order_by("opens").first()
        if first is None:
            first = DateOverride(organization_id=organization_id, resource=resource, on=on)
        rows.exclude(pk=first.pk).delete()
        hours: Sequence[tuple[time | None, time | None]] = sorted(stretches) or [(None, None)]
        (first.opens, first.closes), *others = hours
        first.note = note
        first.save()
        DateOverride.objects.bulk_create(
            DateOverride(
                organization_id=organization_id,
                resource=resource,
                on=on,
                opens=opens,
                closes=closes,
                note=note,
            )
            for opens, closes in others
        )
        _record("updated", first, caller)
    return first


@in_one_transaction
def change_date_hours(
    override: DateOverride,
    changes: Mapping[str, Any],
    *,
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> DateOverride:
    """Replace the `stretches` or the `note` of a date; what `changes` does not name stays.

    What is the same already is no change. Raises as set_date_hours does, and NotFound when
    somebody else removed it.
    """
    lock_hours(override.organization_id, override.resource)
    rows = list(_rows_of(override.organization_id, override.resource, override.on))
    if override.pk not in {row.pk for row in rows}:
        raise NotFound
    stays: dict[str, Any] = {
        "stretches": sorted(
            (row.opens, row.closes)
            for row in rows
            if row.opens is not None and row.closes is not None
        ),
        "note": rows[0].note,
    }
    wanted = {**stays, **changes}
    wanted["stretches"] = sorted(wanted["stretches"])
    if wanted == stays:
        return override
    return set_date_hours(
        organization_id=override.organization_id,
        resource=override.resource,
        on=override.on,
        **wanted,
        caller=caller,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    )


@in_one_transaction
def remove_date_hours(
    override: DateOverride, *, caller: Caller, even_if_bookings_fall_outside: bool = False
) -> None:
    """Let the usual hours count again on that date. Records date_override.removed.

    Raises NotFound when somebody else removed it, BookingsOutside.
    """
    with changing_hours(
        override.organization_id,
        override.resource,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    ):
        rows = _rows_of(override.organization_id, override.resource, override.on)
        if not rows.filter(pk=override.pk).exists():
            raise NotFound
        _record("removed", override, caller)
        rows.delete()


def _rows_of(
    organization_id: UUID, resource: Resource | None, on: date
) -> TenantQuerySet[DateOverride]:
    rows = DateOverride.objects.for_organization(organization_id)
    return rows.filter(resource=resource, on=on)


def _record(what: str, override: DateOverride, caller: Caller) -> None:
    events.record(
        f"date_override.{what}",
        override,
        caller=caller,
        resource_id=override.resource_id,
        on=override.on.isoformat(),
    )
