"""The booking page from the first step to the last, without any script."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Allocation, Booking, Customer, Hold, Requirement
from bookings.selectors.manage import manage_token
from core.models import Event
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HAIRCUT = "/book/salon/haircut?day=2026-11-16&minutes=30"
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def visitor(clock, haircut) -> Visitor:
    return Visitor()


def test_a_visitor_books_in_four_steps(visitor, salon, anna):
    visitor.open("/book/salon")
    visitor.follow("30 min").follow("Monday, 16 November 2026, 16 free times").choose("10:00")
    assert "Monday, 16 November 2026, 10:00–10:30" in visitor.text
    assert "Europe/Berlin (UTC+01:00)" in visitor.text
    assert "kept for you until 08:10 (<span>10</span> min)" in visitor.text

    visitor.send(**MIA, phone="+49 30 1234567")

    booking = Booking.objects.get()
    assert (booking.starts_at, booking.ends_at) == (TEN, TEN + timedelta(minutes=30))
    assert (booking.name, booking.email, booking.company, booking.phone, booking.inquiry) == (
        "Mia Müller",
        "mia@example.com",
        "Müller GmbH",
        "+49 30 1234567",
        "As last time",
    )
    assert (booking.status, booking.source, booking.timezone, booking.resource) == (
        "PENDING",
        "PAGE",
        "Europe/Berlin",
        anna,
    )
    assert Allocation.objects.filter(booking=booking, released_at=None).count() == 1
    assert Hold.objects.get().ended_at is not None
    created = Event.objects.get(name="booking.created")
    assert (created.actor_kind, created.actor_id) == ("customer", None)
    for said in (
        "Your request is sent",
        "Salon Soleil answers by e-mail.",
        booking.reference,
        "Anna",
        f"/manage/{manage_token(booking)}",
        "An e-mail with all of this is on its way to mia@example.com.",
    ):
        assert said in visitor.text
    assert visitor.response["Cache-Control"] == "private, no-store"
    visitor.follow("Change or cancel")
    assert visitor.status == 200
    assert booking.reference in visitor.text


def test_the_mails_speak_the_language_in_which_it_was_booked(visitor):
    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    visitor.open(HAIRCUT).choose("10:00").send(**MIA)

    assert Customer.objects.get().locale == "de"


def test_what_is_confirmed_at_once_is_said_to_be_booked(visitor, haircut):
    haircut.needs_approval = False
    haircut.save()

    visitor.open(HAIRCUT).choose("10:00").send(**MIA)

    assert Booking.objects.get().status == "CONFIRMED"
    assert "Your appointment is booked" in visitor.text


class TestWhat:
    def test_several_services_are_listed_and_one_leads_straight_to_its_times(
        self, visitor, salon, anna
    ):
        assert visitor.open("/book/salon").path == "/book/salon/haircut"

        ServiceFactory(
            organization=salon,
            name="Coloring",
            slug="coloring",
            durations=[90],
            price_amount="80.00",
            location_kind="PHONE",
            resources=[anna],
        )
        visitor.open("/book/salon/")
        assert "90 min · 80.00 EUR · On the telephone" in visitor.text
        assert visitor.follow("Coloring").path == "/book/salon/coloring"

    def test_who_has_booked_before_finds_the_way_to_their_own(self, visitor):
        visitor.open("/book/salon/haircut").follow("See all your appointments")

        assert visitor.path == "/my/salon"

    def test_a_page_without_anything_to_book_says_so(self, visitor, haircut, anna):
        anna.is_active = False
        anna.save()

        visitor.open("/book/salon")

        assert visitor.status == 200
        assert "At the moment nothing can be booked here." in visitor.text

    @pytest.mark.parametrize(
        "path",
        [
            "/book/nobody",
            "/book/elsewhere/haircut",
            "/book/salon/massage",
            "/book/salon/booked/made-up",
        ],
    )
    def test_what_is_not_there_is_a_kind_page(self, visitor, path):
        ServiceFactory(organization=OrganizationFactory(slug="elsewhere"), slug="else")

        visitor.open(path)

        assert visitor.status == 404
        assert "There is nothing to book here" in visitor.text

    @pytest.mark.parametrize("column", ["has_page", "is_active"])
    def test_an_organization_without_a_page_has_none(self, visitor, salon, column):
        setattr(salon, column, False)
        salon.save()

        for path in ("/book/salon", "/book/salon/haircut"):
            assert visitor.open(path).status == 404
            assert "Salon Soleil" not in visitor.text


class TestWithWhom:
    @pytest.fixture(autouse=True)
    def _two(self, haircut, anna, ben):
        haircut.resources.add(ben)
        ben.qualification, ben.bio = "Master", "Cuts since 2009."
        ben.save()

    def test_a_visitor_chooses_somebody(self, visitor, ben):
        visitor.open("/book/salon")
        assert visitor.text.index(">Anyone<") < visitor.text.index(">Anna<")
        assert "Cuts since 2009." in visitor.text

        visitor.follow("Ben").follow("Monday, 16 November 2026, 16 free times").choose("10:00")
        assert "with Ben" in visitor.text
        visitor.send(**MIA)

        assert Booking.objects.get().resource == ben

    def test_anyone_will_do(self, visitor):
        visitor.open("/book/salon").follow("Anyone")
        visitor.follow("Monday, 16 November 2026, 16 free times").choose("10:00").send(**MIA)

        assert Booking.objects.count() == 1

    def test_where_one_has_to_be_chosen_nobody_is_no_choice(self, visitor, haircut):
        haircut.assignment = "CUSTOMER"
        haircut.save()

        visitor.open("/book/salon/haircut?with=anyone")

        assert ">Anyone<" not in visitor.text
        assert visitor.times == []

    def test_what_is_needed_besides_is_nobodys_choice(self, visitor, salon, haircut, anna):
        tables = ResourceTypeFactory(organization=salon, key="table", name="Table")
        haircut.resources.add(ResourceFactory(organization=salon, name="Table 1", type=tables))
        Requirement.objects.create(service=haircut, type=anna.type, position=1)
        Requirement.objects.create(service=haircut, type=tables, position=2)

        visitor.open("/book/salon")

        assert ">Ben<" in visitor.text
        assert ">Table 1<" not in visitor.text

    def test_where_all_come_together_there_is_no_choice(self, visitor, haircut):
        haircut.assignment = "COLLECTIVE"
        haircut.save()

        assert visitor.open("/book/salon/haircut").times != []
