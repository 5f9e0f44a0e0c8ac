"""Customers through the API: added, found, changed, and known to nobody else."""

from typing import Any

import pytest

from bookings.api.customer import CustomerSerializer
from bookings.models import Booking, Customer
from bookings.services.customer import create_customer
from core.models import ApiKey, Event
from tests.cast import MIA, a_key, client_with

pytestmark = pytest.mark.django_db

CUSTOMERS = "/api/customers"
LEO: dict[str, Any] = {
    "name": "Leo Brandt",
    "email": "leo@example.com",
    "company": "Brandt & Co",
    "phone": "+49 30 7654321",
    "timezone": "Europe/Berlin",
    "locale": "de-AT",
}


@pytest.fixture
def leo(desk) -> dict[str, Any]:
    response = desk.post(CUSTOMERS, LEO)
    assert response.status_code == 201, response.content
    customer: dict[str, Any] = response.json()["data"]
    return customer


@pytest.fixture
def mia(salon, staff) -> Customer:
    return create_customer(MIA, organization_id=salon.pk, caller=staff)


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    error: dict[str, Any] = response.json()["error"]
    assert error["errorCode"] == code
    return error["details"]


def found(client: Any, **query: str) -> list[str]:
    response = client.get(CUSTOMERS, query)
    assert response.status_code == 200, response.content
    return [one["name"] for one in response.json()["data"]]


def test_somebody_who_has_not_booked_yet_is_added(desk, leo):
    assert leo == {"id": leo["id"], **LEO}
    assert list(leo) == list(CustomerSerializer().get_fields())
    assert desk.get(f"{CUSTOMERS}/{leo['id']}").json()["data"] == leo
    event = Event.objects.get(name="customer.created")
    assert (str(event.subject_id), event.data) == (leo["id"], {})


def test_what_is_not_known_is_null(desk):
    customer = desk.post(CUSTOMERS, {"name": "Leo", "email": "leo@example.com"}).json()["data"]

    del customer["id"]
    assert customer == {
        "name": "Leo",
        "email": "leo@example.com",
        "company": "",
        "phone": None,
        "timezone": None,
        "locale": None,
    }


def test_a_known_address_is_a_conflict_that_says_whose(desk, leo):
    details = refused(
        desk.post(CUSTOMERS, {"name": "Leon", "email": "LEO@example.com"}), 409, "CONFLICT"
    )

    assert details == {"reason": "CUSTOMER_EXISTS", "customerId": leo["id"]}
    assert Customer.objects.get().name == "Leo Brandt"
    assert Event.objects.filter(name__startswith="customer.").count() == 1


def test_who_was_added_is_who_books(desk, wish, leo):
    booking = desk.post("/api/bookings", {**wish, "email": "Leo@example.com"}).json()["data"]

    assert booking["customerId"] == leo["id"]
    assert Customer.objects.get().name == "Leo Brandt"


def test_a_change_is_found_by_and_recorded_without_what_it_says(desk, leo, book):
    path = f"{CUSTOMERS}/{leo['id']}"

    changed = desk.patch(path, {"name": "Leo Sommer", "phone": None, "locale": "de-AT"})

    assert changed.status_code == 200
    assert changed.json()["data"] == {**leo, "name": "Leo Sommer", "phone": None}
    assert found(desk, search="Somm") == ["Leo Sommer"]
    assert found(desk, search="Bran") == []
    assert found(desk, phone=LEO["phone"]) == []
    event = Event.objects.get(name="customer.updated")
    assert event.data == {"fields": ["name", "phone"]}

    assert desk.patch(path, {"name": "Leo Sommer"}).status_code == 200
    assert Event.objects.filter(name="customer.updated").count() == 1


def test_a_booking_keeps_what_was_typed_for_it(desk, book):
    booking = book()

    desk.patch(f"{CUSTOMERS}/{booking.customer_id}", {"name": "Mia Meyer"})

    assert Customer.objects.get().name == "Mia Meyer"
    assert Booking.objects.get().name == "Mia Müller"


