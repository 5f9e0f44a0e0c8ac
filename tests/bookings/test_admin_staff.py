"""Staff and other resources: who they are, what they do, how many at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.errors import SlotTaken
from bookings.models import Lane, Resource, ResourceType
from bookings.services.schedule import set_places
from core.access import Role
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

RESOURCES = "/admin/bookings/resource/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def elsewhere():
    return OrganizationFactory(name="Elsewhere")


@pytest.fixture
def staff_form(haircut):
    return {
        "name": "Clara",
        "type": "",
        "timezone": "Europe/Vienna",
        "is_active": "on",
        "places": "1",
        "services": [str(haircut.pk)],
    }


def test_somebody_new_can_be_booked_once_their_hours_are_given(desk, salon, staff_form, haircut):
    answer = desk.post(f"{RESOURCES}add/", staff_form)

    clara = Resource.objects.get(name="Clara")
    assert answer.url == f"{RESOURCES}{clara.pk}/hours/"
    assert (clara.organization, clara.type.key, clara.timezone) == (salon, "staff", "Europe/Vienna")
    assert list(clara.services.all()) == [haircut]
    assert clara.lanes.count() == 1


def test_the_first_of_an_organization_makes_the_type(elsewhere, staff_form):
    desk_for(elsewhere, Role.OWNER).post(f"{RESOURCES}add/", {**staff_form, "services": []})

    assert ResourceType.objects.get(organization=elsewhere).key == "staff"


def test_services_and_types_of_another_organization_cannot_be_posted(desk, elsewhere, staff_form):
    foreign = ServiceFactory(organization=elsewhere)
    theirs = ResourceFactory(organization=elsewhere)
    before = Resource.objects.count()

    for wrong in ({"services": [str(foreign.pk)]}, {"type": str(theirs.type_id)}):
        page = desk.post(f"{RESOURCES}add/", {**staff_form, **wrong})
        assert page.status_code == 200
        assert page.context["adminform"].form.errors
    assert Resource.objects.count() == before


def change(desk, resource, form, places):
    return desk.post(f"{RESOURCES}{resource.pk}/change/", {**form, "places": places})


def places_of(resource) -> list[tuple[int, bool]]:
    lanes = Lane.objects.filter(resource=resource).order_by("number")
    return list(lanes.values_list("number", "is_active"))


def test_a_resource_takes_as_many_at_once_as_it_has_places(desk, staff_form, anna, book, haircut):
    change(desk, anna, staff_form, "2")

    assert places_of(anna) == [(1, True), (2, True)]
    assert [book().starts_at, book().starts_at]


def test_fewer_places_than_are_booked_first_show_by_whom(desk, staff_form, anna, book, clock):
    change(desk, anna, staff_form, "2")
    first, second = book(), book()

    page = change(desk, anna, staff_form, "1")

    assert "There are bookings ahead on a place that would go." in shown(page)
    on_the_second = second if second.allocations.get().lane.number == 2 else first
    assert page.context["bookings"] == [on_the_second]
    assert places_of(anna) == [(1, True), (2, True)]


def test_a_place_may_go_all_the_same_and_its_booking_stays(desk, staff_form, anna, book, clock):
    change(desk, anna, staff_form, "2")
    booked = [book(), book()]
    page = change(desk, anna, staff_form, "1")

    sent_again = {**dict(page.context["sent"]), page.context["even_if"]: "1"}
    desk.post(page.context["back"], sent_again)

    assert places_of(anna) == [(1, True), (2, False)]
    for booking in booked:
        assert booking.allocations.get().released_at is None
    with pytest.raises(SlotTaken):
        book()


def test_a_zone_that_leaves_a_booking_outside_first_shows_whose_it_is(desk, staff_form, anna, book):
    booking = book()

    page = change(desk, anna, {**staff_form, "timezone": "America/New_York"}, "1")

    assert page.context["bookings"] == [booking]
    anna.refresh_from_db()
    assert (anna.name, anna.timezone) == ("Anna", "Europe/Berlin")


def test_a_place_that_goes_keeps_its_history_and_takes_no_booking(
    desk, staff_form, anna, book, clock, ten_o_clock
):
    change(desk, anna, staff_form, "2")
    book()
    book()
    clock.move_to(ten_o_clock + HOUR)
    desk.force_login(desk.user)
    change(desk, anna, staff_form, "1")
    assert places_of(anna) == [(1, True), (2, False)]

    book(at=ten_o_clock + 24 * HOUR)
    with pytest.raises(SlotTaken):
        book(at=ten_o_clock + 24 * HOUR)

    change(desk, anna, staff_form, "2")
    assert places_of(anna) == [(1, True), (2, True)]
    book(at=ten_o_clock + 24 * HOUR)


@pytest.mark.parametrize("places", ["0", "51", "", "x", "-1"])
def test_a_number_of_places_that_cannot_be_is_refused(desk, staff_form, anna, places):
    assert change(desk, anna, staff_form, places).status_code == 200
    assert places_of(anna) == [(1, True)]


def test_places_are_changed_only_while_nobody_takes_time(anna):
    with CaptureQueriesContext(connection) as asked:
        set_places(anna, 3)

    statements = [query["sql"] for query in asked.captured_queries]
    assert "FOR NO KEY UPDATE" in statements[0]
    assert "bookings_resource" in statements[0]
