"""Whose clock the console speaks of: the organization's, by name and offset, on every page."""

from datetime import UTC, datetime

import pytest

from core.access import Role
from tests.console import desk_for, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_the_desk(salon, clock):
    return desk_for(salon, Role.OWNER)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "calendar/",
        "find/?q=mia",
        "bookings/booking/",
        "bookings/booking/{booking.pk}/cancel/",
        "bookings/booking/{booking.pk}/reschedule/",
        "bookings/booking/add/?day=2026-11-16",
        "bookings/customer/{booking.customer_id}/change/",
        "notifications/delivery/",
    ],
)
def test_every_page_says_its_zone_by_name_and_offset_once(at_the_desk, book, path):
    page = shown(at_the_desk.get(f"/admin/{path.format(booking=book())}"))

    assert page.count("Times are in Europe/Berlin (UTC+01:00).") == 1


def test_a_booking_says_the_offset_of_its_own_day_here_and_at_the_customers(
    at_the_desk, book, haircut
):
    haircut.horizon_days = 365
    haircut.save()
    booking = book(at=datetime(2027, 7, 1, 8, tzinfo=UTC), timezone="Asia/Kathmandu")

    page = shown(at_the_desk.get(f"/admin/bookings/booking/{booking.pk}/change/"))

    assert "Thu 1 Jul 2027, 10:00–10:30" in page
    assert "Europe/Berlin (UTC+02:00)" in page
    assert "for the customer 13:45 in Asia/Kathmandu (UTC+05:45)" in page
    assert "Times are in" not in page


@pytest.mark.parametrize("path", ["", "bookings/booking/add/"])
def test_the_day_on_which_clocks_are_changed_says_both_offsets(at_the_desk, haircut, path):
    page = shown(at_the_desk.get(f"/admin/{path}?day=2027-03-28"))

    assert "Times are in Europe/Berlin (UTC+01:00, then UTC+02:00)." in page