def test_nobody_gets_somebody_elses_address(desk, leo, mia):
    details = refused(
        desk.patch(f"{CUSTOMERS}/{leo['id']}", {"email": "Mia@Example.com", "company": "Other"}),
        409,
        "CONFLICT",
    )

    assert details == {"reason": "CUSTOMER_EXISTS", "customerId": str(mia.pk)}
    kept = Customer.objects.get(pk=leo["id"])
    assert (kept.email, kept.company) == ("leo@example.com", "Brandt & Co")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", None),
        ("email", "leo"),
        ("phone", "1" * 33),
        ("timezone", "Europe/Atlantis"),
        ("locale", "German, please"),
        ("id", "0193a000-0000-7000-8000-000000000001"),
        ("notes", "Likes tea"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(desk, leo, field, value):
    before = Customer.objects.values().get()

    for response in (
        desk.patch(f"{CUSTOMERS}/{leo['id']}", {field: value}),
        desk.post(CUSTOMERS, {"name": "Ada", "email": "ada@example.com", field: value}),
    ):
        assert list(refused(response, 400, "VALIDATION_ERROR")["fields"]) == [field]

    assert Customer.objects.values().get() == before


def test_customers_are_found_by_address_number_or_beginning_of_a_name(desk, leo, mia):
    assert found(desk) == ["Leo Brandt", "Mia Müller"]
    assert found(desk, email="MIA@example.com") == ["Mia Müller"]
    assert found(desk, phone="0049 (30) 123-4567") == ["Mia Müller"]
    assert found(desk, search="mül") == ["Mia Müller"]
    assert found(desk, search="bran leo") == ["Leo Brandt"]
    assert found(desk, search="leo@example.com") == ["Leo Brandt"]
    assert found(desk, search="+49 30 7654321") == ["Leo Brandt"]
    assert found(desk, search="le") == []  # too short for a name
    assert found(desk, search="leo", email="mia@example.com") == []
    refused(desk.get(CUSTOMERS, {"name": "Leo"}), 400, "VALIDATION_ERROR")


def test_a_list_costs_two_statements_and_is_walked_both_ways(
    desk, leo, mia, django_assert_num_queries
):
    desk.get(CUSTOMERS)
    with django_assert_num_queries(2):
        page = desk.get(CUSTOMERS, {"limit": "1", "page": "2"}).json()
    assert page["pagination"] == {"page": 2, "limit": 1, "total": 2, "totalPages": 2}
    assert [one["name"] for one in page["data"]] == ["Mia Müller"]

    first = desk.get(CUSTOMERS, {"cursor": "", "limit": "1"}).json()
    second = desk.get(CUSTOMERS, {"cursor": first["pagination"]["next"], "limit": "1"}).json()
    assert [one["name"] for one in first["data"] + second["data"]] == ["Leo Brandt", "Mia Müller"]
    assert second["pagination"]["next"] is None


def test_a_website_reads_and_adds_nobody(website, leo):
    for response in (
        website.get(CUSTOMERS),
        website.get(f"{CUSTOMERS}/{leo['id']}"),
        website.post(CUSTOMERS, {**LEO, "email": "ada@example.com"}),
        website.patch(f"{CUSTOMERS}/{leo['id']}", {"name": "Ada"}),
    ):
        refused(response, 403, "FORBIDDEN")
    assert Customer.objects.get().name == "Leo Brandt"


def test_who_may_only_read_changes_nobody(salon, leo):
    reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["customers:read"]))

    assert found(reader) == ["Leo Brandt"]
    refused(reader.patch(f"{CUSTOMERS}/{leo['id']}", {"name": "Ada"}), 403, "FORBIDDEN")
    assert Customer.objects.get().name == "Leo Brandt"


def test_another_organization_knows_nobody_here(stranger, leo):
    assert found(stranger) == []
    assert found(stranger, email="leo@example.com") == []
    refused(stranger.get(f"{CUSTOMERS}/{leo['id']}"), 404, "NOT_FOUND")
    refused(stranger.patch(f"{CUSTOMERS}/{leo['id']}", {"name": "Ada"}), 404, "NOT_FOUND")
    assert stranger.post(CUSTOMERS, LEO).status_code == 201
    assert Customer.objects.count() == 2
