"""The start page: who comes, what is free, what waits, what went wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.admin.today import axis_of, spots_of
from bookings.availability.intervals import Interval
from bookings.selectors.agenda import agenda_of
from bookings.selectors.statistics import bookings_by_day
from bookings.services.hold import new_token, place_hold
from bookings.services.status import cancel_booking
from core.access import Caller, Role
from core.models import Outbox
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# session, user, membership, menu; six kinds of trouble; bookings, sessions, resources, hours and
# busy; how many wait and the first of them; the two weeks
START_PAGE_QUERIES = 20
MONDAY = Interval(
    datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 16, 23, tzinfo=UTC)
)  # 16 November in Berlin


def everybody(salon):
    return Caller.command(salon.pk)


def at(hour: int, minute: int = 0) -> datetime:
    """Return a time of that Monday on Berlin's clock."""
    return MONDAY.start + timedelta(hours=hour, minutes=minute)


@pytest.fixture
def line(salon, book):
    def line(now=None):
        (found,) = agenda_of(everybody(salon), MONDAY, now=now or at(0))
        return found

    return line


def test_what_is_open_and_not_booked_is_free(line, book, clock, anna):
    book(at=at(10))
    book(at=at(12), minutes=60)

    found = line()

    assert found.resource == anna
    assert found.open == [Interval(at(9), at(17))]
    assert found.free == [
        Interval(at(9), at(10)),
        Interval(at(10, 30), at(12)),
        Interval(at(13), at(17)),
    ]
    assert [booking.starts_at for booking in found.bookings] == [at(10), at(12)]


def test_what_is_over_is_not_free(line, book):
    book(at=at(10))

    assert line(now=at(13, 30)).free == [Interval(at(13, 30), at(17))]
    assert line(now=at(16, 50)).free == []  # ten minutes are nothing to offer


def test_a_cancelled_booking_leaves_its_time_free(line, book, staff):
    cancel_booking(book(at=at(10)), caller=staff)

    assert line().bookings == []
    assert line().free == [Interval(at(9), at(17))]


def test_a_time_that_somebody_is_booking_right_now_is_not_free(line, clock, haircut, staff):
    place_hold(service=haircut, starts_at=at(9), minutes=60, token=new_token(), caller=staff)

    assert line(now=datetime.now(UTC)).free == [Interval(at(10), at(17))]


def test_a_resource_for_two_is_free_until_both_places_are_taken(salon, haircut, book):
    studio = ResourceFactory(organization=salon, name="Studio", lanes=2)
    haircut.resources.set([studio])
    book(at=at(10))
    found = {one.resource.name: one for one in agenda_of(everybody(salon), MONDAY, now=at(0))}
    assert found["Studio"].free == [Interval(at(9), at(17))]

    book(at=at(10))

    studio_line = {
        one.resource.name: one for one in agenda_of(everybody(salon), MONDAY, now=at(0))
    }["Studio"]
    assert studio_line.free == [Interval(at(9), at(10)), Interval(at(10, 30), at(17))]
    rows = [
        spot.row for spot in spots_of(studio_line, axis_of([studio_line], MONDAY)) if spot.booking
    ]
    assert rows == [0, 1]  # one below the other


def test_who_no_longer_works_here_is_shown_while_they_are_booked(salon, anna, book):
    book(at=at(10))
    anna.is_active = False
    anna.save()

    (found,) = agenda_of(everybody(salon), MONDAY, now=at(0))
    assert found.free == []
    assert len(found.bookings) == 1
    assert (
        agenda_of(everybody(salon), Interval(MONDAY.end, MONDAY.end + 24 * HOUR), now=at(0)) == []
    )


def test_the_axis_holds_whole_hours_from_the_first_opening_to_the_last_end(line, book):
    book(at=at(10))
    axis = axis_of([line()], MONDAY)

    assert (axis.start, axis.end) == (at(9), at(17))
    assert axis.at(at(13)) == 50.0
    assert [name for _, name in axis.hours()] == [
        f"{hour:02}:00" for hour in range(8, 16)
    ]  # UTC here


