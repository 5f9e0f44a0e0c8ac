"""The calendar of the console: what is booked, held, off and free, in a day and in a week."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.admin.timegrid import grid_of, side_by_side
from bookings.availability.intervals import Interval
from bookings.availability.rules import midnight
from bookings.models import Requirement, TimeOff, WeeklyHours
from bookings.services.hold import new_token, place_hold
from core.access import Role
from tests.console import desk_for, shown
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db

CALENDAR = "/admin/calendar/"
MONDAY = f"{CALENDAR}?day=2026-11-16"
BERLIN = ZoneInfo("Europe/Berlin")
# session, user, membership, menu; resources, services; bookings, sessions, what they keep busy,
# lines, hours and what is busy; why something is one too many
QUERIES = 13


def at(hour: int, minute: int = 0, *, day: int = 16) -> datetime:
    """Return a time in November 2026 on Berlin's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


def told(column) -> list[tuple[str, str, float, float]]:
    """Return what stands in a column: kind, name, and where in the grid it is."""
    return [
        (one.kind, one.booking.name if one.booking else one.text, one.at, one.length)
        for one in column.entries
    ]


def test_a_day_shows_what_is_booked_held_off_and_free(desk, salon, anna, book, haircut, staff):
    book(at=at(10))
    place_hold(service=haircut, starts_at=at(11), minutes=60, token=new_token(), caller=staff)
    WeeklyHours.objects.create(
        schedule=anna.schedules.get(), weekday=0, opens=time(12), closes=time(13), is_break=True
    )
    TimeOff.objects.create(
        organization=salon,
        resource=anna,
        starts_on=date(2026, 11, 16),
        starts_at_time=time(16),
        ends_on=date(2026, 11, 16),
        last_on=date(2026, 11, 16),
        reason="Dentist",
    )

    page = desk.get(MONDAY)

    (column,) = page.context["columns"]
    assert page.context["grid"].labels()[0] == "09:00"
    assert told(column) == [
        ("free", "free", 0, 1),
        ("booked", "Mia Müller", 1, 0.5),
        ("free", "free", 1.5, 0.5),
        ("held", "kept for somebody", 2, 1),
        ("off", "Break", 3, 1),
        ("free", "free", 4, 3),
        ("off", "Time off", 7, 1),
    ]
    assert "10:00–10:30 Mia Müller, Haircut (Pending)" in shown(page)
    assert "Times are in Europe/Berlin (UTC+01:00)." in shown(page)
    assert "Dentist" not in shown(page)
    assert f"/admin/bookings/resource/{anna.pk}/days-off/" in shown(page)


def test_what_is_held_is_held_at_one_of_them_alone(desk, haircut, ben, clock, staff):
    haircut.resources.add(ben)
    place_hold(service=haircut, starts_at=at(11), minutes=60, token=new_token(), caller=staff)

    columns = desk.get(MONDAY).context["columns"]

    kinds = sorted([one.kind for one in column.entries] for column in columns)
    assert kinds == [["free"], ["free", "held", "free"]]


def test_a_holiday_says_its_name(desk, salon, anna):
    salon.holiday_country = "DE"
    salon.save()

    page = desk.get(f"{CALENDAR}?day=2026-12-25")

    (column,) = page.context["columns"]
    assert [(one.kind, one.text) for one in column.entries] == [("off", "Christmas Day")]
    assert column.open == []


def test_a_week_shows_every_resource_on_every_day(desk, anna, ben, book):
    book(at=at(10, day=18))

    page = desk.get(f"{MONDAY}&view=week")

    anna_row, ben_row = page.context["rows"]
    assert [column.day.day for column in anna_row] == [15, 16, 17, 18, 19, 20, 21]
    assert [len(column.entries) for column in anna_row] == [0, 1, 1, 3, 1, 1, 0]
    assert {column.resource for column in ben_row} == {ben}
    german = desk.get(f"{MONDAY}&view=week", headers={"Accept-Language": "de"})
    assert german.context["rows"][0][0].day == date(2026, 11, 16)  # weeks begin on Monday there


