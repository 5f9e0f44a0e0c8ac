"""Services, staff, how many at once, opening hours."""

from datetime import timedelta

import pytest

from bookings.models import Resource, Service, WeeklyHours
from core.access import Role
from core.models import Event
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

SERVICES, RESOURCES = "/admin/bookings/service/", "/admin/bookings/resource/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def elsewhere():
    return OrganizationFactory(name="Elsewhere")


@pytest.fixture
def service_form(anna):
    return {
        "name": "Color",
        "slug": "color",
        "code": "",
        "description": "",
        "durations": "60, 90,60",
        "slot_step_minutes": "30",
        "buffer_before_minutes": "0",
        "buffer_after_minutes": "15",
        "minimum_notice_minutes": "120",
        "horizon_days": "90",
        "needs_approval": "on",
        "price_amount": "45.50",
        "location": "",
        "is_active": "on",
        "done_by": [str(anna.pk)],
    }


def test_a_service_is_added_to_the_own_organization_and_written_down(
    desk, salon, service_form, anna
):
    answer = desk.post(f"{SERVICES}add/", service_form)

    assert answer.url == SERVICES
    service = Service.objects.get()
    assert (service.organization, service.name) == (salon, "Color")
    assert (service.durations, service.buffer_after_minutes) == ([60, 90], 15)
    assert (service.company_required, service.needs_approval) == (False, True)
    assert list(service.resources.all()) == [anna]
    event = Event.objects.get()
    assert (event.name, event.subject_id, event.actor_id) == (
        "service.created",
        service.pk,
        desk.user.pk,
    )


def test_a_change_is_written_down_by_the_names_of_its_fields(desk, haircut, service_form):
    form = {**service_form, "name": "Cut", "slug": "haircut", "is_default": "on"}

    desk.post(f"{SERVICES}{haircut.pk}/change/", form)

    haircut.refresh_from_db()
    assert haircut.name == "Cut"
    event = Event.objects.get(name="service.updated")
    assert "name" in event.data["fields"]
    assert "Cut" not in str(event.data)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("slug", "haircut", "Another service has this slug already."),
        ("durations", "", "This field is required."),
        ("durations", "2", "Ensure this value is greater than or equal to 5."),
        ("slot_step_minutes", "0", "Ensure this value is greater than or equal to 5."),
        ("price_amount", "-1", "Ensure this value is greater than or equal to 0."),
    ],
)
def test_what_the_rules_refuse_is_said_in_the_form(
    desk, haircut, service_form, field, typed, sentence
):
    page = desk.post(f"{SERVICES}add/", {**service_form, field: typed})

    assert page.status_code == 200
    assert sentence in str(page.context["adminform"].form.errors)
    assert Service.objects.count() == 1


def test_the_usual_service_is_one_and_another_takes_its_place(desk, haircut, service_form):
    desk.post(f"{SERVICES}add/", {**service_form, "is_default": "on"})

    haircut.refresh_from_db()
    assert not haircut.is_default
    assert Service.objects.get(is_default=True).name == "Color"


def test_staff_of_another_organization_cannot_be_posted(desk, elsewhere, service_form):
    theirs = ResourceFactory(organization=elsewhere)

    page = desk.post(f"{SERVICES}add/", {**service_form, "done_by": [str(theirs.pk)]})

    assert "is not one of the available choices" in str(page.context["adminform"].form.errors)
    assert Service.objects.count() == 0


def test_catalog_pages_of_another_organization_are_not_there(
    haircut, anna, elsewhere, service_form
):
    desk = desk_for(elsewhere, Role.OWNER)

    for path in (f"{SERVICES}{haircut.pk}/change/", f"{RESOURCES}{anna.pk}/change/"):
        assert desk.get(path).status_code == 302  # "perhaps it was deleted"
        assert desk.post(path, {**service_form, "name": "Mine"}).status_code == 302
    assert desk.get(f"{RESOURCES}{anna.pk}/hours/").status_code == 404
    assert desk.get(SERVICES).context["cl"].result_count == 0
    assert desk.get(RESOURCES).context["cl"].result_count == 0
    haircut.refresh_from_db()
    assert haircut.name == "Haircut"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF])
def test_who_may_only_look_changes_nothing(salon, haircut, anna, service_form, role):
    viewer = desk_for(salon, role)

    assert "Haircut" in shown(viewer.get(f"{SERVICES}{haircut.pk}/change/"))
    assert "Anna" in shown(viewer.get(f"{RESOURCES}{anna.pk}/change/"))
    assert viewer.get(f"{RESOURCES}{anna.pk}/hours/").status_code == 200
    for path in (
        f"{SERVICES}{haircut.pk}/change/",
        f"{SERVICES}add/",
        f"{RESOURCES}{anna.pk}/change/",
        f"{RESOURCES}add/",
        f"{RESOURCES}{anna.pk}/hours/",
    ):
        assert (
            viewer.post(path, {**service_form, "timezone": "UTC", "places": "3"}).status_code == 403
        )
    haircut.refresh_from_db()
    assert (haircut.name, Service.objects.count(), Resource.objects.count()) == ("Haircut", 1, 1)
    assert WeeklyHours.objects.count() == 5
    assert Event.objects.count() == 0


def test_lists_ask_as_often_with_many_rows(desk, salon, anna, haircut, django_assert_num_queries):
    def cost() -> None:
        with django_assert_num_queries(6):
            desk.get(SERVICES)
        with django_assert_num_queries(6):
            desk.get(RESOURCES)

    cost()
    for _ in range(5):
        ServiceFactory(organization=salon, resources=[ResourceFactory(organization=salon)])
    cost()