def test_a_day_without_anything_still_has_an_axis():
    axis = axis_of([], MONDAY)

    assert (axis.start, axis.end) == (at(9), at(17))


def test_bookings_are_counted_by_the_day_they_begin_on(salon, book, staff):
    book(at=at(10))
    book(at=at(11))
    cancel_booking(book(at=at(12)), caller=staff)
    book(at=at(10) + timedelta(days=1))

    counts = bookings_by_day(
        everybody(salon), date(2026, 11, 16), days=3, zone=ZoneInfo("Europe/Berlin")
    )

    assert [(count.day.day, count.pending, count.total) for count in counts] == [
        (16, 2, 2),
        (17, 1, 1),
        (18, 0, 0),
    ]


def test_the_start_page_asks_as_often_with_many_bookings_as_with_none(
    salon, book, ben, anna, haircut, django_assert_num_queries, clock
):
    desk = desk_for(salon, Role.OWNER)
    clock.move_to(at(8))
    with django_assert_num_queries(START_PAGE_QUERIES):
        desk.get("/admin/")
    haircut.minimum_notice_minutes = 0
    for half_hour in range(8):
        book(at=at(9) + half_hour * HOUR / 2)
    with django_assert_num_queries(START_PAGE_QUERIES):
        page = desk.get("/admin/")
    assert page.context["booked_today"] == 8


def test_the_start_page_names_who_comes_and_offers_what_is_free(salon, book, clock):
    booking = book(at=at(10))
    clock.move_to(at(8))

    page = shown(desk_for(salon).get("/admin/"))

    assert "Monday, 16 November 2026" in page
    assert f'href="/admin/bookings/booking/{booking.pk}/change/"' in page
    assert "10:00–10:30 Mia Müller, Haircut (Pending)" in page
    assert "/admin/bookings/booking/add/?resource=" in page


def test_another_day_can_be_looked_at(salon, book):
    book(at=at(10))

    page = desk_for(salon).get("/admin/?day=2026-11-16")

    assert page.context["booked_today"] == 1
    assert not page.context["is_today"]


@pytest.mark.parametrize("day", ["x", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_today(salon, clock, day):
    assert desk_for(salon).get(f"/admin/?day={day}").context["is_today"]


def test_who_may_only_look_is_offered_nothing_to_do(salon, book, clock):
    book(at=at(10))
    clock.move_to(at(8))

    page = shown(desk_for(salon, Role.VIEWER).get("/admin/"))

    assert "Mia Müller" in page
    assert "/confirm/" not in page
    assert "/add/" not in page


def test_requests_that_nobody_answered_are_told(salon, book, clock):
    book(at=at(10))
    clock.move_to(at(10) + timedelta(days=2))
    desk = desk_for(salon)

    page = desk.get("/admin/")

    (trouble,) = [one for one in page.context["troubles"] if "never answered" in one.sentence]
    assert trouble.count == 1
    assert desk.get(trouble.url).context["cl"].result_count == 1


def test_changes_that_nobody_hears_of_are_told(salon, book):
    book(at=at(10))
    desk = desk_for(salon)
    assert desk.get("/admin/").context["troubles"] == []
    minutes_ago = datetime.now(UTC) - timedelta(minutes=2)
    Outbox.objects.update(created_at=minutes_ago)

    (trouble,) = desk.get("/admin/").context["troubles"]

    assert trouble.sentence.startswith("1 change has waited for more than a minute")
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"))
    assert elsewhere.get("/admin/").context["troubles"] == []


def test_other_organizations_days_are_their_own(salon, book, clock):
    book(at=at(10))
    clock.move_to(at(8))
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    page = elsewhere.get("/admin/")

    assert page.context["lines"] == page.context["waiting"] == []
    assert "Mia" not in shown(page)
