"""Customers and the one search box: somebody calls."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.models import Customer
from bookings.services.customer import CustomerDetails, create_customer, update_customer
from bookings.services.status import cancel_booking
from core.access import Role
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said, shown
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
        # session, user, membership, menu; bookings that match, as typed last, who it is, next,
        # last; and that somebody searched, in a transaction of its own
        with django_assert_num_queries(12):
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


def test_a_customers_own_page_takes_no_form(desk, book):
    mia = book()
    page = f"/admin/bookings/customer/{mia.customer_id}/change/"

    desk.send(page, name="Somebody else")

    assert Customer.objects.get().name == "Mia Müller"
    assert desk.get("/admin/bookings/customer/add/").status_code == 403


def edit_page(booking) -> str:
    return f"/admin/bookings/customer/{booking.customer_id}/edit/"


def test_what_is_known_of_a_customer_is_put_right(desk, find, book):
    mia = book()
    blank = dict.fromkeys(("company", "timezone", "locale"), "")
    typed = {"name": "Mia Sommer", "email": "mia@example.com", "phone": "+49 40 999888", **blank}

    answer = desk.post(edit_page(mia), {**typed, "locale": "de"})

    assert answer.url == f"/admin/bookings/customer/{mia.customer_id}/change/"
    assert said(answer) == ["What is known of them is saved."]
    event = Event.objects.get(name="customer.updated")
    assert event.data == {"fields": ["company", "locale", "name", "phone"]}
    assert event.actor_id == desk.user.pk
    for term in ("Sommer", "+49 40 999888", "Müller", "mia@example.com"):
        (person,) = find(term).context["people"]
        assert (person.name, person.phone, person.next) == ("Mia Sommer", "+49 40 999888", mia)
    page = shown(desk.get(answer.url))
    assert "Mia Sommer" in page
    assert "Mia Müller" in shown(desk.get(f"/admin/bookings/booking/{mia.pk}/change/"))


def test_what_they_type_later_is_newer_than_what_was_put_right(desk, find, book, clock, staff):
    first = book()
    update_customer(first.customer, {"phone": "+49 40 999888"}, caller=staff)
    clock.shift(1)

    later = book(at=first.starts_at + HOUR, customer=replace(MIA, phone="+49 30 777666"))

    (person,) = find("mia@example.com").context["people"]
    assert person.phone == "+49 30 777666"
    assert desk.get(edit_page(later)).context["form"].initial["phone"] == "+49 30 777666"


def test_an_address_that_is_somebody_elses_is_said_beside_it(desk, book, ten_o_clock):
    mia = book()
    book(at=ten_o_clock + HOUR, customer=JONAS)

    page = desk.post(edit_page(mia), {"name": "Mia", "email": JONAS.email})

    assert page.status_code == 422
    assert page.context["form"].errors == {"email": ["Another customer has this address."]}
    kept = Customer.objects.get(pk=mia.customer_id)
    assert (kept.name, kept.email) == ("Mia Müller", "mia@example.com")


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"email": "mia"}, {"timezone": "Mars/Olympus"}, {"locale": "tlh"}]
)
def test_what_cannot_be_is_refused(desk, book, wrong):
    mia = book()

    page = desk.post(edit_page(mia), {"name": "Ada", "email": "ada@example.com", **wrong})

    assert list(page.context["form"].errors) == list(wrong)
    assert Customer.objects.get().name == "Mia Müller"


def test_who_may_only_look_does_not_change_anybody(salon, book):
    mia = book()
    viewer = desk_for(salon, Role.VIEWER)

    assert "/edit/" not in shown(viewer.get(edit_page(mia).replace("edit", "change")))
    assert viewer.get(edit_page(mia)).status_code == 403
    assert viewer.post(edit_page(mia), {"name": "Ada", "email": "a@b.example"}).status_code == 403
    assert Customer.objects.get().name == "Mia Müller"


def test_who_has_never_booked_is_found_too(desk, find, salon, staff):
    ada = replace(MIA, name="Ada Neu", email="ada@example.com", phone="+49 89 123456")
    customer = create_customer(ada, organization_id=salon.pk, caller=staff)

    for term in ("ada", "ada@example.com", "+49 89 123456"):
        (person,) = find(term).context["people"]
        assert (person.customer_id, person.name, person.next) == (customer.pk, "Ada Neu", None)
        listed = desk.get("/admin/bookings/customer/", {"q": term}).context["cl"].result_list
        assert list(listed) == [customer]


def test_a_customer_of_another_organization_is_not_there(book):
    mia = book()
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert elsewhere.get(f"/admin/bookings/customer/{mia.customer_id}/change/").status_code == 404
    assert (
        elsewhere.get("/admin/bookings/customer/?q=mia%40example.com").context["cl"].result_count
        == 0
    )
