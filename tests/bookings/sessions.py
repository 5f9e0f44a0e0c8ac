"""What the tests of group sessions share: laying one out, joining it, and what is busy then."""

from datetime import timedelta
from typing import Any

from bookings.models import (
    Allocation,
    Booking,
    BundlePurchase,
    Customer,
    GroupSession,
    WaitlistEntry,
)
from bookings.services.customer import details_of
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from core.access import Caller

HOUR = timedelta(hours=1)


def join(
    session: GroupSession, customer: Customer, bundle: BundlePurchase | None = None
) -> Booking:
    request = PlaceRequest(session=session, customer=details_of(customer), bundle=bundle)
    return join_session(request, caller=Caller.command(session.organization_id))


def wait_for(session: GroupSession, customer: Customer) -> WaitlistEntry:
    request = PlaceWait(session=session, customer=details_of(customer))
    return wait_for_place(request, caller=Caller.command(session.organization_id))


def live() -> list[tuple[Any, ...]]:
    """What is busy: of whom, on which lane, from when to when."""
    rows = Allocation.objects.filter(released_at=None).order_by("lane__resource__name", "lane")
    return list(rows.values_list("lane__resource__name", "lane__number", "starts_at", "ends_at"))
