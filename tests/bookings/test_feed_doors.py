"""Who makes, sees and stops a calendar's address: by the API and in the console."""

import pytest

from bookings.models import Resource
from core.access import Role
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.console import desk_for, said, shown

pytestmark = pytest.mark.django_db

NOWHERE = "01a1f90c-32de-7306-bd10-4ca72e14c6d3"


@pytest.fixture(autouse=True)
def _this_machine(settings):
    settings.PUBLIC_BASE_URL = "http://testserver"


def reads(client, url: str) -> int:
    return client.get(url.removeprefix("http://testserver")).status_code


@pytest.mark.parametrize("whose", ["resources", "customers"])
def test_an_address_is_made_read_replaced_and_stopped(desk, client, book, anna, whose):
    owner = anna if whose == "resources" else book().customer
    path = f"/api/{whose}/{owner.pk}/feed"
    assert desk.get(path).json()["data"] == {"url": None}

    made = desk.post(path)
    assert made.status_code == 201
    first = made.json()["data"]["url"]
    assert desk.get(path).json()["data"] == {"url": first}
    second = desk.post(path).json()["data"]["url"]
    assert (reads(client, first), reads(client, second)) == (404, 200)

    for _ in range(2):
        assert desk.delete(path).json()["message"] == "The address is stopped."
    assert reads(client, second) == 404
    assert desk.get(path).json()["data"] == {"url": None}


@pytest.mark.parametrize("scopes", [["catalog:write"], ["catalog:read", "bookings:read"]])
def test_an_address_takes_both_scopes(salon, anna, scopes):
    client = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=scopes))
    path = f"/api/resources/{anna.pk}/feed"

    answers = [client.get(path), client.post(path), client.delete(path)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Resource.objects.get(pk=anna.pk).feed_generation == 0


def test_a_website_and_a_stranger_get_no_address(website, stranger, anna, book):
    path, of_mia = f"/api/resources/{anna.pk}/feed", f"/api/customers/{book().customer_id}/feed"

    assert [website.post(one).status_code for one in (path, of_mia)] == [403, 403]
    assert [stranger.post(one).status_code for one in (path, of_mia)] == [404, 404]
    assert stranger.post(f"/api/resources/{NOWHERE}/feed").status_code == 404
    assert Resource.objects.get(pk=anna.pk).feed_generation == 0
    assert not Event.objects.filter(name__contains="feed").exists()


def test_a_manager_makes_an_address_shows_it_and_stops_it(client, salon, anna):
    desk = desk_for(salon, Role.MANAGER)
    path = f"/admin/bookings/resource/{anna.pk}/feed/"
    assert "Calendar address" in shown(desk.get(f"/admin/bookings/resource/{anna.pk}/change/"))
    assert "There is no address yet." in shown(desk.get(path))

    assert said(desk.send(path, go="make")) == ["There is an address."]
    page = shown(desk.get(path))
    address = page.partition("http://testserver/feeds/")[2].partition("<")[0]
    assert reads(client, f"/feeds/{address}") == 200
    assert f'href="webcal://testserver/feeds/{address}"' in page

    desk.send(path, go="make")
    assert "There is a new address. An older one has stopped." in shown(desk.get(path))
    assert reads(client, f"/feeds/{address}") == 404
    desk.send(path, go="stop")
    page = shown(desk.get(path))
    assert "The address is stopped. Whoever had it finds nothing there." in page
    assert "There is no address yet." in page
    assert desk.get(path)["Cache-Control"].startswith("max-age=0")


def test_staff_share_their_own_calendar_and_nobody_elses(salon, anna, ben):
    desk = desk_for(salon, Role.STAFF)
    anna.user = desk.user
    anna.save()

    assert desk.get(f"/admin/bookings/resource/{anna.pk}/feed/").status_code == 200
    assert desk.send(f"/admin/bookings/resource/{anna.pk}/feed/", go="make").status_code == 302
    assert desk.get(f"/admin/bookings/resource/{ben.pk}/feed/").status_code == 403
    assert desk.send(f"/admin/bookings/resource/{ben.pk}/feed/", go="make").status_code == 403
    assert Resource.objects.get(pk=anna.pk).feed_generation == 1
    assert Resource.objects.get(pk=ben.pk).feed_generation == 0
    assert "Calendar address" in shown(desk.get(f"/admin/bookings/resource/{anna.pk}/change/"))
    assert "Calendar address" not in shown(desk.get(f"/admin/bookings/resource/{ben.pk}/change/"))


def test_a_customers_address_is_made_at_the_desk_and_not_by_a_viewer(client, salon, book):
    mia = book().customer
    path = f"/admin/bookings/customer/{mia.pk}/feed/"
    viewer, desk = desk_for(salon, Role.VIEWER), desk_for(salon, Role.STAFF)

    assert viewer.send(path, go="make").status_code == 403
    assert "Calendar address" not in shown(viewer.get(f"/admin/bookings/customer/{mia.pk}/change/"))
    assert "Calendar address" in shown(desk.get(f"/admin/bookings/customer/{mia.pk}/change/"))
    desk.send(path, go="make")
    page = shown(desk.get(path))
    assert "It is private. Give it to this customer only" in page
    address = page.partition("http://testserver/feeds/")[2].partition("<")[0]
    assert reads(client, f"/feeds/{address}") == 200
