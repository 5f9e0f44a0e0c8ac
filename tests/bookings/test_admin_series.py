"""Series in the console: an appointment is repeated, and several are changed in one go."""

from datetime import timedelta

import pytest

from bookings.models import Booking, Series
from core.access import Role
from tests.console import desk_for, shown

pytestmark = pytest.mark.django_db


def page_of(booking, below="change/") -> str:
    return f"/admin/bookings/booking/{booking.pk}/{below}"


@pytest.fixture
def desk(salon):
    return desk_for(salon)


@pytest.fixture
def repeated(desk, book):
    booking = book()
    weekly = {"every": "WEEKLY", "count": "3", "book": "ALL_OR_NOTHING"}
    assert desk.post(page_of(booking, "repeat/"), weekly).status_code == 302
    return booking


def test_what_can_be_had_is_shown_before_it_is_booked(desk, book, ten_o_clock):
    booking = book()
    book(at=ten_o_clock + timedelta(days=7))

    wish = {"every": "WEEKLY", "count": "3"}
    page = desk.get(page_of(booking, "repeat/"), wish)
    german = desk.get(page_of(booking, "repeat/"), wish, headers={"Accept-Language": "de"})

    assert "Book those that are free and tell the customer" in shown(page)
    assert "This time is no longer free." in shown(page)
    assert "Diese Zeit ist nicht mehr frei." in shown(german)
    assert Booking.objects.count() == 2
    assert Series.objects.count() == 0


def test_a_booking_is_repeated_as_it_was_booked(desk, repeated):
    first, second, third = Booking.objects.order_by("starts_at")

    assert first == repeated
    assert [one.series_position for one in (first, second, third)] == [0, 1, 2]
    assert third.starts_at - first.starts_at == timedelta(days=14)
    assert {(one.name, one.inquiry, one.resource_id) for one in (first, second, third)} == {
        ("Mia Müller", "As last time", first.resource_id)
    }
    page = desk.get(page_of(second))
    assert "Cancel several…" in shown(page)
    again = desk.post(page_of(repeated, "repeat/"), {"book": "ALL_OR_NOTHING"})
    assert again.status_code == 302
    assert Booking.objects.count() == 3


def test_of_the_others_only_the_times_are_read(desk, repeated, django_assert_num_queries):
    with django_assert_num_queries(11) as asked:
        page = shown(desk.get(page_of(repeated)))

    assert "Mon 30 Nov, 10:00–10:30" in page
    (of_series,) = [one["sql"] for one in asked if '"series_position" ASC' in one["sql"]]
    assert "inquiry" not in of_series


def test_a_conflict_that_comes_meanwhile_books_nothing(desk, book, ten_o_clock):
    booking = book()
    book(at=ten_o_clock + timedelta(days=7))

    page = desk.post(
        page_of(booking, "repeat/"), {"every": "WEEKLY", "count": "3", "book": "ALL_OR_NOTHING"}
    )

    assert "These times cannot be had: Mon 23 Nov, 10:00." in shown(page)
    assert Booking.objects.count() == 2


def test_several_are_confirmed_and_cancelled_from_one_of_them(desk, repeated):
    second = Booking.objects.get(series_position=1)
    desk.post(page_of(second, "series/confirm/"), {})
    assert set(Booking.objects.values_list("status", flat=True)) == {"CONFIRMED"}

    page = desk.get(page_of(second, "series/cancel/"))
    assert "Cancel 2 bookings and tell the customer" in shown(page)
    desk.post(page_of(second, "series/cancel/"), {"scope": "FOLLOWING", "reason": "She moved"})

    statuses = Booking.objects.order_by("series_position").values_list("status", flat=True)
    assert list(statuses) == ["CONFIRMED", "CANCELLED", "CANCELLED"]


def test_a_series_moves_from_the_page_of_one(desk, repeated):
    second = Booking.objects.get(series_position=1)
    start = second.starts_at + timedelta(hours=2)

    answer = desk.post(
        page_of(second, "reschedule/"),
        {
            "move": "1",
            "scope": "ALL",
            "start": start.isoformat(),
            "minutes": "30",
            "resource": str(second.resource_id),
            "version": "1",
        },
    )

    assert answer.status_code == 302
    starts = Booking.objects.order_by("series_position").values_list("starts_at", flat=True)
    assert [one.hour for one in starts] == [11, 11, 11]


def test_who_may_only_look_repeats_nothing(salon, book):
    booking = book()
    viewer = desk_for(salon, Role.VIEWER)

    assert viewer.get(page_of(booking, "repeat/")).status_code == 403
    assert "Repeat…" not in shown(viewer.get(page_of(booking)))
