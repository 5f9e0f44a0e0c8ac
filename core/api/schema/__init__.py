"""How our views are told to the OpenAPI document.

`Operation` is what a view says about each of its actions; `HouseSchema` adds what all of them
have in common; `failures` are the refusals; `parts` are for views outside of REST framework,
whose apps describe them in a `schema.py` of their own.
"""

from core.api import key_schema  # noqa: F401  (registers itself)
from core.api.schema.house import HouseSchema
from core.api.schema.operation import Operation, documented

__all__ = ["HouseSchema", "Operation", "documented"]
