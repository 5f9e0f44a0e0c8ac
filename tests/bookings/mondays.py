"""A Monday in Berlin, and what is offered on it."""

from datetime import UTC, datetime, timedelta

from bookings.availability.intervals import Interval
from bookings.models import Service
from bookings.selectors.slots import free_slots
from bookings.services.customer import CustomerDetails

BEN_THE_CUSTOMER = CustomerDetails(name="Ben", company="Ben Inc.", email="ben@example.com")


def monday(hour: int, minute: int = 0) -> datetime:
    """A time on Monday, 16 November 2026, in Berlin's winter."""
    return datetime(2026, 11, 16, tzinfo=UTC) + timedelta(hours=hour - 1, minutes=minute)


def day_of(moment: datetime) -> Interval:
    start = (moment + timedelta(hours=1)).replace(hour=0, minute=0) - timedelta(hours=1)
    return Interval(start, start + timedelta(days=1))


def offered(service: Service, on: datetime, **how) -> list[str]:
    found = free_slots(service, day_of(on), minutes=30, **how)
    return [f"{slot.start + timedelta(hours=1):%H:%M}" for slot in found]


def set_rules(service: Service, **rules) -> Service:
    for name, value in rules.items():
        setattr(service, name, value)
    service.save()
    return service
