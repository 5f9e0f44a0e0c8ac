"""Who plays in the tests: a salon, two hairdressers, a desk that books, a customer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from bookings.models import Booking, Resource, Service
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails
from core.access import Caller, CallerKind
from core.models import Organization
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory

# Tuesday, 3 November 2026, 08:00 in Berlin: winter time, so UTC plus one hour.
NOW = datetime(2026, 11, 3, 7, tzinfo=UTC)
MIA = CustomerDetails(
    name="Mia Müller", company="Müller GmbH", email="mia@example.com", phone="+49 30 1234567"
)


@pytest.fixture
def clock():
    """It is Tuesday, 3 November 2026, 08:00 in Berlin; `clock.shift(seconds)` lets time pass."""
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


@pytest.fixture
def salon() -> Organization:
    return OrganizationFactory(name="Salon Soleil", slug="salon")


@pytest.fixture
def anna(salon) -> Resource:
    return ResourceFactory(organization=salon, name="Anna")


@pytest.fixture
def ben(salon) -> Resource:
    return ResourceFactory(organization=salon, name="Ben")


@pytest.fixture
def haircut(salon, anna) -> Service:
    """15 to 60 minutes with Anna, every half hour, confirmed by staff, two hours ahead."""
    return ServiceFactory(
        organization=salon, name="Haircut", slug="haircut", is_default=True, resources=[anna]
    )


@pytest.fixture
def ten_o_clock() -> datetime:
    """The Monday after next, 10:00 in Berlin."""
    return datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def staff(salon) -> Caller:
    return Caller(CallerKind.COMMAND, salon.pk)


@pytest.fixture
def book(clock, haircut, ten_o_clock, staff) -> Callable[..., Booking]:
    """Book Mia a haircut of half an hour at ten, unless told otherwise."""

    def book(at: datetime = ten_o_clock, **changes: Any) -> Booking:
        usual = BookingRequest(
            service=haircut,
            customer=MIA,
            starts_at=at,
            minutes=30,
            inquiry="As last time",
            timezone="Europe/Berlin",
        )
        return create_booking(replace(usual, **changes), caller=staff)

    return book


HALF_AN_HOUR = timedelta(minutes=30)
