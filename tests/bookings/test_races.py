"""Everybody wants the same time at once: real threads, each with its own connection, 20 rounds.

No round cleans up after itself; each has a day of its own.
"""

from datetime import datetime, timedelta

import pytest

from bookings.models import Booking, Customer, Hold, Requirement
from core.models import Event
from tests.bookings.racing import (
    HALF_AN_HOUR,
    ROUNDS,
    Desk,
    answers,
    live,
    nothing_overlaps,
    slot,
    ten_o_clock_of_each_day,
)
from tests.factories import ResourceFactory, ResourceTypeFactory
from tests.rivals import rivals

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("in_order", "no_deadlocks", "busy_times"),
]


@pytest.fixture
def desk(salon, haircut) -> Desk:
    return Desk(salon)


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


def test_a_time_is_held_or_booked_and_never_both(desk):
    with rivals(2) as at_once:
        for ten in ten_o_clock_of_each_day():
            responses = at_once(lambda at=ten: desk.hold(at), lambda at=ten: desk.book(at))

            assert answers(responses) == {"201": 1, "409 SLOT_TAKEN": 1}
            holds = Hold.objects.filter(starts_at=ten).count()
            assert holds + Booking.objects.filter(starts_at=ten).count() == 1
            assert len([each for each in live() if each.starts_at == ten]) == 1


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
