"""How our views are told to the OpenAPI document."""

from drf_spectacular.openapi import AutoSchema

from core.api import key_schema  # noqa: F401  (registers itself)


class HouseSchema(AutoSchema):
    pass
