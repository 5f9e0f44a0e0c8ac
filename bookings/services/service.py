"""What can be booked, by which rules, and who does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError

from bookings.models import Requirement, Resource, ResourceType, Service, ServiceResource
from bookings.models.rules import RULES
from bookings.selectors.defaults import booking_defaults_of
from bookings.services.exam_period import Period, set_exam_periods
from bookings.services.naming import check_words, slug_of, words_are_free
from bookings.services.questions import QuestionDetails, set_questions
from core import events
from core.access import Caller
from core.db import in_one_transaction, require_transaction
from core.errors import Invalid, NotFound
from core.models import Organization
from core.text import camel_case

MOST_DURATIONS = 30

# Where a column stands on the wire, if not under its own name.
PATHS = {
    "price_amount": "price.amount",
    "location": "location.text",
    "location_kind": "location.kind",
    "cancel_notice_minutes": "policy.cancelNoticeMinutes",
    "reschedule_notice_minutes": "policy.rescheduleNoticeMinutes",
    "most_reschedules": "policy.mostReschedules",
    "late_fee_amount": "policy.lateFee.amount",
    "limit_per_day": "limits.perDay",
    "limit_per_week": "limits.perWeek",
    "limit_per_month": "limits.perMonth",
    "customer_limit_per_day": "limits.customerPerDay",
    "customer_limit_per_week": "limits.customerPerWeek",
    "customer_limit_per_month": "limits.customerPerMonth",
    "is_active": "active",
}


@dataclass(frozen=True, kw_only=True)
class Share:
    """One resource that does the service: who goes first, and how large their share is."""

    resource: Resource
    priority: int = 0
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class Need:
    """So many resources of a type at once."""

    type: ResourceType
    quantity: int = 1


@dataclass(frozen=True, kw_only=True)
class ServiceChanges:
    """What should be different: columns of Service by name, and lists that replace what there
    is. A list of None stays as it is.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    shares: Sequence[Share] | None = None
    needs: Sequence[Need] | None = None
    questions: Sequence[QuestionDetails] | None = None
    exam_periods: Sequence[Period] | None = None


@in_one_transaction
def create_service(
    *, organization: Organization, changes: ServiceChanges, caller: Caller
) -> Service:
    """Offer something new, by the organization's defaults where nothing else is said. Without a
    slug it is made from the name, as far as that can be.

    Records service.created. Raises Invalid, SlugTaken, CodeTaken.
    """
    usual = booking_defaults_of(organization.pk)
    rules = {name: getattr(usual, name) for name in RULES}
    service = Service(organization=organization, **rules)
    columns = dict(changes.columns)
    columns["slug"] = columns.get("slug") or slug_of(columns.get("name", ""))
    _set_columns(service, columns)
    with words_are_free():
        service.save(force_insert=True)
    _set_lists(service, changes)
    events.record("service.created", service, caller=caller)
    return service


@in_one_transaction
def update_service(service: Service, changes: ServiceChanges, *, caller: Caller) -> Service:
    """Change what a service says, from the next booking on; bookings stay as they were made.

    Records service.updated with the names of what changed. Raises Invalid, SlugTaken, CodeTaken,
    NotFound; CourseInUse when a course that sells something would no longer be one.
    """
    locked = Service.objects.select_for_update(of=["self"], no_key=True)
    fresh = locked.select_related("organization").filter(pk=service.pk).first()
    if fresh is None:
        raise NotFound
    changed = _set_columns(fresh, changes.columns)
    if changed:
        with words_are_free():
            fresh.save(update_fields=[*changed, "updated_at"])
    changed += _set_lists(fresh, changes)
    if changed:
        events.record("service.updated", fresh, caller=caller, fields=sorted(changed))
    return fresh


def give_up_default(service: Service) -> None:
    """There is one usual service: what was it before gives it up to `service`."""
    require_transaction()
    # One at a time: who became the usual one meanwhile could not be seen.
    Organization.objects.select_for_update(no_key=True).get(pk=service.organization_id)
    others = Service.objects.filter(organization=service.organization_id, is_default=True)
    others.exclude(pk=service.pk).update(is_default=False)


