"""Group sessions in the console: found, looked into, printed."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import GroupSession
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from core.access import Role
from tests.console import desk_for, shown
from tests.factories import CourseFactory, GroupSessionFactory
from tests.waiting import called

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = "/admin/bookings/groupsession/"
HOUR = timedelta(hours=1)
# session, user, membership, menu; the page's rows, counted once; what can be filtered by
QUERIES_OF_LIST = 8
# session, user, membership, menu; the session, who comes, who has left, who waits, messages,
# the events
QUERIES_OF_PAGE = 10


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


def page_of(session: GroupSession, name: str = "change") -> str:
    return f"{LIST}{session.pk}/{name}/"


def listed(desk, **asked: object) -> list[GroupSession]:
    return list(desk.get(LIST, asked).context["cl"].result_list)


def test_the_list_says_when_with_whom_and_how_many_places_are_taken(
    desk, tutorial, ben, join, django_assert_num_queries
):
    for hour in range(1, 5):
        GroupSessionFactory(
            service=tutorial.service, resource=ben, starts_at=tutorial.starts_at + hour * HOUR
        )
    join("Ada")
    desk.get(LIST)

    with django_assert_num_queries(QUERIES_OF_LIST):
        page = shown(desk.get(LIST))

    for text in ("Wed 18 Nov, 14:00–15:00", "Algebra I", "Anna", "1 of 3", "15.00 EUR", "Open"):
        assert text in page
    assert "Ada" not in page


def test_the_list_is_filtered_by_day_course_person_and_state(desk, tutorial, algebra, ben, join):
    geometry = CourseFactory(organization=algebra.organization, resources=[ben])
    other = GroupSessionFactory(
        service=geometry, resource=ben, capacity=1, starts_at=tutorial.starts_at - HOUR
    )
    gone = GroupSessionFactory(
        service=algebra, resource=ben, starts_at=datetime(2026, 11, 2, 9, tzinfo=UTC)
    )
    off = GroupSessionFactory(
        service=algebra,
        resource=ben,
        starts_at=tutorial.starts_at + HOUR,
        cancelled_at=tutorial.starts_at,
    )
    join("Ada", other)

    assert listed(desk) == [other, tutorial, off]
    assert listed(desk, days="past") == [gone]
    assert listed(desk, day="2026-11-02") == [gone]
    assert listed(desk, course=geometry.pk) == [other]
    assert listed(desk, resource=ben.pk, status="CANCELLED") == [off]
    assert listed(desk, status="OPEN") == [tutorial]
    assert listed(desk, status="FULL") == [other]
    assert listed(desk, days="all", status="COMPLETED") == [gone]
    assert listed(desk, status="NONSENSE") == []


def test_while_it_takes_place_it_is_neither_open_nor_over(salon, tutorial, clock):
    clock.move_to(tutorial.starts_at)
    desk = desk_for(salon, Role.MANAGER)
    assert listed(desk, status="ON_NOW") == [tutorial]
    assert listed(desk, status="OPEN") == []
    assert "On now" in shown(desk.get(page_of(tutorial)))
    assert "(On now)" in shown(desk.get("/admin/calendar/"))

    clock.move_to(tutorial.ends_at)
    assert listed(desk, status="ON_NOW") == []
    assert "On now" not in shown(desk.get(page_of(tutorial)))


def test_its_page_says_who_comes_how_they_paid_who_left_and_who_waits(
    desk, tutorial, join, a_pass, staff, django_assert_num_queries
):
    join("Ada")
    maxs = join("Max", bundle=a_pass("Max"))
    cancel_booking(join("Leo"), caller=staff)
    join("Zoe")
    wait_for_place(PlaceWait(session=tutorial, customer=called("Kim")), caller=staff)
    desk.get(page_of(tutorial))

    with django_assert_num_queries(QUERIES_OF_PAGE):
        answer = desk.get(page_of(tutorial))

    page = shown(answer)
    for text in (
        "3 of 3 places taken",
        "Wed 18 Nov, 14:00–15:00",
        "MATH-101 · Algebra I · with Anna",
        "Pass for group sessions, 9 of 10 left",
        "15.00 EUR",
        "1 place was given back",
        "Who waits for a place",
        "Kim",
    ):
        assert text in page
    assert [one.name for one in answer.context["attendees"]] == ["Ada", "Max", "Zoe"]
    assert [one.name for one in answer.context["gone"]] == ["Leo"]
    assert f'href="/admin/bookings/booking/{maxs.pk}/change/"' in page


def test_the_attendance_list_is_a_page_to_print_without_the_consoles_frame(desk, tutorial, join):
    join("Ada")
    join("Max")

    answer = desk.get(page_of(tutorial, "list"))

    page = shown(answer)
    assert page.index("Ada") < page.index("Max")
    assert "2 people are expected, there are 3 places." in page
    assert page.count('<tr class="empty">') == 1
    assert "Signature" in page
    assert "console/attendance.css" in page
    for frame in ("unfold", "csrfmiddlewaretoken", "Customers", "<style", "onclick"):
        assert frame not in page


def test_who_may_only_look_is_offered_nothing_to_do(salon, tutorial, join):
    join("Ada")
    viewer = desk_for(salon, Role.VIEWER)

    page = shown(viewer.get(page_of(tutorial)))

    assert "Ada" in page
    assert "/join/" not in page
    assert "/cancel/" not in page
    assert "<form method" not in page.partition("<main")[2]


def test_a_booking_that_is_a_place_says_so_and_is_not_moved_by_itself(desk, tutorial, join, book):
    place, haircut = join("Ada"), book()
    own = f"/admin/bookings/booking/{place.pk}/"

    row = shown(desk.get("/admin/bookings/booking/"))
    page = shown(desk.get(f"{own}change/"))

    link = f'href="{page_of(tutorial)}"'
    assert link in row
    assert link in page
    assert "A place in a group session, 1 of 3 places taken" in page
    for way in ("reschedule", "swap", "repeat"):
        assert f"/{way}/" not in page
        answer = desk.post(f"{own}{way}/", {"move": "1", "book": "SKIP_CONFLICTS"})
        assert answer.url == f"{own}change/"
    chosen = {"action": "swap_them", "_selected_action": [place.pk, haircut.pk]}
    assert desk.post("/admin/bookings/booking/", chosen).url == "/admin/bookings/booking/"
    place.refresh_from_db()
    assert (place.starts_at, place.version) == (tutorial.starts_at, 1)
