"""Students with a place, a pass or an hour, as the tests need them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bookings.models import Booking, BundlePurchase, GroupSession
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.place import PlaceRequest, join_session
from tests.factories import BundleFactory, CustomerFactory
from tests.waiting import called


@pytest.fixture
def join(tutorial, staff) -> Callable[..., Booking]:
    """Let somebody take a place in the tutorial, or in another session."""

    def join(name: str, session: GroupSession = tutorial, **more: Any) -> Booking:
        return join_session(
            PlaceRequest(session=session, customer=called(name), **more), caller=staff
        )

    return join


@pytest.fixture
def a_pass(products, salon) -> Callable[[str], BundlePurchase]:
    """Sell somebody ten places in group sessions."""

    def a_pass(name: str) -> BundlePurchase:
        customer = CustomerFactory(
            organization=salon, name=name, email=f"{name.lower()}@example.com"
        )
        return BundleFactory(product=products["GROUP_SESSION_PASS"], customer=customer)

    return a_pass


@pytest.fixture
def teach(clock, algebra, lea, staff, ten_o_clock) -> Callable[..., Booking]:
    """Book Lea an hour of algebra on Monday at ten, unless told otherwise."""

    def teach(at: datetime = ten_o_clock, **changes: Any) -> Booking:
        usual: dict[str, Any] = {"course": algebra, "student": lea, "starts_at": at, "minutes": 60}
        return book_individual(IndividualRequest(**{**usual, **changes}), caller=staff)

    return teach
