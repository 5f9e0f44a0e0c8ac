"""Why somebody changed a booking, told through the API."""

import pytest

from bookings.models import Booking, ChangeReason

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/bookings"


@pytest.fixture
def booked(desk, wish) -> dict:
    return desk.post(BOOKINGS, wish).json()["data"]


def test_why_something_changed_is_kept_with_that_change_and_told_to_no_client(desk, booked):
    path = f"{BOOKINGS}/{booked['id']}"
    slot = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}

    moved = desk.put(path, {"timeSlot": slot, "reason": "She called."})
    cancelled = desk.delete(path, {"reason": "She is ill."})

    assert (moved.status_code, cancelled.status_code) == (200, 200)
    kept = ChangeReason.objects.filter(booking_id=booked["id"])
    assert list(kept.values_list("version", "text")) == [(2, "She called."), (3, "She is ill.")]
    assert "reason" not in cancelled.json()["data"]


def test_only_cancelling_a_status_has_a_reason(desk, booked):
    path = f"{BOOKINGS}/{booked['id']}"

    refused = desk.patch(path, {"status": "CONFIRMED", "reason": "She called."})
    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["fields"] == {
        "reason": ["Only cancelling has a reason."]
    }
    assert Booking.objects.get().status == "PENDING"

    assert desk.patch(path, {"status": "CANCELLED", "reason": "Ill"}).status_code == 200
    assert Booking.objects.get().cancel_reason == "Ill"
