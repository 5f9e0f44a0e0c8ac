"""Weekly group sessions: what is laid out every week. Laying it out: `laying_out`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from bookings.errors import TaNotOnCourse, TemplateOverlaps
from bookings.models import (
    Allocation,
    GroupSessionTemplate,
    Resource,
    Service,
    ServiceResource,
)
from bookings.services.group_session import wrong_with_places
from bookings.services.laying_out import Laid, lay_out
from bookings.services.locking import lock_resources
from bookings.services.template_following import Followed, follow_template
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction
from core.errors import Invalid, NotFound
from core.ids import uuid7

MOST_WEEKS_AHEAD = 52


@dataclass(frozen=True, kw_only=True)
class TemplateDetails:
    """What takes place every week; see GroupSessionTemplate. Times are local ones of the TA."""

    service: Service
    resource: Resource
    weekday: int
    starts_at_time: time
    ends_at_time: time
    capacity: int
    price_amount: Decimal
    valid_from_on: date | None = None
    valid_to_on: date | None = None
    weeks_ahead: int = 8
    is_active: bool = True


COLUMNS = [column.name for column in fields(TemplateDetails)]


@dataclass(frozen=True)
class Updated:
    """A template as it is now, what became of its sessions ahead, and what was laid out anew."""

    template: GroupSessionTemplate
    followed: Followed
    laid: Laid


def create_template(
    details: TemplateDetails, *, caller: Caller, template_id: UUID | None = None
) -> GroupSessionTemplate:
    """Let a session take place every week, and lay out those of its weeks ahead.

    `template_id` is chosen before the first attempt. Records session_template.created.

    Raises Invalid (`courseId`, `startTime`, `endTime`, `weekday`, `capacity`, `price`,
    `validTo`, `weeksAhead`), TaNotOnCourse, TemplateOverlaps (with `templateId`).
    """
    template = _create(details, caller, template_id or uuid7())
    lay_out(template)
    return template


def update_template(
    template: GroupSessionTemplate, changes: Mapping[str, Any], *, caller: Caller
) -> Updated:
    """Change the columns that `changes` names, but for the course; the rest stays.

    Sessions ahead in which nobody has a place follow what changed, and are called off where their
    date is no longer one of the template's. Those with somebody in them stay as they are, and so
    do those whose new time cannot be had. Then what is missing is laid out. What is the same
    already is no change. Records session_template.updated.

    Raises as create_template does, and NotFound.
    """
    fresh, followed = _update(template, changes, caller)
    return Updated(fresh, followed, lay_out(fresh))


@in_one_transaction
def _create(details: TemplateDetails, caller: Caller, template_id: UUID) -> GroupSessionTemplate:
    service = details.service
    template = GroupSessionTemplate(pk=template_id, organization_id=service.organization_id)
    _fill(template, {name: getattr(details, name) for name in COLUMNS})
    lock_resources([details.resource.pk])
    _check_ta(template)
    if template.is_active:
        _check_alone(template)
    template.save(force_insert=True)
    events.record(
        "session_template.created",
        template,
        caller=caller,
        service_id=template.service_id,
        resource_id=template.resource_id,
        weekday=template.weekday,
    )
    return template


@in_one_transaction
def _update(
    template: GroupSessionTemplate, changes: Mapping[str, Any], caller: Caller
) -> tuple[GroupSessionTemplate, Followed]:
    locked = _lock_everybody(template, changes.get("resource"))
    rows = GroupSessionTemplate.objects.select_related("service__organization", "resource")
    fresh = rows.select_for_update(of=["self"], no_key=True).filter(pk=template.pk).first()
    if fresh is None:
        raise NotFound
    if fresh.resource_id not in locked:
        template.resource_id = fresh.resource_id
        raise ChangedMeanwhile
    was = {name: getattr(fresh, name) for name in (*COLUMNS, "timezone")}
    _fill(fresh, {**was, **changes, "service": fresh.service})
    changed = {name for name, value in was.items() if getattr(fresh, name) != value}
    if not changed:
        return fresh, Followed()
    if "resource" in changed:
        _check_ta(fresh)
    if fresh.is_active:
        _check_alone(fresh)
    fresh.save(update_fields=[*changed, "updated_at"])
    events.record("session_template.updated", fresh, caller=caller, fields=sorted(changed))
    return fresh, follow_template(fresh, changed, weekday=was["weekday"], caller=caller)


def _lock_everybody(template: GroupSessionTemplate, new: Resource | None) -> set[UUID]:
    """Lock, in one statement, whoever a session of it could keep busy, before or after."""
    others = ServiceResource.objects.filter(service=template.service_id)
    kept = Allocation.objects.filter(group_session__template=template, released_at=None)
    ids = {template.resource_id, *others.values_list("resource_id", flat=True)}
    ids.update(kept.values_list("lane__resource_id", flat=True))
    if new is not None:
        ids.add(new.pk)
    lock_resources(ids, freeing=ids)
    return ids


def _check_ta(template: GroupSessionTemplate) -> None:
    offers = ServiceResource.objects.filter(
        service=template.service_id,
        resource=template.resource_id,
        resource__organization=template.organization_id,
        resource__is_active=True,
    )
    if not offers.exists():
        raise TaNotOnCourse


def _check_alone(template: GroupSessionTemplate) -> None:
    """Raise TemplateOverlaps when its locked resource has another one at that time."""
    others = GroupSessionTemplate.objects.filter(
        resource=template.resource_id,
        weekday=template.weekday,
        is_active=True,
        starts_at_time__lt=template.ends_at_time,
        ends_at_time__gt=template.starts_at_time,
    ).exclude(pk=template.pk)
    if template.valid_to_on is not None:
        others = others.filter(Q(valid_from_on=None) | Q(valid_from_on__lte=template.valid_to_on))
    if template.valid_from_on is not None:
        others = others.filter(Q(valid_to_on=None) | Q(valid_to_on__gte=template.valid_from_on))
    if other := others.values_list("pk", flat=True).first():
        raise TemplateOverlaps(templateId=other)


def _fill(template: GroupSessionTemplate, columns: Mapping[str, Any]) -> None:
    """Write columns into a row, whose times are those of its resource's zone. Raises Invalid."""
    for name, value in columns.items():
        setattr(template, name, value)
    template.timezone = template.resource.timezone
    wrong = wrong_with_places(template.capacity, template.price_amount)
    if not template.service.is_course:
        wrong["courseId"] = ["This service is no course."]
    if template.weekday not in GroupSessionTemplate.Weekday.values:
        wrong["weekday"] = ["A weekday is 0 (Monday) to 6 (Sunday)."]
    if template.ends_at_time <= template.starts_at_time:
        wrong["endTime"] = ["A session must end after it starts, on the same day."]
    for path, clock in (("startTime", template.starts_at_time), ("endTime", template.ends_at_time)):
        if clock.second or clock.microsecond:
            wrong[path] = ["A session takes whole minutes."]
    first, last = template.valid_from_on, template.valid_to_on
    if first is not None and last is not None and last < first:
        wrong["validTo"] = ["The last day cannot be before the first."]
    if not 1 <= template.weeks_ahead <= MOST_WEEKS_AHEAD:
        wrong["weeksAhead"] = [f"Between 1 and {MOST_WEEKS_AHEAD}."]
    if wrong:
        raise Invalid(fields=wrong)