def test_one_alone_is_a_week_of_one_resource(desk, anna, ben):
    page = desk.get(f"{MONDAY}&view=resource&resource={ben.pk}")

    assert [column.day.day for column in page.context["columns"]] == [15, 16, 17, 18, 19, 20, 21]
    assert {column.resource for column in page.context["columns"]} == {ben}
    usual = desk.get(f"{MONDAY}&view=resource")
    assert {column.resource for column in usual.context["columns"]} == {anna}


def test_a_booking_stands_at_everything_that_it_takes(desk, salon, haircut, anna, book):
    table = ResourceFactory(
        organization=salon,
        name="Table",
        type=ResourceTypeFactory(organization=salon, key="table", name="Table"),
    )
    haircut.resources.add(table)
    Requirement.objects.create(service=haircut, type=anna.type)
    Requirement.objects.create(service=haircut, type=table.type, position=1)
    booking = book(at=at(10))

    columns = desk.get(MONDAY).context["columns"]

    assert [column.resource.name for column in columns] == ["Anna", "Table"]
    assert [[one.booking for one in column.entries if one.booking] for column in columns] == [
        [booking],
        [booking],
    ]


def test_what_is_one_too_many_stands_beside_the_other_and_says_why(desk, book):
    book(at=at(10), minutes=60)
    book(at=at(10), overbook_reason="She flies home tonight")

    page = desk.get(MONDAY)

    (column,) = page.context["columns"]
    booked = [one for one in column.entries if one.booking]
    assert [(one.side, one.sides, one.booking.is_overbooked) for one in booked] == [
        (0, 2, True),
        (1, 2, False),
    ]
    assert "One too many: She flies home tonight" in shown(page)


def test_a_free_time_leads_to_the_form_with_time_and_resource_chosen(desk, anna, book):
    book(at=at(9))

    (column,) = desk.get(MONDAY).context["columns"]
    form = desk.get(next(one.url for one in column.entries if one.kind == "free"))

    assert (form.context["draft"].resource, form.context["draft"].start) == (anna, at(9, 30))


def test_filters_choose_whose_lines_are_shown(desk, salon, haircut, anna, ben, book):
    color = ServiceFactory(organization=salon, name="Color", slug="color", resources=[ben])
    room = ResourceFactory(
        organization=salon, name="Room", type=ResourceTypeFactory(organization=salon, key="room")
    )
    haircut.resources.add(ben)
    book(at=at(10), resource=ben)

    def names(query: str) -> list[str]:
        return [one.resource.name for one in desk.get(f"{MONDAY}&{query}").context["columns"]]

    assert names("") == ["Anna", "Ben", "Room"]
    assert names(f"type={room.type_id}") == ["Room"]
    assert names(f"resource={anna.pk}") == ["Anna"]
    assert names(f"service={color.pk}") == ["Ben"]
    (column,) = desk.get(f"{MONDAY}&service={color.pk}").context["columns"]
    (booked,) = [one for one in column.entries if one.booking]
    assert booked.is_beside  # Ben is busy all the same, with a haircut
    free = next(one for one in column.entries if one.kind == "free")
    assert f"service={color.pk}" in free.url


@pytest.mark.parametrize("view", ["day", "week", "resource"])
def test_a_page_asks_as_often_with_many_bookings_as_with_few(
    desk, salon, anna, ben, haircut, book, django_assert_num_queries, view
):
    book(at=at(9), overbook_reason="On purpose")
    book(at=at(9), overbook_reason="On purpose")
    with django_assert_num_queries(QUERIES):
        desk.get(f"{MONDAY}&view={view}")
    haircut.resources.add(ben, *(ResourceFactory(organization=salon) for _ in range(5)))
    for half_hour in range(2, 12):
        book(at=at(9) + half_hour * timedelta(minutes=30))
    with django_assert_num_queries(QUERIES):
        page = desk.get(f"{MONDAY}&view={view}")
    assert page.status_code == 200