def set_shares(service: Service, shares: Sequence[Share]) -> bool:
    """Let exactly these resources do `service`; return whether that is a change."""
    require_transaction()
    wanted = {share.resource.pk: share for share in shares}
    if len(wanted) < len(shares):
        raise Invalid.at("resources", "Name each resource once.")
    rows = {row.resource_id: row for row in ServiceResource.objects.filter(service=service)}
    going = [row.pk for key, row in rows.items() if key not in wanted]
    ServiceResource.objects.filter(pk__in=going).delete()
    changed = bool(going)
    for key, share in wanted.items():
        row = rows.get(key)
        if row is not None and (row.priority, row.weight) == (share.priority, share.weight):
            continue
        row = row or ServiceResource(service=service, resource=share.resource)
        row.priority, row.weight = share.priority, share.weight
        row.save()
        changed = True
    return changed


def set_needs(service: Service, needs: Sequence[Need]) -> bool:
    """Let `service` take exactly these at once, the first being who it is with.

    Returns whether that is a change.
    """
    require_transaction()
    wanted = [(need.type.pk, need.quantity) for need in needs]
    if len({key for key, _ in wanted}) < len(wanted):
        raise Invalid.at("requirements", "Name each type once.")
    rows = Requirement.objects.filter(service=service)
    if wanted == list(rows.values_list("type_id", "quantity")):
        return False
    rows.delete()
    Requirement.objects.bulk_create(
        Requirement(service=service, type=need.type, quantity=need.quantity, position=position)
        for position, need in enumerate(needs)
    )
    return True


def wrong_with_needs(needs: Sequence[Need], shares: Sequence[Share]) -> dict[int, str]:
    """Return which needs those who do the service can never meet, by number, and why."""
    there = Counter(share.resource.type_id for share in shares if share.resource.is_active)
    wrong = {}
    for number, need in enumerate(needs):
        if not there[need.type.pk]:
            wrong[number] = "None of this service's resources is of this type."
        elif there[need.type.pk] < need.quantity:
            wrong[number] = "This service has fewer resources of this type."
    return wrong


def wrong_with_durations(durations: Sequence[int]) -> str:
    """Return why nothing can take so many minutes; empty when it can."""
    if any(one >= other for one, other in pairwise(durations)):
        return "Give them in ascending order, each once."
    if len(durations) > MOST_DURATIONS:
        return f"Offer {MOST_DURATIONS} durations at most."
    return ""


def _set_columns(service: Service, columns: Mapping[str, Any]) -> list[str]:
    """Set and check columns; return the names of those that changed. Does not save."""
    changed = [name for name, value in columns.items() if getattr(service, name) != value]
    for name in changed:
        setattr(service, name, columns[name])
    wrong: dict[str, list[str]] = {}
    try:
        service.clean_fields(exclude=["organization"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            wrong[PATHS.get(name, camel_case(name))] = messages
    if sentence := wrong_with_durations(service.durations):
        wrong.setdefault("durations", [sentence])
    if service.code != service.code.strip():
        wrong["code"] = ["Leave out the spaces around it."]
    if wrong:
        raise Invalid(fields=wrong)
    check_words(service, changed)
    if "is_default" in changed and service.is_default:
        give_up_default(service)
    return changed


def _set_lists(service: Service, changes: ServiceChanges) -> list[str]:
    """Replace what is named in `changes`; return the names of what changed."""
    changed = []
    if changes.shares is not None and set_shares(service, changes.shares):
        changed.append("resources")
    if changes.needs is not None and set_needs(service, changes.needs):
        changed.append("requirements")
    if changes.shares is not None or changes.needs is not None:
        _check_needs(service)
    if changes.questions is not None and set_questions(service, changes.questions):
        changed.append("questions")
    if changes.exam_periods is not None and set_exam_periods(service, changes.exam_periods):
        changed.append("exam_periods")
    return changed


def _check_needs(service: Service) -> None:
    """Raise Invalid for a service that asks for what nobody who does it can give."""
    needs = [
        Need(type=row.type, quantity=row.quantity)
        for row in Requirement.objects.filter(service=service).select_related("type")
    ]
    offers = ServiceResource.objects.filter(service=service).select_related("resource")
    wrong = wrong_with_needs(needs, [Share(resource=offer.resource) for offer in offers])
    if wrong:
        raise Invalid(fields={f"requirements.{n}": [why] for n, why in wrong.items()})
