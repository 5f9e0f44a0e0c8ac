"""Who plays in the tests: a salon, two hairdressers, a desk that books, a customer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from bookings.models import (
    Booking,
    BundlePurchase,
    Customer,
    GroupSession,
    Product,
    Resource,
    Service,
)
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import CustomerDetails
from core.access import Caller, CallerKind
from core.models import ApiKey, Organization
from core.services.api_key import create_api_key
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    OrganizationFactory,
    ProductFactory,
    ResourceFactory,
    ServiceFactory,
)

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
def algebra(salon, anna, ben) -> Service:
    """MATH-101: an hour, on the hour, confirmed at once, taught by Anna and Ben."""
    return CourseFactory(
        organization=salon,
        code="MATH-101",
        name="Algebra I",
        slug="algebra",
        resources=[anna, ben],
    )


@pytest.fixture
def products(algebra) -> dict[str, Product]:
    """One of each kind; bundles are ten sessions for 120 days."""
    prices = {
        "INDIVIDUAL_SESSION": "40.00",
        "FULL_SEMESTER_BUNDLE": "300.00",
        "MIDTERM_FINAL_BUNDLE": "160.00",
        "GROUP_SESSION_PASS": "90.00",
    }
    return {
        kind: ProductFactory(service=algebra, kind=kind, price_amount=Decimal(price))
        for kind, price in prices.items()
    }


@pytest.fixture
def lea(salon) -> Customer:
    """A student."""
    return CustomerFactory(organization=salon, name="Lea Lang", email="lea@example.com")


@pytest.fixture
def bundle(lea, products) -> BundlePurchase:
    """Lea's ten individual sessions of algebra, from 1 November 2026 to 28 February 2027."""
    return BundleFactory(customer=lea, product=products["FULL_SEMESTER_BUNDLE"])


@pytest.fixture
def group_pass(lea, products) -> BundlePurchase:
    """Lea's ten places in group sessions of algebra."""
    return BundleFactory(customer=lea, product=products["GROUP_SESSION_PASS"])


@pytest.fixture
def tutorial(algebra, anna) -> GroupSession:
    """Three places with Anna on Wednesday, 18 November 2026, 14:00 to 15:00 in Berlin."""
    return GroupSessionFactory(service=algebra, resource=anna)


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

    def book(at: datetime = ten_o_clock, caller: Caller = staff, **changes: Any) -> Booking:
        usual = BookingRequest(
            service=haircut,
            customer=MIA,
            starts_at=at,
            minutes=30,
            inquiry="As last time",
            timezone="Europe/Berlin",
        )
        return create_booking(replace(usual, **changes), caller=caller)

    return book


def client_with(key: str) -> APIClient:
    return APIClient(headers={"X-API-Key": key})


def a_key(organization: Organization, *, kind: ApiKey.Kind, scopes: list[str] | None = None) -> str:
    caller = Caller.command(organization.pk)
    _, text = create_api_key(
        organization=organization, kind=kind, name="test", scopes=scopes, caller=caller
    )
    return text


@pytest.fixture
def desk(salon, haircut) -> APIClient:
    """The salon's own server, which may do everything there."""
    return client_with(a_key(salon, kind=ApiKey.Kind.SECRET))


@pytest.fixture
def website(salon, haircut) -> APIClient:
    """The salon's website, with a key that anybody can read in its source."""
    return client_with(a_key(salon, kind=ApiKey.Kind.PUBLISHABLE))


@pytest.fixture
def stranger() -> APIClient:
    """Another organization's server."""
    return client_with(a_key(OrganizationFactory(), kind=ApiKey.Kind.SECRET))


@pytest.fixture
def wish(clock) -> dict[str, Any]:
    """What a client sends to book Mia's haircut on Monday at ten, Berlin time."""
    return {
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": "mia@example.com",
        "phone": "+49 30 1234567",
        "inquiry": "As last time",
        "timeSlot": {"startTime": "2026-11-16T10:00:00+01:00", "duration": 30},
    }
