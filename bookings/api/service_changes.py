"""From a checked body to what the service layer is told to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bookings.models import Resource, ResourceType
from bookings.models.rules import PLAIN_RULES
from bookings.services.exam_period import Period
from bookings.services.questions import QuestionDetails
from bookings.services.service import Need, ServiceChanges, Share
from core.errors import Invalid, NotFound
from core.models import Organization

PLAIN = (
    "name",
    "slug",
    "code",
    "description",
    *PLAIN_RULES,
    "assignment",
    "fairness_days",
    "is_default",
)


def changes_in(data: Mapping[str, Any], organization: Organization) -> ServiceChanges:
    """Return what a body says. Raises NotFound for a type or a resource that is not there,
    Invalid for another currency than the organization's.
    """
    columns = {name: data[name] for name in PLAIN if name in data}
    if "active" in data:
        columns["is_active"] = data["active"]
    if "price" in data:
        columns["price_amount"] = amount_of(data["price"], "price", organization)
    place = data.get("location", {})
    columns |= {
        column: place[name]
        for name, column in (("kind", "location_kind"), ("text", "location"))
        if name in place
    }
    policy = dict(data.get("policy", {}))
    if "late_fee" in policy:
        fee = policy.pop("late_fee")
        columns["late_fee_amount"] = amount_of(fee, "policy.lateFee", organization)
    columns |= policy
    for name, value in data.get("limits", {}).items():
        columns[f"customer_limit_{name[9:]}" if name[:9] == "customer_" else f"limit_{name}"] = (
            value
        )
    return ServiceChanges(
        columns=columns,
        shares=_shares(data["resources"], organization.pk) if "resources" in data else None,
        needs=_needs(data["requirements"], organization.pk) if "requirements" in data else None,
        questions=_questions(data["questions"]) if "questions" in data else None,
        exam_periods=_periods(data["exam_periods"]) if "exam_periods" in data else None,
    )


def amount_of(price: Mapping[str, Any] | None, path: str, organization: Organization) -> Any:
    """Return the amount of a price. Raises Invalid for one in somebody else's currency."""
    if price is None:
        return None
    if price.get("currency", organization.currency) != organization.currency:
        raise Invalid.at(f"{path}.currency", f"Prices here are in {organization.currency}.")
    return price["amount"]


def _shares(wanted: Sequence[Mapping[str, Any]], organization_id: UUID) -> list[Share]:
    ours = Resource.objects.for_organization(organization_id)
    found = ours.in_bulk([one["id"] for one in wanted])
    missing = [number for number, one in enumerate(wanted) if one["id"] not in found]
    if missing:
        raise NotFound(
            fields={f"resources.{n}.id": ["There is nothing with this id."] for n in missing}
        )
    return [
        Share(resource=found[one["id"]], priority=one["priority"], weight=one["weight"])
        for one in wanted
    ]


def _needs(wanted: Sequence[Mapping[str, Any]], organization_id: UUID) -> list[Need]:
    ours = ResourceType.objects.for_organization(organization_id)
    keys = [one["resource_type"] for one in wanted]
    found = {kind.key: kind for kind in ours.filter(key__in=keys)}
    missing = [number for number, key in enumerate(keys) if key not in found]
    if missing:
        sentence = ["There is nothing with this key."]
        raise NotFound(fields={f"requirements.{n}.resourceType": sentence for n in missing})
    return [Need(type=found[one["resource_type"]], quantity=one["quantity"]) for one in wanted]


def _questions(wanted: Sequence[Mapping[str, Any]]) -> list[QuestionDetails]:
    return [QuestionDetails(**{**one, "options": tuple(one["options"])}) for one in wanted]


def _periods(wanted: Sequence[Mapping[str, Any]]) -> list[Period]:
    return [Period(**one) for one in wanted]
