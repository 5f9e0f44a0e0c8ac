"""Booking what is not on offer from the console: for who may, with a reason."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking
from core.access import Role
from core.models import Event
from tests.console import desk_for, shown

pytestmark = pytest.mark.django_db

NEW = "/admin/bookings/booking/add/"
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)  # in Berlin
OFFER = "Take Mon 16 Nov, 10:00 all the same"
JONAS = {
    "name": "Jonas Weber",
    "email": "jonas@example.com",
    "company": "Weber KG",
    "inquiry": "Short at the sides",
}


@pytest.fixture
def manager(salon, clock):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def form(manager, haircut):
    page = manager.get(f"{NEW}?day=2026-11-16")
    return {
        "token": page.context["token"],
        "service": str(haircut.pk),
        "minutes": "30",
        "day": "2026-11-16",
        "start": TEN.isoformat(),
        **JONAS,
    }


def test_a_refused_time_is_offered_all_the_same_and_taken_with_a_reason(manager, form, book):
    mia = book()

    refused = manager.send(NEW, go="book", **form)
    assert "10:00 is no longer free." in shown(refused)
    assert OFFER in shown(refused)
    again = {**form, "start": "", "refused_start": refused.context["anyway"].isoformat()}
    unsaid = manager.send(NEW, go="overbook", overbook_reason=" ", **again)
    assert "Say why it is booked all the same." in shown(unsaid)
    assert OFFER in shown(unsaid)
    assert Booking.objects.count() == 1
    manager.send(NEW, go="overbook", overbook_reason="She flies home tonight", **again)

    jonas = Booking.objects.exclude(pk=mia.pk).get()
    assert (jonas.name, jonas.starts_at, jonas.is_overbooked) == ("Jonas Weber", TEN, True)
    page = shown(manager.get(f"/admin/bookings/booking/{jonas.pk}/change/"))
    assert "One too many" in page
    assert "“She flies home tonight”" in page


@pytest.mark.parametrize(
    ("day", "wall", "sentence"),
    [
        ("2026-11-16", "20:00", "This time is outside opening hours."),
        ("2026-11-03", "09:30", "This time is too soon to be booked."),
    ],
)
def test_outside_hours_and_inside_the_notice_likewise(manager, form, day, wall, sentence):
    asked = {**form, "day": day, "start": "", "other_time": wall}

    refused = manager.send(NEW, go="book", **asked)
    assert sentence in shown(refused)
    start = refused.context["anyway"].isoformat()
    manager.send(NEW, go="overbook", overbook_reason="Asked for", refused_start=start, **asked)

    booking = Booking.objects.get()
    assert f"{booking.starts_at + timedelta(hours=1):%Y-%m-%d %H:%M}" == f"{day} {wall}"
    assert not booking.is_overbooked  # nobody else is there then


def test_what_is_past_is_never_offered(manager, form):
    refused = manager.send(NEW, go="book", **{**form, "day": "2026-11-02", "other_time": "10:00"})

    assert "This time is in the past." in shown(refused)
    assert refused.context["anyway"] is None


def test_without_the_permission_nothing_is_offered_or_done(salon, form, book):
    book()
    clerk = desk_for(salon, Role.STAFF)

    refused = clerk.send(NEW, go="book", **form)
    assert "10:00 is no longer free." in shown(refused)
    assert OFFER not in shown(refused)
    before = Event.objects.count()
    clerk.send(NEW, go="overbook", overbook_reason="Because", refused_start=TEN.isoformat(), **form)

    assert Booking.objects.count() == 1
    assert Event.objects.count() == before


def test_a_booking_is_moved_onto_another_all_the_same(manager, salon, book):
    book()
    later = book(at=TEN + timedelta(hours=2))
    page = f"/admin/bookings/booking/{later.pk}/reschedule/"
    asked = {"day": "2026-11-16", "minutes": "30", "version": "1"}

    refused = manager.send(page, move="1", start=TEN.isoformat(), **asked)
    assert OFFER in shown(refused)
    clerk = desk_for(salon, Role.STAFF)
    sent = {**asked, "move": "overbook", "refused_start": TEN.isoformat()}
    clerk.send(page, overbook_reason="Because", **sent)
    manager.send(page, overbook_reason="", **sent)
    later.refresh_from_db()
    assert (later.starts_at, later.version) == (TEN + timedelta(hours=2), 1)
    manager.send(page, overbook_reason="Twins", **sent)

    later.refresh_from_db()
    assert (later.starts_at, later.is_overbooked, later.version) == (TEN, True, 2)
    assert "“Twins”" in shown(manager.get(f"/admin/bookings/booking/{later.pk}/change/"))
    assert len(later.allocations.filter(released_at=None)) == 1


def test_moved_by_a_quarter_of_an_hour_it_is_not_in_its_own_way(manager, book):
    booking = book()
    page = f"/admin/bookings/booking/{booking.pk}/reschedule/"
    start = TEN + timedelta(minutes=15)

    manager.send(
        page,
        move="overbook",
        day="2026-11-16",
        refused_start=start.isoformat(),
        overbook_reason="Late train",
    )

    booking.refresh_from_db()
    assert (booking.starts_at, booking.is_overbooked) == (start, False)
