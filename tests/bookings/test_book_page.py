"""The booking page from the first step to the last, without any script."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Allocation, Booking, Customer, Hold
from bookings.selectors.manage import manage_token
from core.models import Event
from tests.factories import OrganizationFactory, ServiceFactory
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HAIRCUT = "/book/salon/haircut?day=2026-11-16&minutes=30"
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def visitor(clock, haircut) -> Visitor:
    return Visitor()


@pytest.fixture
def chosen(visitor) -> Visitor:
    """Somebody who has chosen Monday at ten."""
    return visitor.open(HAIRCUT).choose("10:00")


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

    def test_where_all_come_together_there_is_no_choice(self, visitor, haircut):
        haircut.assignment = "COLLECTIVE"
        haircut.save()

        assert visitor.open("/book/salon/haircut").times != []


class TestKeeping:
    def test_a_chosen_time_is_nobody_elses_for_ten_minutes(self, chosen, clock):
        other = Visitor("192.0.2.2")
        assert "10:00" not in other.open(HAIRCUT).times

        clock.shift(601)

        assert "10:00" in other.open(HAIRCUT).times

    def test_a_double_click_keeps_one_time(self, visitor, haircut, ben):
        haircut.resources.add(ben)
        visitor.open(f"{HAIRCUT}&with=anyone")
        page = visitor.response

        first = visitor.choose("10:00").path
        visitor.response = page
        visitor.path = HAIRCUT
        second = visitor.choose("10:00").path

        assert "kept for you" in visitor.text
        assert first.startswith("/book/salon/haircut/details/")
        assert second.startswith("/book/salon/haircut/details/")
        assert Hold.objects.count() == 1

    def test_whoever_goes_back_finds_their_time_and_gives_it_back_for_another(self, chosen):
        chosen.follow("Choose another time")
        assert "10:00" in chosen.times
        chosen.choose("10:30")

        live = Hold.objects.get(ended_at=None)
        assert live.starts_at == TEN + timedelta(minutes=30)
        assert "10:00" in Visitor("192.0.2.2").open(HAIRCUT).times

    def test_a_time_that_somebody_else_took_is_refused_with_others(self, visitor, book):
        visitor.open(HAIRCUT)
        book(minutes=30)

        visitor.choose("10:00")

        assert visitor.status == 409
        assert visitor.notice == "10:00 is no longer free. 09:00, 09:30 and 10:30 are."
        assert Hold.objects.count() == 0


class TestDetails:
    def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(self, chosen):
        chosen.send(name="Mia <Müller>", email="mia", company=" ", phone="later")

        assert chosen.status == 400
        assert chosen.wrong == {
            "email": "Write an address like mia@example.com.",
            "phone": "Write a number like +49 30 1234567.",
            "company": "This is needed.",
            "inquiry": "This is needed.",
        }
        assert 'value="Mia &lt;Müller&gt;"' in chosen.text
        assert Booking.objects.count() == 0

    def test_a_service_asks_for_what_it_wants(self, visitor, haircut):
        haircut.company_required = haircut.inquiry_required = False
        haircut.location_kind = "PHONE"
        haircut.save()
        visitor.open(HAIRCUT).choose("10:00")
        assert 'name="company"' not in visitor.text

        visitor.send(name="Mia", email="mia@example.com")
        assert visitor.wrong == {"phone": "This is needed."}

        visitor.send(name="Mia", email="mia@example.com", phone="030 1234567")
        assert Booking.objects.count() == 1

    def test_the_form_sent_twice_books_once(self, chosen):
        page, path = chosen.response, chosen.path
        first = chosen.send(**MIA).path
        chosen.response, chosen.path = page, path
        second = chosen.send(**MIA).path

        assert Booking.objects.count() == 1
        reference = Booking.objects.get().reference
        assert "/booked/" in first
        assert "/booked/" in second
        assert reference in chosen.text
        assert reference in chosen.open(path).text  # and so does whoever goes back to the form

    def test_whoever_has_booked_may_go_back_and_book_another_time(self, visitor):
        visitor.open(HAIRCUT)
        page, path = visitor.response, visitor.path
        visitor.choose("10:00").send(**MIA)
        visitor.response, visitor.path = page, path

        visitor.choose("11:00").send(**MIA)

        assert Booking.objects.count() == 2

    def test_a_time_that_was_kept_for_too_long_is_booked_if_it_is_free(self, chosen, clock):
        clock.shift(601)
        assert "no longer kept for you" in chosen.open(chosen.path).text

        chosen.send(**MIA)

        assert Booking.objects.get().starts_at == TEN

    def test_a_time_that_is_gone_is_refused_with_others_and_what_was_typed_stays(
        self, chosen, clock, book
    ):
        clock.shift(601)
        book(minutes=30)

        chosen.send(**MIA)

        assert chosen.status == 409
        assert chosen.notice == "10:00 is no longer free. 09:00, 09:30 and 10:30 are."
        assert chosen.times == ["09:00", "09:30", "10:30"]
        assert Booking.objects.count() == 1

        chosen.send(**MIA, start=chosen.buttons["10:30"])
        assert "10:30–11:00" in chosen.text
        assert 'value="Mia Müller"' in chosen.text
        assert Booking.objects.count() == 1

        chosen.send(**MIA)
        taken = Booking.objects.get(source="PAGE")
        assert taken.starts_at == TEN + timedelta(minutes=30)

    def test_somebody_who_left_meanwhile_cannot_be_booked(self, visitor, haircut, anna, ben):
        haircut.resources.add(ben)
        visitor.open(f"{HAIRCUT}&with={ben.pk}").choose("10:00")
        ben.is_active = False
        ben.save()

        visitor.send(**MIA)

        assert visitor.status == 404
        assert Booking.objects.count() == 0
