"""Customers and the one search box: somebody calls."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.models import Customer
from bookings.services.booking import cancel_booking
from bookings.services.customer import CustomerDetails
from core.access import Role
from tests.cast import MIA
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
JONAS = CustomerDetails(name="Jonas Weber", email="jonas@example.com", company="Weber")


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def find(desk):
    def find(term: str):
        return desk.get("/admin/find/", {"q": term})

    return find


def test_a_reference_opens_the_booking(find, book):
    mia = book()

    for term in (mia.reference, mia.reference.lower().replace("-", ""), f" {mia.reference} "):
        assert find(term).url == f"/admin/bookings/booking/{mia.pk}/change/"


@pytest.mark.parametrize("term", ["mia@example.com", "+49 30 1234567", "Mül", "mia m"])
def test_a_caller_is_found_with_their_next_appointment(find, book, ten_o_clock, term):
    later = book(at=ten_o_clock + 24 * HOUR)
    next_one = book()

    (person,) = find(term).context["people"]

    assert (person.name, person.next) == ("Mia Müller", next_one)
    assert later.customer_id == person.customer_id
    page = shown(find(term))
    assert "Mon 16 Nov, 10:00–10:30" in page
    assert f"/admin/bookings/booking/add/?customer={person.customer_id}" in page


def test_who_has_nothing_ahead_shows_when_they_came_last(desk, find, book, ten_o_clock, clock):
    book()
    clock.move_to(ten_o_clock + 2 * HOUR)
    desk.force_login(desk.user)

    (person,) = find("mia").context["people"]

    assert (person.next, person.last.starts_at) == (None, ten_o_clock)
    assert "Nothing ahead. Last here Mon 16 Nov, 10:00" in shown(find("mia"))


def test_what_was_cancelled_is_no_next_appointment(find, book, staff):
    cancel_booking(book(), caller=staff)

    (person,) = find("mia").context["people"]
    assert person.next is None


def test_people_of_one_name_are_told_apart(find, book, ten_o_clock):
    book()
    book(at=ten_o_clock + HOUR, customer=replace(MIA, email="other@example.com"))

    assert {person.email for person in find("mia").context["people"]} == {
        "mia@example.com",
        "other@example.com",
    }


def test_a_search_costs_the_same_for_one_and_for_many(
    desk, book, ten_o_clock, django_assert_num_queries
):
    def cost() -> None:
        # session, user, membership; bookings that match, as typed last, the next, the last
        with django_assert_num_queries(7):
            desk.get("/admin/find/?q=mia")

    book()
    cost()
    for number in range(6):
        customer = replace(MIA, email=f"mia{number}@example.com")
        book(at=ten_o_clock + (number + 1) * HOUR / 2, customer=customer)
    cost()


@pytest.mark.parametrize("term", ["", " ", "\0", "zz", "x" * 400, "%", "'; --"])
def test_what_means_nobody_says_how_to_ask(find, book, term):
    book()

    page = shown(find(term))

    assert "whole e-mail address or phone number" in page
    assert "Mia" not in page


def test_people_of_other_organizations_are_not_found(book):
    mia = book()
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    for term in ("mia@example.com", mia.reference, "mia"):
        assert elsewhere.get("/admin/find/", {"q": term}).context["people"] == []


def test_every_page_has_the_search_box(desk, book):
    mia = book()
    for path in (
        "/admin/",
        f"/admin/bookings/booking/{mia.pk}/change/",
        "/admin/bookings/customer/",
    ):
        assert 'id="find"' in shown(desk.get(path))


def test_customers_are_listed_and_found(desk, book, ten_o_clock):
    mia, jonas = book(), book(at=ten_o_clock + HOUR, customer=JONAS)

    def listed(query=""):
        page = desk.get(f"/admin/bookings/customer/?{query}")
        return [customer.pk for customer in page.context["cl"].result_list]

    assert listed() == [jonas.customer_id, mia.customer_id]
    assert listed("q=mia%40example.com") == [mia.customer_id]
    assert listed("q=jon") == [jonas.customer_id]
    assert listed("q=%2B49301234567") == [mia.customer_id]


def test_a_customers_page_shows_what_is_ahead_and_what_was(desk, book, ten_o_clock, clock):
    first, second = book(), book(at=ten_o_clock + 24 * HOUR)
    clock.move_to(ten_o_clock + 2 * HOUR)
    desk.force_login(desk.user)

    page = desk.get(f"/admin/bookings/customer/{first.customer_id}/change/")

    assert (list(page.context["ahead"]), list(page.context["before"])) == ([second], [first])
    assert "mia@example.com" in shown(page)


def test_a_customer_is_not_changed_here(desk, book):
    mia = book()
    page = f"/admin/bookings/customer/{mia.customer_id}/change/"

    desk.send(page, name="Somebody else")

    assert Customer.objects.get().name == "Mia Müller"
    assert desk.get("/admin/bookings/customer/add/").status_code == 403


def test_a_customer_of_another_organization_is_not_there(book):
    mia = book()
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert elsewhere.get(f"/admin/bookings/customer/{mia.customer_id}/change/").status_code == 404
    assert (
        elsewhere.get("/admin/bookings/customer/?q=mia%40example.com").context["cl"].result_count
        == 0
    )
