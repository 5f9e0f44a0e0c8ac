from bookings.models.allocation import Allocation
from bookings.models.booking import Booking, ChangeReason
from bookings.models.catalog import (
    Lane,
    Photo,
    Question,
    Requirement,
    Resource,
    ResourceType,
    Service,
    ServiceResource,
)
from bookings.models.customer import Customer
from bookings.models.hold import Hold
from bookings.models.schedule import DateOverride, Schedule, TimeOff, WeeklyHours
from bookings.models.series import Series
from bookings.models.waitlist import WaitlistEntry

__all__ = [
    "Allocation",
    "Booking",
    "ChangeReason",
    "Customer",
    "DateOverride",
    "Hold",
    "Lane",
    "Photo",
    "Question",
    "Requirement",
    "Resource",
    "ResourceType",
    "Schedule",
    "Series",
    "Service",
    "ServiceResource",
    "TimeOff",
    "WaitlistEntry",
    "WeeklyHours",
]
