"""Booking for somebody and moving a booking: the same engine as the page, free times offered."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking, Customer
from core.access import Role
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

NEW = "/admin/bookings/booking/add/"
HOUR = timedelta(hours=1)
JONAS = {
    "name": "Jonas Weber",
    "email": "jonas@example.com",
    "phone": "+49 30 555123",
    "company": "Weber KG",
    "inquiry": "Short at the sides",
}


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def form(desk, haircut, ten_o_clock):
    """The form as the page shows it, filled in for Jonas on the Monday after next at ten."""
    page = desk.get(f"{NEW}?day=2026-11-16")
    return {
        "token": page.context["token"],
        "service": str(haircut.pk),
        "minutes": "30",
        "resource": "",
        "day": "2026-11-16",
        "start": ten_o_clock.isoformat(),
        **JONAS,
    }


def offered(page) -> list[str]:
    """Return the free times that a page offers, on Berlin's clock."""
    hour = timedelta(hours=1)
    return [f"{start + hour:%H:%M}" for start in page.context["offer"].starts]


def test_the_free_times_of_the_day_are_offered(desk, book, haircut):
    book()

    page = desk.get(f"{NEW}?day=2026-11-16&minutes=60")

    # Mia has half an hour at ten; an hour must end by then, and by five.
    morning = ["09:00", "10:30", "11:00", "11:30"]
    afternoon = ["12:00", "12:30", "13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]
    assert offered(page) == [*morning, *afternoon]


def test_without_a_day_the_first_with_free_times_is_shown(desk, haircut, clock):
    clock.move_to(datetime(2026, 11, 6, 17, tzinfo=UTC))  # Friday evening
    desk.force_login(desk.user)

    page = desk.get(NEW)

    assert page.context["draft"].day.isoformat() == "2026-11-09"
    assert offered(page)[0] == "09:00"


def test_a_day_without_free_times_names_days_that_have_some(desk, haircut):
    page = desk.get(f"{NEW}?day=2026-11-14")  # a Saturday

    assert "Nothing is free on Sat 14 Nov." in shown(page)
    assert [day.isoformat() for day in page.context["offer"].next_days] == [
        "2026-11-16",
        "2026-11-17",
        "2026-11-18",
        "2026-11-19",
    ]


def test_a_free_time_from_the_start_page_is_chosen_already(desk, anna, haircut):
    page = desk.get(f"{NEW}?resource={anna.pk}&start=2026-11-16T09:10:00%2B00:00")

    draft = page.context["draft"]
    assert (draft.resource, draft.start) == (anna, datetime(2026, 11, 16, 9, 30, tzinfo=UTC))


def test_a_person_alone_leads_to_a_service_that_they_do(desk, salon, haircut, ben):
    color = ServiceFactory(organization=salon, name="Color", slug="color", resources=[ben])

    assert desk.get(f"{NEW}?resource={ben.pk}").context["draft"].service == color


def test_a_booking_is_made_in_one_step_and_confirmed_at_once(desk, form, anna, ten_o_clock):
    answer = desk.send(NEW, go="book", confirm="1", **form)

    booking = Booking.objects.get()
    assert answer.url == f"/admin/bookings/booking/{booking.pk}/change/"
    assert said(answer) == [f"Booked: Mon 16 Nov, 10:00–10:30, reference {booking.reference}."]
    assert (booking.status, booking.resource, booking.starts_at) == ("CONFIRMED", anna, ten_o_clock)
    assert (booking.name, booking.email, booking.phone) == (
        "Jonas Weber",
        "jonas@example.com",
        "+49 30 555123",
    )
    assert (booking.company, booking.inquiry) == ("Weber KG", "Short at the sides")
    assert (booking.source, booking.timezone) == ("STAFF", "Europe/Berlin")
    events = Event.objects.order_by("id").values_list("name", "actor_kind", "actor_id")
    assert list(events) == [
        ("booking.created", "user", desk.user.pk),
        ("booking.confirmed", "user", desk.user.pk),
    ]


def test_it_may_also_wait_for_confirmation(desk, form):
    desk.send(NEW, go="book", **form)

    assert Booking.objects.get().status == "PENDING"


def test_a_double_click_makes_one_booking(desk, form, salon, haircut, ben):
    haircut.resources.add(ben)  # somebody else would be free for a second one

    first = desk.send(NEW, go="book", **form)
    second = desk.send(NEW, go="book", **form)

    assert first.url == second.url
    assert Booking.objects.count() == Customer.objects.count() == 1


def test_a_taken_time_is_refused_with_others_and_what_was_typed_is_kept(desk, form, book):
    book()

    page = desk.send(NEW, go="book", **form)

    assert page.status_code == 200
    assert "10:00 is no longer free. 09:00, 09:30 and 10:30 are." in shown(page)
    assert page.context["draft"].start is None
    assert "10:00" not in offered(page)
    for text in JONAS.values():
        assert text in shown(page)
    assert Booking.objects.get().name == "Mia Müller"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"other_time": "07:00"}, "This time is outside opening hours."),
        ({"start": ""}, "Choose a time."),
        ({"start": "yesterday"}, "Choose a time."),
        ({"start": "2026-11-17T09:00:00+00:00"}, "Choose a time."),  # of another day
        ({"day": "2026-11-02", "other_time": "10:00"}, "This time is in the past."),
        ({"day": "2026-11-03", "other_time": "09:45"}, "This time is too soon to be booked."),
        ({"day": "2028-11-03", "other_time": "10:00"}, "This time is too far ahead to be booked."),
    ],
)
def test_a_refused_time_says_why(desk, form, changes, sentence):
    page = desk.send(NEW, go="book", **{**form, **changes})

    assert page.context["refused"] == sentence
    assert "Jonas Weber" in shown(page)
    assert Booking.objects.count() == Customer.objects.count() == Event.objects.count() == 0


