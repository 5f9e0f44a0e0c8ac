"""Moving a booking: other times offered, the same engine, nothing moved unseen."""

from datetime import timedelta

import pytest

from bookings.models import Allocation, Booking
from bookings.services.status import cancel_booking, confirm_booking
from core.models import Event
from tests.bookings.test_admin_making import offered
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def mia(book):
    return book()


def move_page(booking: Booking) -> str:
    return f"/admin/bookings/booking/{booking.pk}/reschedule/"


def test_the_other_times_of_its_day_are_offered_and_its_own_counts_as_free(
    desk, mia, book, ten_o_clock
):
    book(at=ten_o_clock + HOUR)

    page = desk.get(move_page(mia))

    times = offered(page)
    assert "10:00" in times
    assert "11:00" not in times
    assert "The customer gets the message “New time” at mia@example.com." in shown(page)


def test_a_time_that_a_link_proposes_is_filled_in(desk, mia):
    query = "day=2026-11-16&other_time"

    on_the_grid = shown(desk.get(f"{move_page(mia)}?{query}=11:00"))
    assert 'value="2026-11-16T10:00:00+00:00" checked' in on_the_grid
    assert 'name="other_time" value=""' in on_the_grid
    off_the_grid = shown(desk.get(f"{move_page(mia)}?{query}=11:10"))
    assert 'name="other_time" value="11:10"' in off_the_grid
    assert "checked" not in off_the_grid


def test_it_moves_to_the_time_that_was_chosen(desk, mia, ten_o_clock):
    answer = desk.send(
        move_page(mia),
        version=1,
        day="2026-11-16",
        minutes=60,
        resource=mia.resource_id,
        start=(ten_o_clock + HOUR).isoformat(),
        move="1",
    )

    mia.refresh_from_db()
    assert answer.url == f"/admin/bookings/booking/{mia.pk}/change/"
    assert said(answer) == [f"{mia.reference} is now Mon 16 Nov, 11:00–12:00."]
    assert (mia.starts_at, mia.ends_at) == (ten_o_clock + HOUR, ten_o_clock + 2 * HOUR)
    assert Allocation.objects.get(released_at=None).starts_at == ten_o_clock + HOUR
    assert Event.objects.get(name="booking.rescheduled").actor_id == desk.user.pk


def test_anyone_who_is_free_may_take_it_over(desk, mia, haircut, ben, book, ten_o_clock):
    haircut.resources.add(ben)
    book(at=ten_o_clock + HOUR, resource=mia.resource)

    desk.send(
        move_page(mia),
        version=1,
        day="2026-11-16",
        minutes=30,
        resource="any",
        start=(ten_o_clock + HOUR).isoformat(),
        move="1",
    )

    mia.refresh_from_db()
    assert (mia.starts_at, mia.resource) == (ten_o_clock + HOUR, ben)


def test_a_time_that_was_taken_meanwhile_is_refused_with_others(desk, mia, book, ten_o_clock):
    book(at=ten_o_clock + HOUR)

    page = desk.send(
        move_page(mia),
        version=1,
        day="2026-11-16",
        minutes=30,
        resource=mia.resource_id,
        start=(ten_o_clock + HOUR).isoformat(),
        move="1",
    )

    assert page.context["refused"] == "11:00 is no longer free. 10:00, 10:30 and 11:30 are."
    mia.refresh_from_db()
    assert (mia.starts_at, mia.version) == (ten_o_clock, 1)


def test_a_second_click_moves_nothing_further(desk, mia, ten_o_clock):
    fields = {
        "version": 1,
        "day": "2026-11-16",
        "minutes": 30,
        "resource": mia.resource_id,
        "start": (ten_o_clock + HOUR).isoformat(),
        "move": "1",
    }
    desk.send(move_page(mia), **fields)

    assert desk.send(move_page(mia), **fields).status_code == 302
    assert Event.objects.filter(name="booking.rescheduled").count() == 1


def test_what_somebody_else_changed_meanwhile_is_not_moved(desk, mia, staff, ten_o_clock):
    confirm_booking(mia, caller=staff)

    page = desk.send(
        move_page(mia),
        version=1,
        day="2026-11-16",
        minutes=30,
        resource=mia.resource_id,
        start=(ten_o_clock + HOUR).isoformat(),
        move="1",
    )

    assert page.context["refused"].startswith("Somebody changed this since you opened it.")
    mia.refresh_from_db()
    assert mia.starts_at == ten_o_clock


def test_what_is_over_is_not_moved(desk, mia, staff):
    cancel_booking(mia, caller=staff)

    assert said(desk.get(move_page(mia))) == ["This booking is over, so it cannot be moved."]


def test_staff_of_another_organization_do_not_take_it_over(desk, mia, anna, ten_o_clock):
    theirs = ResourceFactory(organization=OrganizationFactory(name="Elsewhere"))

    desk.send(
        move_page(mia),
        version=1,
        day="2026-11-16",
        minutes=30,
        resource=theirs.pk,
        start=(ten_o_clock + HOUR).isoformat(),
        move="1",
    )

    mia.refresh_from_db()
    assert mia.resource == anna  # who had it stays


@pytest.mark.parametrize(
    "query",
    [
        "day=x",
        "day=0001-01-01",
        "minutes=x",
        "minutes=-5",
        "resource=x",
        "start=x",
        "day=9999-12-31",
    ],
)
def test_nonsense_in_the_address_is_passed_over(desk, mia, query):
    assert desk.get(f"{move_page(mia)}?{query}").status_code == 200
