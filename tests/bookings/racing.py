"""What races for times share: who asks at the desk, and what came of it."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework.test import APIClient

from bookings.models import Allocation
from core.models import ApiKey, Event
from tests.cast import a_key

ROUNDS = 20
MOST_TRIES = 20
BERLIN = ZoneInfo("Europe/Berlin")
HALF_AN_HOUR = timedelta(minutes=30)
FIRST_VERSION = {"If-Match": '"1"'}


def ten_o_clock_of_each_day() -> list[datetime]:
    """Ten in Berlin on the next 20 working days from next week on."""
    tomorrow = timezone.now().astimezone(BERLIN) + timedelta(days=7)
    day = tomorrow.replace(hour=10, minute=0, second=0, microsecond=0)
    days = (day + timedelta(days=n) for n in range(2 * ROUNDS))
    return [day for day in days if day.weekday() < 5][:ROUNDS]


class Desk:
    """A client of the API that many threads may use."""

    def __init__(self, salon) -> None:
        self.headers = {"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET)}

    mia: ClassVar = {
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": "mia@example.com",
        "inquiry": "As last time",
    }

    def book(self, at: datetime, **changes):
        return self.send("post", "bookings", {**self.mia, "timeSlot": slot(at), **changes})

    def hold(self, at: datetime):
        return self.send("post", "holds", {"timeSlot": slot(at)})

    def series(self, wish: dict):
        return self.send("post", "series", {**self.mia, **wish})

    def confirm(self, booking: dict, **headers):
        return self.send("patch", f"bookings/{booking['id']}", {"status": "CONFIRMED"}, **headers)

    def cancel(self, booking: dict, **headers):
        return self.send("delete", f"bookings/{booking['id']}", {}, **headers)

    def move(self, booking: dict, at: datetime, **changes):
        return self.send("put", f"bookings/{booking['id']}", {"timeSlot": slot(at), **changes})

    def send(self, method: str, path: str, body: dict, **headers):
        """Ask, and ask again where the line was too long to wait in, as a 503 says."""
        client = APIClient(headers={**self.headers, **headers})
        for _ in range(MOST_TRIES):
            answer = getattr(client, method)(f"/api/{path}", body)
            if answer.status_code != 503:
                break
        return answer


def slot(at: datetime) -> dict:
    return {"startTime": at.isoformat(), "duration": 30}


def booked(response) -> dict:
    assert response.status_code == 201, response.content
    booking: dict = response.json()["data"]
    return booking


def answers(responses) -> Counter:
    """Count the answers: `201`, or the status with its reason, or an exception's name."""
    return Counter(
        type(each).__name__
        if isinstance(each, Exception)
        else f"{each.status_code} {each.json()['error']['details'].get('reason', '')}".strip()
        if each.status_code >= 400
        else str(each.status_code)
        for each in responses
    )


def live() -> list[Allocation]:
    return list(Allocation.objects.filter(released_at=None).order_by("starts_at"))


def nothing_overlaps() -> bool:
    return not any(
        one.lane_id == other.lane_id
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        for one, other in combinations(live(), 2)
    )


def events_of(booking: dict) -> list[str]:
    rows = Event.objects.filter(subject_id=booking["id"]).order_by("id")
    return [name.removeprefix("booking.") for name in rows.values_list("name", flat=True)]
