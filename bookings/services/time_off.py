"""When somebody, or everybody, is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from typing import Any
from uuid import UUID

from bookings.availability.closures import TimeOffSpec, last_day_of
from bookings.availability.recurrence import parse_rule
from bookings.models import Resource, TimeOff
from bookings.services.hours import changing_hours
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid, NotFound

LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Absence:
    """What time off is to be; the times are local, see TimeOff."""

    kind: TimeOff.Kind
    starts_on: date
    ends_on: date
    starts_at_time: time | None = None
    ends_at_time: time | None = None
    recurrence: str = ""
    reason: str = ""


COLUMNS = [column.name for column in fields(Absence)]


@in_one_transaction
def add_time_off(
    absence: Absence,
    *,
    organization_id: UUID,
    resource: Resource | None,
    timezone: str,
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> TimeOff:
    """Let `resource`, or everybody in the organization, be away.

    `timezone` is whose clock an UNTIL in UTC is read on. Records time_off.added, without the
    reason. Raises Invalid (`endsOn`, `recurrence`, `reason`), BookingsOutside.
    """
    time_off = TimeOff(organization_id=organization_id, resource=resource)
    _fill(time_off, absence, timezone)
    with changing_hours(
        organization_id, resource, even_if_bookings_fall_outside=even_if_bookings_fall_outside
    ):
        time_off.save(force_insert=True)
        _record("added", time_off, caller)
    return time_off


@in_one_transaction
def change_time_off(
    time_off: TimeOff,
    changes: Mapping[str, Any],
    *,
    timezone: str,
    caller: Caller,
    even_if_bookings_fall_outside: bool = False,
) -> TimeOff:
    """Replace the columns that `changes` names; the rest stays. Records time_off.updated.

    What is the same already is no change. Raises as add_time_off does, and NotFound when
    somebody else removed it.
    """
    with changing_hours(
        time_off.organization_id,
        time_off.resource,
        even_if_bookings_fall_outside=even_if_bookings_fall_outside,
    ):
        changed = _locked(time_off)
        stays = {name: getattr(changed, name) for name in COLUMNS}
        _fill(changed, Absence(**{**stays, **changes}), timezone)
        if any(getattr(changed, name) != value for name, value in stays.items()):
            changed.save()
            _record("updated", changed, caller)
    return changed


@in_one_transaction
def remove_time_off(time_off: TimeOff, *, caller: Caller) -> None:
    """Let them be there after all; the row goes. Records time_off.removed. Raises NotFound."""
    with changing_hours(
        time_off.organization_id, time_off.resource, even_if_bookings_fall_outside=True
    ):
        removed = _locked(time_off)
        _record("removed", removed, caller)
        removed.delete()


def _locked(time_off: TimeOff) -> TimeOff:
    """Return the row as it is under the lock of its resources."""
    found = TimeOff.objects.select_for_update(no_key=True).filter(pk=time_off.pk).first()
    if found is None:
        raise NotFound
    return found


def _fill(time_off: TimeOff, absence: Absence, timezone: str) -> None:
    """Write `absence` into a row. Raises Invalid."""
    starts, ends = absence.starts_at_time, absence.ends_at_time
    is_backward = absence.ends_on < absence.starts_on
    if absence.ends_on == absence.starts_on and starts is not None and ends is not None:
        is_backward = ends <= starts
    elif absence.ends_on == absence.starts_on and ends == time(0):
        is_backward = True
    if is_backward:
        raise Invalid.at("endsOn", "Time off must end after it starts.")
    if len(absence.reason) > LONGEST_REASON:
        raise Invalid.at("reason", f"At most {LONGEST_REASON} characters.")
    try:
        rule = parse_rule(absence.recurrence, zone=timezone).text if absence.recurrence else ""
        spec = TimeOffSpec(absence.starts_on, starts, absence.ends_on, ends, rule)
        time_off.last_on = last_day_of(spec)
    except ValueError as error:
        raise Invalid.at("recurrence", str(error)) from error
    time_off.kind = absence.kind
    time_off.starts_on, time_off.starts_at_time = absence.starts_on, starts
    time_off.ends_on, time_off.ends_at_time = absence.ends_on, ends
    time_off.recurrence, time_off.reason = rule, absence.reason


def _record(what: str, time_off: TimeOff, caller: Caller) -> None:
    events.record(
        f"time_off.{what}",
        time_off,
        caller=caller,
        resource_id=time_off.resource_id,
        starts_on=time_off.starts_on.isoformat(),
        last_on=time_off.last_on.isoformat(),
    )
