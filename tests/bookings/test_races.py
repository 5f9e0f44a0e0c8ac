"""Everybody at once: real threads, each with its own connection, 20 rounds of each race.

No round cleans up after itself; each has a day of its own.
"""

from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bookings.models import Allocation, Booking, Customer, Hold, Requirement
from bookings.services.swapping import swap_bookings
from core.access import Caller
from core.models import ApiKey, Event
from tests.cast import a_key
from tests.factories import ResourceFactory, ResourceTypeFactory
from tests.rivals import rivals

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("in_order", "no_deadlocks"),
]

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


@pytest.fixture(autouse=True)
def _busy_times(settings):
    settings.RATE_LIMIT_MAX_REQUESTS = 1_000_000
    settings.QUEUE_NUDGES = False


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


@pytest.fixture
def desk(salon, haircut) -> Desk:
    return Desk(salon)


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


def test_of_64_who_want_one_time_one_gets_it(desk):
    with rivals(64) as at_once:
        for number, ten in enumerate(ten_o_clock_of_each_day(), start=1):
            responses = at_once(*[lambda ten=ten: desk.book(ten)] * 64)

            assert answers(responses) == {"201": 1, "409 SLOT_TAKEN": 63}
            assert Booking.objects.count() == len(live()) == number
            assert Event.objects.filter(name="booking.created").count() == number
    assert Customer.objects.count() == 1


def test_with_two_who_can_do_it_two_get_it(desk, haircut, anna, ben):
    haircut.resources.add(ben)
    with rivals(10) as at_once:
        for ten in ten_o_clock_of_each_day():
            responses = at_once(*[lambda ten=ten: desk.book(ten)] * 10)

            assert answers(responses) == {"201": 2, "409 SLOT_TAKEN": 8}
            who = Booking.objects.filter(starts_at=ten).values_list("resource_id", flat=True)
            assert set(who) == {anna.pk, ben.pk}


def test_a_resource_for_three_at_once_takes_three(desk, haircut, salon):
    haircut.resources.set([ResourceFactory(organization=salon, lanes=3)])
    with rivals(10) as at_once:
        for ten in ten_o_clock_of_each_day():
            responses = at_once(*[lambda ten=ten: desk.book(ten)] * 10)

            assert answers(responses) == {"201": 3, "409 SLOT_TAKEN": 7}
            assert nothing_overlaps()


def test_times_that_overlap_by_any_minute_are_never_both_given(desk):
    """Half an hour each, starting every five minutes: any two less than 30 apart collide."""
    with rivals(12) as at_once:
        for ten in ten_o_clock_of_each_day():
            starts = [ten + timedelta(minutes=5 * n) for n in range(12)]
            responses = at_once(*[lambda at=at: desk.book(at) for at in starts])

            told = answers(responses)
            assert set(told) == {"201", "409 SLOT_TAKEN"}
            given = Booking.objects.filter(starts_at__in=starts).order_by("starts_at")
            assert told["201"] == given.count() == 2  # whoever is first, one more fits beside it
            assert nothing_overlaps()
            for at in starts:  # nobody was refused for nothing
                assert any(collide(at, one.starts_at) for one in given)


def collide(one: datetime, other: datetime) -> bool:
    return abs(one - other) < HALF_AN_HOUR