def test_a_time_off_the_grid_is_taken_only_when_it_is_asked_for(desk, form):
    desk.send(NEW, go="book", **{**form, "other_time": "10:10"})

    assert Booking.objects.get().starts_at == datetime(2026, 11, 16, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "This is needed."),
        ("email", "", "This is needed."),
        ("email", "jonas", "Enter a valid email address."),
        ("company", " ", "This is needed."),
        ("inquiry", "", "This is needed."),
        ("phone", "1" * 33, "Ensure this value has at most 32 characters (it has 33)."),
        ("name", "Jo\0nas", "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, form, field, typed, sentence):
    page = desk.send(NEW, go="book", **{**form, field: typed})

    assert page.context["form"].errors == {field: [sentence]}
    assert Booking.objects.count() == 0


def test_a_service_that_needs_no_company_is_booked_without(desk, form, haircut):
    haircut.company_required = haircut.inquiry_required = False
    haircut.save()

    desk.send(NEW, go="book", **{**form, "company": "", "inquiry": ""})

    assert Booking.objects.get().company == ""


@pytest.mark.parametrize("term", ["mia@example.com", "+49 30 1234567", "müller"])
def test_somebody_who_was_here_before_is_found_and_filled_in(desk, form, book, term):
    known = book()

    page = desk.send(NEW, go="find", **{**form, "find": term, "name": "typed already"})
    (person,) = page.context["people"]
    assert (person.name, person.next) == ("Mia Müller", known)
    assert "comes Mon 16 Nov, 10:00" in shown(page)
    assert "typed already" in shown(page)

    filled = desk.send(NEW, go=f"use:{known.customer_id}", **form)

    assert filled.context["form"].initial == {
        "name": "Mia Müller",
        "email": "mia@example.com",
        "phone": "+49 30 1234567",
        "company": "Müller GmbH",
        "location": "",
        "inquiry": "Short at the sides",
        "notes": "",
    }


def test_a_search_without_a_match_says_what_to_do(desk, form):
    assert "Nobody found. Type the details below." in shown(
        desk.send(NEW, go="find", **{**form, "find": "nobody"})
    )


def test_people_of_other_organizations_are_not_found_and_not_filled_in(book, haircut):
    mia = book()
    elsewhere = OrganizationFactory(name="Elsewhere")
    ServiceFactory(organization=elsewhere, resources=[ResourceFactory(organization=elsewhere)])
    desk = desk_for(elsewhere, Role.OWNER)

    assert desk.send(NEW, go="find", find="mia@example.com").context["people"] == []
    for page in (
        desk.send(NEW, go=f"use:{mia.customer_id}"),
        desk.get(f"{NEW}?customer={mia.customer_id}"),
    ):
        assert page.context["form"].initial["name"] == ""


def test_services_and_staff_of_other_organizations_are_not_booked(salon, desk, form, anna):
    elsewhere = OrganizationFactory(name="Elsewhere")
    theirs = ResourceFactory(organization=elsewhere)
    foreign = ServiceFactory(organization=elsewhere, resources=[theirs])

    desk.send(NEW, go="book", **{**form, "service": foreign.pk, "resource": theirs.pk})

    booking = Booking.objects.get()  # of what is usual here instead
    assert (booking.organization, booking.resource) == (salon, anna)


def test_a_token_of_another_booking_is_worth_nothing(desk, form, book):
    mia = book()

    desk.send(NEW, go="book", **{**form, "token": str(mia.pk), "start": "", "other_time": "12:00"})

    assert Booking.objects.count() == 2


def test_who_may_only_look_cannot_book(salon, form):
    viewer = desk_for(salon, Role.VIEWER)

    assert viewer.get(NEW).status_code == 403
    assert viewer.send(NEW, go="book", **form).status_code == 403
    assert Booking.objects.count() == 0


def test_without_a_service_there_is_nothing_to_book(salon, clock):
    assert "First there must be a service that is active." in shown(desk_for(salon).get(NEW))


def test_the_customer_of_a_known_address_stays_as_they_were(desk, form, book):
    mia = book()

    desk.send(NEW, go="book", **{**form, "start": "", "other_time": "12:00", "email": MIA.email})

    assert Customer.objects.get().name == "Mia Müller"
    assert set(Booking.objects.values_list("customer_id", flat=True)) == {mia.customer_id}


@pytest.mark.parametrize(
    "query",
    [
        "day=x",
        "day=0001-01-01",
        "minutes=x",
        "minutes=-5",
        "resource=x",
        "start=x",
        "day=9999-12-31",
    ],
)
def test_nonsense_in_the_address_is_passed_over(desk, haircut, query):
    assert desk.get(f"{NEW}?{query}").status_code == 200
