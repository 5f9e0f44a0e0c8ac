"""The console's frame: who comes in, what they see of other organizations, in which words."""

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st

from core.access import Role
from core.admin.paging import COUNTED_UP_TO, CappedPaginator
from core.colors import contrast
from core.models import Event
from core.shades import DARK_GROUND, LIGHT_GROUND, shades_of
from tests.console import desk_for, shown
from tests.factories import CourseFactory, MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bakery():
    return OrganizationFactory(name="Bakery Brot", slug="bakery", accent_color="#b45309")


def test_who_is_not_signed_in_is_asked_to(client):
    answer = client.get("/admin/")

    assert (answer.status_code, answer.url) == (302, "/admin/login/?next=/admin/")
    assert "Password" in shown(client.get(answer.url))


def test_somebody_signs_in_by_e_mail_and_password_whatever_its_case(client, salon):
    user = MembershipFactory(organization=salon, role=Role.STAFF).user
    user.email = "Clara@salon.example"
    user.set_password("correct horse battery")
    user.save()

    answer = client.post(
        "/admin/login/?next=/admin/",
        {"username": "clara@salon.example", "password": "correct horse battery"},
    )

    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert "Salon Soleil" in shown(client.get("/admin/"))


def test_who_belongs_to_no_organization_stays_outside(salon):
    desk = desk_for(None)

    assert desk.get("/admin/").status_code == 302
    assert "belongs to no organization here" in shown(desk.get("/admin/login/?next=/admin/"))


def test_who_may_not_open_the_console_stays_outside(salon):
    desk = desk_for(salon)
    desk.user.is_staff = False
    desk.user.save()

    assert desk.get("/admin/").status_code == 302


def test_an_organization_that_is_not_active_is_not_worked_in(salon):
    desk = desk_for(salon)
    salon.is_active = False
    salon.save()

    assert desk.get("/admin/").status_code == 302


def test_an_administrator_without_any_organization_is_told_how_to_begin():
    desk = desk_for(None, is_superuser=True)

    assert "manage.py create_organization" in shown(desk.get("/admin/"))
    assert desk.get("/admin/bookings/booking/").status_code == 403


def test_a_person_of_two_organizations_works_in_one_at_a_time(salon, bakery):
    desk = desk_for(salon)
    MembershipFactory(organization=bakery, user=desk.user, role=Role.VIEWER)
    assert "Bakery Brot" in shown(desk.get("/admin/"))  # the first by name

    answer = desk.send("/admin/organizations/", organization=salon.pk)

    assert answer.status_code == 302
    page = desk.get("/admin/")
    assert "Salon Soleil" in shown(page)
    assert page.wsgi_request.caller.organization_id == salon.pk
    assert page.wsgi_request.caller.may("bookings:write")


def test_a_role_holds_in_its_own_organization_only(salon, bakery):
    desk = desk_for(salon, Role.OWNER)
    MembershipFactory(organization=bakery, user=desk.user, role=Role.VIEWER)
    desk.send("/admin/organizations/", organization=bakery.pk)

    caller = desk.get("/admin/").wsgi_request.caller

    assert caller.organization_id == bakery.pk
    assert not caller.may("bookings:write")
    assert desk.get("/admin/core/apikey/add/").status_code == 403


@pytest.mark.parametrize("asked", ["bakery", "nonsense", ""])
def test_nobody_changes_to_an_organization_that_is_not_theirs(salon, bakery, asked):
    desk = desk_for(salon)

    answer = desk.send(
        "/admin/organizations/", organization=bakery.pk if asked == "bakery" else asked
    )

    assert answer.status_code == 404
    assert desk.get("/admin/").wsgi_request.caller.organization_id == salon.pk


def test_the_administrator_of_the_installation_may_do_everything_in_the_one_chosen(salon, bakery):
    desk = desk_for(None, is_superuser=True)
    desk.send("/admin/organizations/", organization=salon.pk)

    caller = desk.get("/admin/").wsgi_request.caller

    assert caller.organization_id == salon.pk
    assert caller.may("keys:write")


def test_a_membership_that_ended_ends_the_choice(salon, bakery):
    desk = desk_for(salon)
    other = MembershipFactory(organization=bakery, user=desk.user)
    desk.send("/admin/organizations/", organization=bakery.pk)
    other.delete()

    assert desk.get("/admin/").wsgi_request.caller.organization_id == salon.pk


def test_only_pages_behind_the_tenant_wall_are_registered():
    assert {model._meta.label for model in admin.site._registry} == {
        "bookings.Booking",
        "bookings.BundlePurchase",
        "bookings.Customer",
        "bookings.GroupSession",
        "bookings.GroupSessionTemplate",
        "bookings.Resource",
        "bookings.ResourceType",
        "bookings.Service",
        "bookings.WaitlistEntry",
        "core.ApiKey",
        "core.Event",
        "core.Membership",
        "core.Organization",
        "notifications.Delivery",
    }
    assert all(page.is_behind_the_wall for page in admin.site._registry.values())