def test_confirming_and_cancelling_at_once_happen_in_one_order(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            confirmed, cancelled = at_once(
                lambda b=booking: desk.confirm(b), lambda b=booking: desk.cancel(b)
            )

            assert cancelled.status_code == 200
            was = Event.objects.get(subject_id=booking["id"], name="booking.cancelled").data["was"]
            if confirmed.status_code == 200:
                assert events_of(booking) == ["created", "confirmed", "cancelled"]
                assert (was, cancelled.json()["data"]["version"]) == ("CONFIRMED", 3)
            else:
                assert answers([confirmed]) == {"409 ILLEGAL_TRANSITION": 1}
                assert events_of(booking) == ["created", "cancelled"]
                assert (was, cancelled.json()["data"]["version"]) == ("PENDING", 2)
            assert Booking.objects.get(pk=booking["id"]).status == "CANCELLED"
            assert live() == []


def test_of_two_who_read_the_same_version_one_changes_it(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            confirmed, cancelled = at_once(
                lambda b=booking: desk.confirm(b, **FIRST_VERSION),
                lambda b=booking: desk.cancel(b, **FIRST_VERSION),
            )

            assert answers([confirmed, cancelled]) == {"200": 1, "412": 1}
            is_cancelled = cancelled.status_code == 200
            assert events_of(booking) == ["created", "cancelled" if is_cancelled else "confirmed"]
            # Its time is free again if and only if it was cancelled.
            mine = [each for each in live() if str(each.booking_id) == booking["id"]]
            assert len(mine) == (0 if is_cancelled else 1)


def test_two_bookings_are_never_moved_into_one_time(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one, other = booked(desk.book(ten)), booked(desk.book(ten + HALF_AN_HOUR))
            noon = ten + timedelta(hours=2)
            responses = at_once(
                *[lambda b=each, at=noon: desk.move(b, at) for each in (one, other)]
            )

            assert answers(responses) == {"200": 1, "409 SLOT_TAKEN": 1}
            moved, stayed = (one, other) if responses[0].status_code == 200 else (other, one)
            assert events_of(moved) == ["created", "rescheduled"]
            assert events_of(stayed) == ["created"]
            assert where(moved) == noon
            assert where(stayed) == datetime.fromisoformat(stayed["timeSlot"]["startTime"])


def where(booking: dict) -> datetime:
    """When it is, which its one live allocation says as well."""
    row = Booking.objects.get(pk=booking["id"])
    kept = Allocation.objects.get(booking=row, released_at=None)
    assert (kept.starts_at, kept.ends_at) == (row.starts_at, row.ends_at)
    assert kept.lane.resource_id == row.resource_id
    return row.starts_at


def test_a_booking_that_two_move_at_once_ends_in_one_place(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking = booked(desk.book(ten))
            hours = [ten + timedelta(hours=n) for n in (2, 4)]
            responses = at_once(*[lambda b=booking, at=at: desk.move(b, at) for at in hours])

            assert answers(responses) == {"200": 2}
            last = max(responses, key=lambda response: response.json()["data"]["version"])
            assert last.json()["data"]["version"] == 3
            start = last.json()["data"]["timeSlot"]["startTime"]
            assert where(booking) == datetime.fromisoformat(start)


def test_two_who_change_places_do_not_wait_for_each_other(desk, haircut, anna, ben):
    haircut.resources.add(ben)
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one = booked(desk.book(ten, resourceId=str(anna.pk)))
            other = booked(desk.book(ten, resourceId=str(ben.pk)))
            noon = ten + timedelta(hours=2)
            responses = at_once(
                lambda b=one, at=noon: desk.move(b, at, resourceId=str(ben.pk)),
                lambda b=other, at=noon: desk.move(b, at, resourceId=str(anna.pk)),
            )

            assert answers(responses) == {"200": 2}
            assert where(one) == where(other) == noon
            assert nothing_overlaps()


def test_of_two_swaps_of_the_same_bookings_at_once_one_happens(desk, salon, haircut, anna, ben):
    """Each read version 1 of both, and they name them in opposite order."""
    haircut.resources.set([anna, ben])
    caller = Caller.command(salon.pk)
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            one = booked(desk.book(ten, resourceId=str(anna.pk)))
            other = booked(desk.book(ten + 2 * HALF_AN_HOUR, resourceId=str(ben.pk)))

            def swap(first: dict, second: dict):
                both = [Booking.objects.get(pk=each["id"]) for each in (first, second)]
                return swap_bookings(*both, caller=caller, expected_versions=(1, 1))

            results = at_once(lambda a=one, b=other: swap(a, b), lambda a=one, b=other: swap(b, a))

            assert sorted(type(each).__name__ for each in results) == ["StaleVersion", "tuple"]
            assert where(one) == ten + 2 * HALF_AN_HOUR
            assert where(other) == ten
            assert events_of(one) == events_of(other) == ["created", "rescheduled"]
            assert nothing_overlaps()


def test_a_time_is_held_or_booked_and_never_both(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            responses = at_once(lambda at=ten: desk.hold(at), lambda at=ten: desk.book(at))

            assert answers(responses) == {"201": 1, "409 SLOT_TAKEN": 1}
            holds = Hold.objects.filter(starts_at=ten).count()
            assert holds + Booking.objects.filter(starts_at=ten).count() == 1
            assert len([each for each in live() if each.starts_at == ten]) == 1


def test_a_booking_moved_while_it_is_cancelled_keeps_no_time(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            booking, noon = booked(desk.book(ten)), ten + timedelta(hours=2)
            moved, cancelled = at_once(
                lambda b=booking, at=noon: desk.move(b, at), lambda b=booking: desk.cancel(b)
            )

            assert cancelled.status_code == 200
            if moved.status_code == 200:
                assert events_of(booking) == ["created", "rescheduled", "cancelled"]
            else:
                assert answers([moved]) == {"409 ILLEGAL_TRANSITION": 1}
                assert events_of(booking) == ["created", "cancelled"]
            assert live() == []


def test_somebody_who_books_two_things_at_once_is_one_customer(desk, haircut, anna, ben):
    haircut.resources.add(ben)
    with rivals(2) as at_once:
        for number, ten in enumerate(ten_o_clock_of_each_day()):
            email = f"new{number}@example.com"
            responses = at_once(
                *[
                    lambda who=who, at=ten, email=email: desk.book(
                        at, email=email, resourceId=str(who.pk)
                    )
                    for who in (anna, ben)
                ]
            )

            assert answers(responses) == {"201": 2}
            ids = {response.json()["data"]["customerId"] for response in responses}
            assert len(ids) == 1
            assert Customer.objects.count() == number + 1


def test_a_table_shared_by_many_is_never_taken_twice(desk, haircut, salon, anna, ben):
    """Each booking takes somebody and the one table: two locks, one order, no circle."""
    kind = ResourceTypeFactory(organization=salon, key="table")
    table = ResourceFactory(organization=salon, type=kind)
    haircut.resources.set([anna, ben, table])
    Requirement.objects.create(service=haircut, type=anna.type, position=0)
    Requirement.objects.create(service=haircut, type=kind, position=1)
    with rivals(12) as at_once:
        for ten in ten_o_clock_of_each_day():
            staff = [anna, ben]
            responses = at_once(
                *[
                    lambda ten=ten, who=staff[n % 2]: desk.book(ten, resourceId=str(who.pk))
                    for n in range(12)
                ]
            )

            assert answers(responses) == {"201": 1, "409 SLOT_TAKEN": 11}
            assert nothing_overlaps()
    assert len(live()) == 2 * ROUNDS


def test_the_last_booking_of_a_day_is_given_once(desk, haircut, salon, anna, ben):
    """A limit is a count over several resources: the service's own row puts them in line."""
    haircut.resources.set([anna, ben])
    haircut.limit_per_day = 1
    haircut.save()
    with rivals(12) as at_once:
        for ten in ten_o_clock_of_each_day():
            starts = [ten + timedelta(minutes=30 * n) for n in range(12)]
            responses = at_once(*[lambda at=at: desk.book(at) for at in starts])

            assert answers(responses) == {"201": 1, "409 LIMIT_DAY": 11}


def test_a_series_and_single_bookings_wait_for_each_other(desk, haircut):
    with rivals(6) as at_once:
        for number, ten in enumerate(ten_o_clock_of_each_day()[:10]):
            hour = timedelta(hours=number % 2)
            wish = {"timeSlot": slot(ten + hour), "recurrence": "FREQ=DAILY;COUNT=3"}
            series = [lambda wish=wish: desk.series(wish)] * 2
            single = [lambda at=ten + hour: desk.book(at)] * 4
            responses = at_once(*series, *single)

            told = answers(responses)
            assert told["201"] <= 1
            assert all(key == "201" or key.startswith("409 ") for key in told)
            assert nothing_overlaps()
