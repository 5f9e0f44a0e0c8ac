"""What somebody sees who is limited to their own resources: one rule for each kind of row.

core knows no resource but by its id. The apps say, when they are loaded, which of their rows
belong to which resources; a kind of row of which nobody said it is closed to whoever is limited.
Asked by `TenantQuerySet.for_caller`, and so by every door.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model, Q

Rule = Callable[[Collection[UUID]], Q]
Names = Callable[[UUID], dict[UUID, str]]

NOTHING = Q(pk__in=[])
EVERYTHING = Q()

_rules: dict[type[Model], Rule] = {}
_names: list[Names] = []


def belongs(*models: type[Any]) -> Callable[[Rule], Rule]:
    """Say which rows of `models` belong to some resources: the decorated function, by their ids."""

    def say(rule: Rule) -> Rule:
        for model in models:
            _rules[model] = rule
        return rule

    return say


def narrowed(model: type[Model], resource_ids: Collection[UUID]) -> Q:
    """Return which rows of `model` belong to these resources; none when nobody said it."""
    rule = _rules.get(model)
    return rule(resource_ids) if rule is not None else NOTHING


def names_resources(names: Names) -> Names:
    """Say which resources an organization has: the decorated function, by the organization's id."""
    _names.append(names)
    return names


def resources_of(organization_id: UUID) -> dict[UUID, str]:
    """Return the resources that somebody can be limited to, with their names, by name."""
    return {pk: name for names in _names for pk, name in names(organization_id).items()}


def unknown_among(resource_ids: Iterable[UUID], organization_id: UUID) -> set[UUID]:
    """Return which of these ids are no resource of the organization."""
    return set(resource_ids) - resources_of(organization_id).keys()
