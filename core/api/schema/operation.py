"""What a view says about its actions in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

Shape = type[Serializer[Any]]
V = TypeVar("V", bound=type[GenericViewSet[Any]])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call: what goes in, what comes out, and which conflicts it can meet.

    Everything else (credentials, envelope, headers, refusals that every call knows) follows
    from the view, the method and the path: core.api.schema.house.
    """

    id: str
    summary: str
    description: str = ""
    query: Shape | None = None
    body: Shape | None = None
    # The body is a file: the media types that it may have.
    upload: Sequence[str] = ()
    # The shape of `data`; None where it is null.
    answer: Shape | None = None
    is_list: bool = False
    status: int = 200
    # A 404 may be about something that the body names in a way that fields do not show.
    names_others: bool = False
    # The answer carries an ETag, and a change may name it in If-Match.
    is_versioned: bool = False
    # The reasons of a 409 that a client can switch on, the idempotency key's own excepted.
    conflicts: Sequence[str] = ()
    # Shown in a conflict's details beside `reason`: name -> JSON schema.
    conflict_details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Each by a short name: a body as it is sent, an answer's `data`, a conflict's `details`.
    body_examples: Mapping[str, Any] = field(default_factory=dict)
    answer_examples: Mapping[str, Any] = field(default_factory=dict)
    conflict_examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The calls that can follow, each with where its parameters stand in this call's answer.
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def documented(tag: str, **operations: Operation) -> Callable[[V], V]:
    """Describe the actions of a view set by their names: `list=Operation(…)`."""

    def describe(view: V) -> V:
        view.tag = tag  # type: ignore[attr-defined]
        view.operations = operations  # type: ignore[attr-defined]
        return view

    return describe
