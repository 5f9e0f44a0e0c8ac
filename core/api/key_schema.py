"""How the OpenAPI document says where a key goes: either header will do."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from core.api.permissions import scope_of

KINDS = (
    "A secret key (`sk_…`) is for servers and does what its scopes allow. A publishable key "
    "(`pk_…`) may stand in a browser: it reads services and free times, keeps a time and books. "
    "A person who signed in sends their access token as Bearer, and does what their role allows."
)


PERSON = "An access token of somebody who signed in: `POST /api/auth/login` answers one."


class PersonScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "core.api.authentication.PersonAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": PERSON}


class KeySchemes(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "core.api.authentication.ApiKeyAuthentication"
    name = ["bearer", "apiKey"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        scope = scope_of(auto_schema.view, auto_schema.method)
        return [{name: [scope]} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        bearer = {"type": "http", "scheme": "bearer", "description": KINDS}
        header = {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": KINDS}
        return [bearer, header]