@pytest.mark.parametrize("name", ["view_on_site", "autocomplete"])
def test_what_django_brings_along_to_look_at_any_row_is_closed(name):
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:{name}", args=(["1", "1"] if name == "view_on_site" else []))


def test_nothing_can_be_deleted(salon, haircut, anna):
    desk = desk_for(salon, Role.OWNER)

    for path in (
        f"/admin/bookings/service/{haircut.pk}/delete/",
        f"/admin/bookings/resource/{anna.pk}/delete/",
    ):
        assert desk.post(path, {"post": "yes"}).status_code == 403
    haircut.refresh_from_db()
    anna.refresh_from_db()


def test_the_console_is_painted_in_the_organizations_color(salon, bakery):
    assert "/public/console/b45309.css" not in desk_for(salon).get("/admin/").text

    page = desk_for(bakery).get("/admin/").text

    assert '<link href="/public/console/b45309.css" rel="stylesheet">' in page
    assert "<style" not in page
    red, green, blue = (int(shades_of("#b45309")["600"][at : at + 2], 16) for at in (1, 3, 5))
    paint = desk_for(bakery).get("/public/console/b45309.css").text
    assert f"--color-primary-600:rgb({red}, {green}, {blue});" in paint
    assert "--border-radius:6px;" in paint


@given(st.integers(0, 0xFFFFFF))
def test_whatever_the_color_letters_in_it_and_on_it_can_be_read(number):
    shades = shades_of(f"#{number:06x}")

    assert contrast(shades["600"], LIGHT_GROUND) >= 4.5
    assert contrast(shades["600"], "#ffffff") >= 4.5
    assert contrast(shades["500"], DARK_GROUND) >= 4.5


def test_a_color_keeps_its_hue():
    assert shades_of("#0f766e")["600"] == "#197b73"


@pytest.mark.parametrize(
    ("asked_for", "organizations", "expected"),
    [
        ("de-AT,de;q=0.9", "en", "Heute"),
        ("en", "de", "Today"),
        ("fr", "de", "Today"),
        ("", "de", "Heute"),
    ],
)
def test_the_console_speaks_the_readers_language(salon, asked_for, organizations, expected):
    salon.locale = organizations
    salon.save()
    headers = {"Accept-Language": asked_for} if asked_for else {}

    page = desk_for(salon).get("/admin/", headers=headers)

    assert f"<span>{expected}</span>" in shown(page)
    assert page.headers["Content-Language"] == {"Heute": "de", "Today": "en"}[expected]


def test_a_long_list_is_counted_to_ten_thousand_and_no_further():
    paginator = CappedPaginator(range(10_500), 50)

    assert (paginator.count, paginator.num_pages, paginator.is_capped) == (COUNTED_UP_TO, 200, True)
    assert not CappedPaginator(range(10_000), 50).is_capped


def test_a_page_says_what_it_costs_nothing_beyond_the_request(salon, django_assert_num_queries):
    desk = desk_for(salon)
    with django_assert_num_queries(4):  # session, user, membership, menu
        desk.get("/admin/organizations/")


def test_the_menu_names_what_is_of_courses_where_there_is_a_course(salon):
    desk = desk_for(salon, Role.OWNER)
    of_courses = {"Group sessions", "Weekly sessions", "Bundles", "Credits"}

    def menu() -> set[str]:
        groups = desk.get("/admin/").context["sidebar_navigation"]
        return {item["title"] for group in groups for item in group["items"]}

    without = menu()
    assert without.isdisjoint(of_courses)
    assert desk.get("/admin/bookings/bundlepurchase/").status_code == 200

    CourseFactory()  # another organization's
    assert menu() == without
    CourseFactory(organization=salon, is_active=False)  # what was of it is still there
    assert menu() == without | of_courses


def test_nothing_of_a_page_is_kept_by_browsers_or_proxies(salon):
    page = desk_for(salon).get("/admin/")

    assert "no-store" in page.headers["Cache-Control"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"].split("style-src")[0]


def test_looking_around_leaves_no_trace(salon):
    desk = desk_for(salon, Role.OWNER)
    for path in ("/admin/", "/admin/bookings/booking/", "/admin/core/apikey/"):
        assert desk.get(path).status_code == 200
    assert Event.objects.count() == 0

    assert desk.get("/admin/find/?q=x").status_code == 200  # looking for a person is written down
    assert [event.name for event in Event.objects.all()] == ["customers.searched"]


def test_ten_wrong_passwords_in_a_minute_are_enough(client, salon, redis):
    UserFactory(email="clara@salon.example")
    wrong = {"username": "clara@salon.example", "password": "guess"}

    answers = [client.post("/admin/login/", wrong).status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]
