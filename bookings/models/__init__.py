from bookings.models.allocation import Allocation
from bookings.models.booking import Booking, ChangeReason
from bookings.models.bundle import BundlePurchase
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
from bookings.models.consent import ConsentEntry, ConsentText
from bookings.models.credit import CreditEntry
from bookings.models.customer import Customer, CustomerLink
from bookings.models.group_session import GroupSession, GroupSessionTemplate
from bookings.models.hold import Hold
from bookings.models.product import ExamPeriod, Product
from bookings.models.rules import BookingDefaults
from bookings.models.schedule import DateOverride, Schedule, TimeOff, WeeklyHours
from bookings.models.series import Series
from bookings.models.waitlist import WaitlistEntry

__all__ = [
    "Allocation",
    "Booking",
    "BookingDefaults",
    "BundlePurchase",
    "ChangeReason",
    "ConsentEntry",
    "ConsentText",
    "CreditEntry",
    "Customer",
    "CustomerLink",
    "DateOverride",
    "ExamPeriod",
    "GroupSession",
    "GroupSessionTemplate",
    "Hold",
    "Lane",
    "Photo",
    "Product",
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
