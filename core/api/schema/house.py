"""What all our calls have in common, told to the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from drf_spectacular.drainage import warn
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from core.access import PUBLISHABLE_SCOPES
from core.api.fields import NamedIdField, OwnedField, TextField
from core.api.permissions import scope_of
from core.api.schema import failures
from core.api.schema.headers import COUNTED, headers, parameters
from core.api.schema.operation import Operation, Shape

Json = dict[str, Any]

JSON = "application/json"
CHANGES = ("PUT", "PATCH", "DELETE")
# The ids in a path beside its first one, which is `id`.
FURTHER_IDS = re.compile(r"{(\w+Id)}")
# NUL is no character of a text; where blank is not allowed, one has to be visible.
ANY_TEXT = r"^[^\x00]*$"
VISIBLE_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"


class HouseSchema(AutoSchema):
    """One `Operation` of a view, with all that follows from view, method and path."""

    view: Any  # a TenantViewSet, described by @documented

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Json | None:
        described = getattr(self.view, "operations", {}).get(getattr(self.view, "action", None))
        if described is None:
            warn(f"{type(self.view).__name__} does not say what {method} {path} does: @documented")
            return None
        self.described: Operation = described
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        is_open = self.view.is_opened_by_link or not self.view.authentication_classes
        if operation is not None and is_open:
            operation["security"] = []
        elif operation is not None and not self.view.permission_classes:
            operation["security"].append({})  # who is signed in may say so
        return operation

    def get_operation_id(self) -> str:
        return self.described.id

    def get_summary(self) -> str:
        return self.described.summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        if self.view.is_opened_by_link:
            needed = "No key: the token in the path is the credential."
            return f"{self.described.description}\n\n{needed}".strip()
        if self.view.needs:
            return f"{self.described.description}\n\n{self.view.needs}".strip()
        scope = scope_of(self.view, self.method)
        may = "Any key" if scope in PUBLISHABLE_SCOPES else "A secret key"
        needed = f"{may} with the scope `{scope}` may do this."
        return f"{self.described.description}\n\n{needed}".strip()

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_override_parameters(self) -> list[OpenApiParameter | Serializer[Any] | Shape]:
        found: list[OpenApiParameter | Serializer[Any] | Shape] = []
        if self.described.query:
            found.append(self.described.query)
        if "{id}" in self.path:
            found.append(OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH))
        found += [
            OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH)
            for name in FURTHER_IDS.findall(self.path)
        ]
        if self.view.is_opened_by_link:
            found.append(
                OpenApiParameter(
                    "token",
                    OpenApiTypes.STR,
                    OpenApiParameter.PATH,
                    description="As it stands at the end of the link.",
                )
            )
        return found

    def _get_parameters(self) -> list[Json]:
        names = ["RequestId"]
        if self._is_kept():
            names.append("IdempotencyKey")
        if self._is_conditional():
            names.append("IfMatch")
        return [*super()._get_parameters(), *parameters(*names)]

    def _get_request_body(self, direction: str = "request") -> Json | None:
        if self.described.upload:
            file = {"schema": {"type": "string", "format": "binary"}}
            return {"required": True, "content": dict.fromkeys(self.described.upload, file)}
        if self.described.body is None:
            return None
        component = self.resolve_serializer(self.described.body, "request")
        examples = {name: {"value": value} for name, value in self.described.body_examples.items()}
        return {
            "required": any(component.schema.get(rule) for rule in ("required", "minProperties")),
            "content": {JSON: {"schema": component.ref, "examples": examples}},
        }

    def _get_response_bodies(self, direction: str = "response") -> Json:
        statuses = set(failures.OF_EVERY_CALL)
        if self.view.is_opened_by_link:
            statuses = statuses - {401, 403} | {404}
        if "{id}" in self.path or self._names_something():
            statuses.add(404)
        if self.described.body or self.described.upload:
            statuses |= {413, 415}
        if self._is_conditional():
            statuses.add(412)
        if self._is_kept():
            statuses.add(422)
        responses = {str(self.described.status): self._success(), **failures.refused(*statuses)}
        if conflict := self._conflict():
            responses["409"] = conflict
        return dict(sorted(responses.items()))

    def _success(self) -> Json:
        described = self.described
        names = list(COUNTED)
        if described.is_versioned:
            names.append("ETag")
        if self._is_kept():
            names.append("Idempotency-Replayed")
        examples = {
            name: {"value": _in_envelope(value, is_list=described.is_list)}
            for name, value in described.answer_examples.items()
        }
        response: Json = {
            "description": described.summary,
            "headers": headers(*names),
            "content": {JSON: {"schema": self._envelope(), "examples": examples}},
        }
        if described.links:
            response["links"] = {key: dict(link) for key, link in described.links.items()}
        return response

    def _envelope(self) -> Json:
        """Return a reference to the schema of a good answer, made when it is first needed."""
        answer, is_list = self.described.answer, self.described.is_list
        data: Json = {"type": "null"}
        name = "Nothing"
        if answer is not None:
            component = self.resolve_serializer(answer, "response")
            name, data = component.name, component.ref
        properties: Json = {"success": {"type": "boolean", "const": True}, "data": data}
        if is_list:
            name += "List"
            properties["data"] = {"type": "array", "items": data}
            properties["pagination"] = {
                "oneOf": [
                    self._component("NumberedPages", NUMBERED_PAGES),
                    self._component("CursorPages", CURSOR_PAGES),
                ]
            }
        required = list(properties)
        properties["message"] = {"type": "string", "description": "A sentence for people."}
        schema = {"type": "object", "properties": properties, "required": required}
        return self._component(f"{name}Answer", schema)

    def _conflict(self) -> Json | None:
        reasons = [*self.described.conflicts, *(["IN_PROGRESS"] if self._is_kept() else [])]
        if not reasons:
            return None
        name = f"{self.described.id[0].upper()}{self.described.id[1:]}Conflict"
        response, schemas = failures.conflict(
            name,
            reasons,
            self.described.conflict_details,
            examples=self.described.conflict_examples,
            may_be_running=self._is_kept(),
        )
        for key, schema in schemas.items():
            self._component(key, schema)
        return response

    def _component(self, name: str, schema: Mapping[str, Any]) -> Json:
        """Put `schema` among the document's components; return a reference to it."""
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, schema=dict(schema), object=name
        )
        self.registry.register_on_missing(component)
        return component.ref

    def _names_something(self) -> bool:
        """Tell whether the id of something else stands in the query or in the body."""
        if self.described.names_others:
            return True
        shapes = filter(None, (self.described.query, self.described.body))
        fields = (field for shape in shapes for field in shape().fields.values())
        return any(isinstance(field, OwnedField | NamedIdField) for field in fields)

    def _is_kept(self) -> bool:
        return self.method == "POST" and bool(self.view.answers_are_kept)

    def _is_conditional(self) -> bool:
        return self.described.is_versioned and self.method in CHANGES

    def _postprocess_serializer_schema(self, schema: Json, serializer: Any, direction: str) -> Json:
        schema = super()._postprocess_serializer_schema(  # type: ignore[no-untyped-call]
            schema, serializer, direction
        )
        if direction == "request":
            schema["additionalProperties"] = False
            schema.update(getattr(serializer, "schema_rules", {}))
        return schema

    def _insert_field_validators(self, field: Any, schema: Json) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if isinstance(field, TextField):
            schema["pattern"] = ANY_TEXT if field.allow_blank else VISIBLE_TEXT


def _in_envelope(value: Any, *, is_list: bool) -> Json:
    answer: Json = {"success": True, "data": value}
    if is_list:
        answer["pagination"] = {"page": 1, "limit": 20, "total": len(value), "totalPages": 1}
    return answer


_WHOLE = {"type": "integer", "minimum": 0}
NUMBERED_PAGES: Json = {
    "type": "object",
    "description": "Pages by number.",
    "properties": {
        "page": {"type": "integer", "minimum": 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "total": {**_WHOLE, "maximum": 10_000, "description": "Exact up to 10 000."},
        "totalPages": _WHOLE,
        "totalIsCapped": {
            "type": "boolean",
            "const": True,
            "description": "There are more than 10 000.",
        },
    },
    "required": ["page", "limit", "total", "totalPages"],
}
_CURSOR = {"type": ["string", "null"]}
CURSOR_PAGES: Json = {
    "type": "object",
    "description": "A walk by cursor. Null: there is nothing further that way.",
    "properties": {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "next": _CURSOR,
        "previous": _CURSOR,
    },
    "required": ["limit", "next", "previous"],
}
