"""Why a start cannot be booked."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class ReasonCode(StrEnum):
    """What stands against a start. The order is the order in which reasons are told."""

    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    TIME_OFF = "TIME_OFF"
    HOLIDAY = "HOLIDAY"
    # Only buffers collide, ours or the neighbour's: the appointments themselves would fit.
    BUFFER = "BUFFER"
    MIN_NOTICE = "MIN_NOTICE"
    HORIZON = "HORIZON"
    # As many begin in that day, week or month as the service, or the customer, may have.
    LIMIT_DAY = "LIMIT_DAY"
    LIMIT_WEEK = "LIMIT_WEEK"
    LIMIT_MONTH = "LIMIT_MONTH"
    LIMIT_CUSTOMER = "LIMIT_CUSTOMER"
    HELD = "HELD"
    TAKEN = "TAKEN"
    EXTERNAL_BUSY = "EXTERNAL_BUSY"
    # No place is left at a resource with several, or it has none.
    NO_LANE = "NO_LANE"
    # Asked for only where the caller wants starts from the step grid alone.
    OFF_GRID = "OFF_GRID"


RANK = {code: rank for rank, code in enumerate(ReasonCode)}


class Cause(NamedTuple):
    """What stands behind a reason: a row of some kind by its id, or a name (of a holiday)."""

    kind: str
    id: UUID | None = None
    name: str = ""


class Reason(NamedTuple):
    """One reason; `causes` is what the caller put beside the time that is in the way."""

    code: ReasonCode
    causes: tuple[object, ...] = ()
