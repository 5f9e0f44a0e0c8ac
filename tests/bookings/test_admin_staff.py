"""Staff and other resources: who they are, what they do, how many at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.errors import SlotTaken
from bookings.models import Lane, Resource, ResourceType
from bookings.services.schedule import set_places
from core.access import Role
from tests.console import desk_for
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


def test_a_place_with_a_booking_ahead_does_not_go(desk, staff_form, anna, book, clock):
    change(desk, anna, staff_form, "2")
    book()
    book()

    page = change(desk, anna, staff_form, "1")

    assert page.status_code == 200
    assert "There are bookings ahead on a place that would go." in str(
        page.context["adminform"].form.errors
    )
    assert places_of(anna) == [(1, True), (2, True)]


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
