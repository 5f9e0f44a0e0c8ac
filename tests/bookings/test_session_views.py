"""Everything that draws the calendar shows a group session once, with its number of places."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import GroupSession, Requirement
from bookings.selectors.feeds import feed_url
from bookings.services.feed import make_feed
from bookings.services.group_session import SessionDetails, cancel_session, create_session
from bookings.services.status import cancel_booking
from tests.calendar_files import events_in, says
from tests.console import desk_for, shown
from tests.factories import (
    CourseFactory,
    GroupSessionFactory,
    ResourceFactory,
    ResourceTypeFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CALENDAR = "/admin/calendar/"
WEDNESDAY = f"{CALENDAR}?day=2026-11-18"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon)


@pytest.fixture
def share(client, staff, settings):
    """Make a private address and read what is there."""
    settings.PUBLIC_BASE_URL = "http://testserver"

    def share(owner):
        address = feed_url(make_feed(owner, caller=staff))
        return lambda **headers: client.get(address.removeprefix("http://testserver"), **headers)

    return share


@pytest.mark.parametrize("view", ["day", "week", "resource"])
def test_the_calendar_shows_a_session_once_and_where_it_stands(desk, anna, tutorial, join, view):
    join("Ada")
    join("Max")

    page = desk.get(f"{WEDNESDAY}&view={view}&resource={anna.pk}")

    found = [
        entry
        for column in page.context["columns"]
        for entry in column.entries
        if column.day.day == 18
    ]
    assert [(one.kind, one.ends_at - one.starts_at) for one in found] == [
        ("free", 5 * HOUR),
        ("session", HOUR),
        ("free", 2 * HOUR),
    ]
    session = found[1]
    assert session.session == tutorial
    assert session.move_url == ""
    text = shown(page)
    assert text.count(f"/admin/bookings/groupsession/{tutorial.pk}/change/") == 1
    assert "14:00–15:00 Algebra I, group session, 2 of 3 places taken (Open)" in text
    assert "Ada" not in text


def test_a_day_of_many_sessions_is_read_as_often_as_one_of_a_single(
    desk, algebra, ben, tutorial, join, django_assert_num_queries
):
    with CaptureQueriesContext(
        connection,
    ) as once:
        desk.get(WEDNESDAY)
    for hour in range(4):
        session = GroupSessionFactory(
            service=algebra, resource=ben, starts_at=tutorial.starts_at - (hour + 1) * HOUR
        )
        join("Ada", session)

    with django_assert_num_queries(len(once)):
        page = desk.get(WEDNESDAY)

    bens = page.context["columns"][1].entries
    assert [one.kind for one in bens] == ["free", *["session"] * 4, "free"]


def test_a_session_stands_at_its_room_too(desk, salon, algebra, anna, staff, share):
    kind = ResourceTypeFactory(organization=salon, key="room", name="Room")
    room = ResourceFactory(organization=salon, name="Room 1", type=kind)
    algebra.resources.add(room)
    Requirement.objects.create(service=algebra, type=anna.type)
    Requirement.objects.create(service=algebra, type=kind, position=1)
    details = SessionDetails(
        service=algebra,
        resource=anna,
        starts_at=datetime(2026, 11, 18, 13, tzinfo=UTC),
        ends_at=datetime(2026, 11, 18, 14, tzinfo=UTC),
        capacity=3,
        price_amount=Decimal("15.00"),
    )
    session = create_session(details, caller=staff)

    columns = {one.resource.name: one for one in desk.get(WEDNESDAY).context["columns"]}

    standing = {
        name: [one.session for one in column.entries if one.kind == "session"]
        for name, column in columns.items()
    }
    assert standing == {"Anna": [session], "Ben": [], "Room 1": [session]}
    (event,) = events_in(share(room)().content)
    assert says(event, "uid") == str(session.pk)


def test_the_session_of_another_course_than_is_looked_for_stands_aside(desk, salon, anna, tutorial):
    geometry = CourseFactory(organization=salon, resources=[anna])

    (column,) = desk.get(f"{WEDNESDAY}&service={geometry.pk}").context["columns"]

    (session,) = [one for one in column.entries if one.kind == "session"]
    assert session.is_beside


def test_a_session_that_is_called_off_leaves_its_time_free(desk, tutorial, join, staff):
    join("Ada")
    cancel_session(tutorial, caller=staff)

    column = desk.get(WEDNESDAY).context["columns"][0]

    (free,) = column.entries
    assert (free.kind, free.ends_at - free.starts_at) == ("free", 8 * HOUR)


def test_today_counts_places_and_draws_the_session_once(salon, tutorial, join, clock):
    join("Ada")
    join("Max")
    clock.move_to(datetime(2026, 11, 18, 8, tzinfo=UTC))
    desk = desk_for(salon)

    page = desk.get("/admin/")

    text = shown(page)
    assert page.context["booked_today"] == 2
    listed = desk.get("/admin/bookings/booking/?day=2026-11-18&status=NOT_CANCELLED")
    assert listed.context["cl"].result_count == 2
    assert text.count(f"/admin/bookings/groupsession/{tutorial.pk}/change/") == 1
    assert "14:00–15:00 Algebra I, group session, 2 of 3 places taken (Open)" in text
    assert "Ada" not in text


def test_why_a_time_is_not_offered_names_the_session(desk, algebra, anna, tutorial):
    address = f"/admin/why-not/?day=2026-11-18&service={algebra.pk}&resource={anna.pk}"

    parts = desk.get(address).context["parts"]

    (taken,) = [part for part in parts if part.when == "14:00"]
    ((sentence, (row,)),) = taken.reasons
    assert sentence == "Something else is booked at this time."
    assert row.text == "14:00–15:00 Group session · Algebra I · Anna"
    assert row.url == f"/admin/bookings/groupsession/{tutorial.pk}/change/"


def test_a_resources_calendar_has_the_session_once_and_nobodys_name(anna, tutorial, join, share):
    join("Ada")
    join("Max")

    answer = share(anna)()

    (event,) = events_in(answer.content)
    assert says(event, "uid") == str(tutorial.pk)
    assert says(event, "summary") == "Algebra I, 2 of 3 places taken"
    assert says(event, "dtstart") == tutorial.starts_at
    assert says(event, "status") == "CONFIRMED"
    assert says(event, "description").splitlines() == [
        "Wednesday, 18 November 2026, 14:00–15:00",
        "Europe/Berlin (UTC+01:00)",
        "Group session with Anna",
        f"In the console: http://testserver/admin/bookings/groupsession/{tutorial.pk}/change/",
    ]
    assert b"Ada" not in answer.content


def test_its_calendar_is_another_one_when_somebody_joins_and_says_when_it_is_off(
    anna, tutorial, join, share, staff
):
    read = share(anna)
    empty = read()
    place = join("Ada")
    joined = read()
    assert read(headers={"If-None-Match": joined["ETag"]}).status_code == 304
    cancel_booking(place, caller=staff)
    left = read()
    cancel_session(GroupSession.objects.get(), caller=staff)
    off = read()

    summaries = [says(events_in(one.content)[0], "summary") for one in (empty, joined, left, off)]
    assert summaries == [
        "Algebra I, 0 of 3 places taken",
        "Algebra I, 1 of 3 places taken",
        "Algebra I, 0 of 3 places taken",
        "Cancelled: Algebra I",
    ]
    assert [len(events_in(one.content)) for one in (joined, left, off)] == [1, 1, 1]
    assert len({one["ETag"] for one in (empty, joined, left, off)}) == 4


def test_a_customers_calendar_has_their_place(tutorial, join, share):
    place = join("Ada")
    join("Max")

    (event,) = events_in(share(place.customer)().content)

    assert says(event, "uid") == str(place.pk)
    assert says(event, "summary") == "Algebra I with Anna"


def test_the_time_of_a_session_is_offered_to_nobody(website, algebra, anna, tutorial):
    query = {"from": "2026-11-18", "to": "2026-11-19"}

    answer = website.get(
        "/api/availability", {**query, "serviceId": algebra.pk, "resourceId": anna.pk}
    )

    assert answer.status_code == 200, answer.content
    starts = [slot["startTime"] for slot in answer.json()["data"]["slots"]]
    assert len(starts) == 7
    assert "2026-11-18T13:00:00Z" not in starts
