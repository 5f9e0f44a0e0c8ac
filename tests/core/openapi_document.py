"""The OpenAPI document as a test reads it, and how an answer is held against it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs
import orjson

from core.api.documents import document_as_json

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


class Document:
    """The document of this code. In an answer it allows no property that it does not name."""

    def __init__(self) -> None:
        self.raw: Json = orjson.loads(document_as_json())

    @cached_property
    def operations(self) -> dict[str, Json]:
        """Every call by its operationId, `path` and `method` beside what the document says."""
        return {
            operation["operationId"]: {**operation, "path": path, "method": method}
            for path, methods in self.raw["paths"].items()
            for method, operation in methods.items()
            if method in METHODS
        }

    @cached_property
    def closed_components(self) -> Json:
        closed: Json = _closed(self.raw["components"])
        return closed

    def response(self, operation_id: str, status: int) -> Json:
        """Return what the document says of this answer; a KeyError says that it says nothing."""
        return self.resolved(self.operations[operation_id]["responses"][str(status)])

    def resolved(self, part: Json) -> Json:
        """Return `part`, or what it refers to."""
        while "$ref" in part:
            _, *names = part["$ref"].split("/")
            part = self.raw
            for name in names:
                part = part[name]
        return part

    def faults_of(self, schema: Json, value: Any, *, closed: bool = False) -> list[str]:
        """Return what is wrong with `value`, which should be a `schema` of the document."""
        components = self.closed_components if closed else self.raw["components"]
        whole = {**(_closed(schema) if closed else schema), "components": components}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]

    def faults(self, operation_id: str, response: Any) -> list[str]:
        """Return in what an answer differs from what the document promises of it."""
        promised = self.response(operation_id, response.status_code)
        faults = [
            f"header {name} is missing"
            for name, header in promised["headers"].items()
            if self.resolved(header).get("required") and name not in response
        ]
        media_type = response["Content-Type"].partition(";")[0]
        content = promised["content"].get(media_type)
        if content is None:
            return [*faults, f"{media_type} is not promised"]
        value = response.json() if media_type == "application/json" else response.content.decode()
        return faults + self.faults_of(content["schema"], value, closed=True)

    def examples(self) -> Iterator[tuple[str, Json, Any]]:
        """Yield every example of a body or an answer: where it stands, its schema, its value."""
        for name, operation in self.operations.items():
            contents = {f"{name}, body": operation.get("requestBody", {}).get("content", {})}
            for status, response in operation["responses"].items():
                contents[f"{name}, {status}"] = self.resolved(response).get("content", {})
            for where, content in contents.items():
                for media in content.values():
                    for key, example in media.get("examples", {}).items():
                        yield f"{where}, {key}", media["schema"], example["value"]


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if "properties" in closed and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