def test_who_may_only_look_is_offered_nothing_to_do(salon, book):
    book(at=at(10))

    page = shown(desk_for(salon, Role.VIEWER).get(MONDAY))

    assert "Mia Müller" in page
    assert "/booking/add/" not in page


def test_other_organizations_days_are_their_own(salon, anna, haircut, book):
    book(at=at(10))
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    page = elsewhere.get(
        f"{MONDAY}&resource={anna.pk}&service={haircut.pk}&type={anna.type_id}&view=week"
    )

    assert page.context["columns"] == []
    assert "Mia" not in shown(page)
    assert "Anna" not in shown(page)


@pytest.mark.parametrize(
    "query", ["day=x", "day=0001-01-01", "day=9999-12-31", "view=x", "resource=x", "type=x"]
)
def test_nonsense_in_the_address_is_passed_over(desk, anna, query):
    page = desk.get(f"{CALENDAR}?{query}")

    assert page.context["wish"].day == date(2026, 11, 3)
    assert page.context["is_now"]


def test_a_resource_in_another_zone_says_so_and_stands_where_it_works(desk, salon, anna):
    ResourceFactory(organization=salon, name="Zoe", timezone="Europe/London")

    page = desk.get(MONDAY)

    _, zoe = page.context["columns"]
    assert zoe.open == [Interval(at(10), at(18))]
    assert [(one.at, one.length) for one in zoe.entries] == [(1, 8)]
    assert "works in Europe/London" in shown(page)


SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "rows", "until_nine"),
    [(SPRING, 24, 8), (AUTUMN, 25, 10), (date(2026, 11, 16), 24, 9)],
)
def test_nine_o_clock_is_one_line_also_when_the_clocks_are_changed(day, rows, until_nine):
    week = [day + timedelta(days=n) for n in range(-6, 1)]
    nine = datetime.combine(day, time(9), BERLIN).astimezone(UTC)
    whole = Interval(midnight(week[0], BERLIN), midnight(day + timedelta(days=1), BERLIN))

    grid = grid_of(BERLIN, week, [whole])

    assert len(grid) == rows
    assert (nine - midnight(day, BERLIN)) // timedelta(hours=1) == until_nine
    day_before_at_nine = datetime.combine(week[5], time(9), BERLIN).astimezone(UTC)
    assert grid.at(nine, day) == grid.at(day_before_at_nine, week[5])
    assert grid.labels()[int(grid.at(nine, day))] == "09:00"
    assert len(grid.missing_on(day)) == (1 if day == SPRING else 0)


@pytest.mark.parametrize(("day", "rows"), [(SPRING, 24), (AUTUMN, 25)])
def test_the_page_shows_every_hour_of_that_week(desk, salon, rows, day):
    kennel = ResourceFactory(organization=salon, name="Kennel", is_always_open=True)

    page = desk.get(f"{CALENDAR}?view=resource&resource={kennel.pk}&day={day}")

    assert len(page.context["grid"]) == rows
    gaps = [len(column.missing) for column in page.context["columns"]]
    # In spring one day lacks an hour; in autumn the six others lack the one that is doubled.
    assert sorted(gaps) == ([0] * 6 + [1] if day == SPRING else [0] + [1] * 6)
    if day == SPRING:  # ahead: free from midnight to midnight, whatever the length of the day
        free = [one for column in page.context["columns"] for one in column.entries]
        assert {(one.at, one.length) for one in free} == {(0, 24)}


def test_the_doubled_hour_has_two_rows():
    night = midnight(AUTUMN, BERLIN)
    grid = grid_of(BERLIN, [AUTUMN], [Interval(night, night + timedelta(hours=5))])

    assert grid.labels() == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert [grid.at(night + n * timedelta(minutes=90), AUTUMN) for n in range(4)] == [
        0,
        1.5,
        3,
        4.5,
    ]


def test_what_overlaps_stands_abreast_and_what_follows_has_the_whole_width():
    places = [(0.0, 2.0), (0.5, 1.0), (1.0, 2.0), (2.0, 3.0)]

    assert side_by_side(places) == [(0, 2), (1, 2), (1, 2), (0, 1)]
