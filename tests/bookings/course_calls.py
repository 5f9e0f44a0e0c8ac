"""What the tests of courses' calls have in common."""

from typing import Any

from bookings.models import Booking, BundlePurchase, CreditEntry, Customer, GroupSession
from core.models import Event

COUNTED = (Booking, CreditEntry, Customer, GroupSession, Event)


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def details(response: Any, status: int = 409) -> Any:
    assert response.status_code == status, response.content
    return response.json()["error"]["details"]


def fields(response: Any, status: int = 400) -> list[str]:
    return sorted(details(response, status)["fields"])


def everything() -> Any:
    """Return what no refusal may change."""
    return (
        [model.objects.count() for model in COUNTED],
        sorted(BundlePurchase.objects.values_list("pk", "remaining_sessions", "total_sessions")),
        sorted(GroupSession.objects.values_list("pk", "taken", "held", "capacity", "version")),
        sorted(Booking.objects.values_list("pk", "status", "version")),
    )
