from bookings.models.allocation import Allocation
from bookings.models.booking import Booking
from bookings.models.catalog import Lane, Resource, ResourceType, Service
from bookings.models.customer import Customer
from bookings.models.hold import Hold
from bookings.models.schedule import Schedule, WeeklyHours

__all__ = [
    "Allocation",
    "Booking",
    "Customer",
    "Hold",
    "Lane",
    "Resource",
    "ResourceType",
    "Schedule",
    "Service",
    "WeeklyHours",
]
