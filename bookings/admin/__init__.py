"""The console's pages about bookings and what can be booked."""

from bookings.admin import (
    booking,
    bundle,
    calendar,
    credit_report,
    customer,
    explaining,
    finding,
    group_session,
    page,
    refusals,
    resource,
    resource_type,
    service,
    session_template,
    today,
    waitlist,
)

__all__ = [
    "booking",
    "bundle",
    "calendar",
    "credit_report",
    "customer",
    "explaining",
    "finding",
    "group_session",
    "page",
    "refusals",
    "resource",
    "resource_type",
    "service",
    "session_template",
    "today",
    "waitlist",
]
