"""Looking people up is written down, without whom; looking at lists is not."""

import json

import pytest

from core.access import Role
from core.models import Event
from tests.console import desk_for

pytestmark = pytest.mark.django_db


def searches() -> list[tuple[str, str, list[str], int]]:
    found = Event.objects.filter(name__endswith=".searched").order_by("created_at", "id")
    return [(one.name, one.actor_kind, one.data["by"], one.data["count"]) for one in found]


@pytest.fixture
def mia(book):
    return book()


def test_a_search_through_the_api_is_written_down_once(desk, mia):
    desk.get("/api/customers", {"email": "mia@example.com"})
    desk.get("/api/customers", {"phone": "+49 30 1234567", "search": "Nobody"})
    desk.get("/api/bookings", {"search": "Müller", "cursor": ""})
    desk.get("/api/bookings", {"email": "lea@example.com"})

    assert searches() == [
        ("customers.searched", "key", ["email"], 1),
        ("customers.searched", "key", ["phone", "search"], 0),
        ("bookings.searched", "key", ["search"], 1),
        ("bookings.searched", "key", ["email"], 0),
    ]


def test_a_list_that_asks_for_nobody_and_a_search_that_is_refused_are_not(desk, website, mia):
    desk.get("/api/bookings", {"status": "PENDING", "dateFrom": "2026-11-01"})
    desk.get("/api/customers")
    desk.get(f"/api/customers/{mia.customer_id}")
    assert desk.get("/api/customers", {"email": "mia"}).status_code == 400
    assert website.get("/api/customers", {"email": "mia@example.com"}).status_code == 403

    assert searches() == []


def test_a_search_in_the_console_is_written_down_once(salon, mia):
    clara = desk_for(salon, Role.STAFF)
    for path in (
        "/admin/find/?q=mia@example.com",
        "/admin/bookings/booking/?q=Mia",
        "/admin/bookings/customer/?q=nobody",
        "/admin/notifications/delivery/?q=Mia",
    ):
        assert clara.get(path).status_code == 200

    assert searches() == [
        ("customers.searched", "user", ["search"], 1),
        ("bookings.searched", "user", ["search"], 1),
        ("customers.searched", "user", ["search"], 0),
        ("deliveries.searched", "user", ["search"], 0),
    ]
    event = Event.objects.filter(name="customers.searched").earliest("created_at")
    assert (event.actor_id, event.subject_id) == (clara.user.pk, salon.pk)


def test_a_reference_and_an_empty_box_ask_for_nobody(salon, mia):
    clara = desk_for(salon, Role.STAFF)
    assert clara.get("/admin/find/", {"q": mia.reference}).status_code == 302
    assert clara.get("/admin/find/?q=").status_code == 200
    assert clara.get("/admin/bookings/customer/").status_code == 200

    assert searches() == []


def test_what_was_asked_for_is_nowhere_in_the_trail(desk, salon, mia):
    desk.get("/api/customers", {"search": "Müller"})
    desk_for(salon, Role.STAFF).get("/admin/find/?q=mia@example.com")

    trail = json.dumps(list(Event.objects.values_list("name", "data")), default=str)
    assert "ller" not in trail
    assert "mia@" not in trail
