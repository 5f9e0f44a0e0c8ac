"""How our views are told to the OpenAPI document."""

from drf_spectacular.openapi import AutoSchema


class HouseSchema(AutoSchema):
    pass
