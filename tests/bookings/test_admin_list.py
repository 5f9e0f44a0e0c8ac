"""The list of bookings: found by every key, filtered, and never slower for being long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking
from bookings.services.customer import CustomerDetails
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Role
from core.admin import paging
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/bookings/booking/"
HOUR = timedelta(hours=1)
JONAS = CustomerDetails(name="Jonas Weber", email="jonas@example.com", phone="030 555 12 34")


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def rows(desk):
    """The references in the list, in its order."""

    def rows(query: str = ""):
        desk.force_login(desk.user)  # weeks may have passed
        page = desk.get(f"{LIST}?{query}")
        assert page.status_code == 200, page.headers
        return [booking.reference for booking in page.context["cl"].result_list]

    return rows


@pytest.fixture
def mia(book):
    return book()


@pytest.fixture
def jonas(book, ten_o_clock):
    return book(at=ten_o_clock + HOUR, customer=replace(JONAS, company="Weber"))


@pytest.mark.parametrize(
    "term",
    [
        "mia@example.com",
        "MIA@Example.com",
        "+49301234567",
        "+49 (30) 123-4567",
        "mia",
        "Mül",
        "muller",
        "müller mia",
    ],
)
def test_a_booking_is_found_by_what_a_caller_says(rows, mia, jonas, term):
    assert rows(f"q={term.replace('+', '%2B')}") == [mia.reference]


def test_a_booking_is_found_by_its_reference_however_it_is_written(rows, mia, jonas):
    plain = jonas.reference.replace("-", "")

    assert rows(f"q={jonas.reference}") == [jonas.reference]
    assert rows(f"q={plain.lower()}") == [jonas.reference]
    assert rows(f"q={plain[:4]}+{plain[4:]}") == [jonas.reference]


@pytest.mark.parametrize("term", ["ia", "mia@example", "iller", "zz", "Müllerin", "mi", "1234567"])
def test_what_is_not_the_beginning_of_a_word_finds_nobody(rows, mia, term):
    assert rows(f"q={term}") == []


def test_a_search_looks_at_the_past_too(rows, mia, clock):
    clock.shift(30 * 24 * 3600)

    assert rows() == []
    assert rows("q=mia") == [mia.reference]


def test_the_list_begins_today(rows, mia, jonas, clock, ten_o_clock):
    clock.move_to(ten_o_clock + timedelta(hours=12))
    assert rows() == [mia.reference, jonas.reference]

    clock.move_to(ten_o_clock + timedelta(days=1))
    assert rows() == []
    assert rows("days=past") == [jonas.reference, mia.reference]
    assert rows("days=all") == [mia.reference, jonas.reference]


def test_days_are_the_organizations_own(rows, book, haircut, anna):
    night = ResourceFactory(organization=haircut.organization, hours=(datetime.min.time(),) * 2)
    haircut.resources.add(night)
    # 00:15 on the 17th in Berlin is still the 16th in UTC.
    late = book(at=datetime(2026, 11, 16, 23, 0, tzinfo=UTC), resource=night)

    assert rows("day=2026-11-17") == [late.reference]
    assert rows("day=2026-11-16") == []
    assert rows("day_from=2026-11-17&day_to=2026-11-17") == [late.reference]
    assert rows("day_from=2026-11-18") == []
    assert rows("day_to=2026-11-16") == []


@pytest.mark.parametrize(
    "query", ["day=2026-13-01", "day=x", "day_from=0001-01-01", "days=never", "day_to=9999-12-31"]
)
def test_what_is_no_day_finds_nothing(rows, mia, query):
    assert rows(query) == []


def test_bookings_are_filtered_by_status_service_and_staff(
    rows, mia, jonas, haircut, ben, book, staff, ten_o_clock
):
    haircut.resources.add(ben)
    confirm_booking(mia, caller=staff)
    with_ben = book(at=ten_o_clock + 3 * HOUR, resource=ben)
    cancel_booking(with_ben, caller=staff)
    other = ServiceFactory(organization=haircut.organization, name="Color")

    assert rows("status=CONFIRMED") == [mia.reference]
    assert rows("status=NOT_CANCELLED") == [mia.reference, jonas.reference]
    assert rows(f"resource={ben.pk}") == [with_ben.reference]
    assert rows(f"service={haircut.pk}&status=PENDING") == [jonas.reference]
    assert rows(f"service={other.pk}") == []
    assert rows("status=TYPED") == rows("service=x") == []


def test_what_may_be_chosen_as_a_filter_is_the_organizations_own(desk, mia):
    elsewhere = OrganizationFactory(name="Elsewhere")
    ServiceFactory(organization=elsewhere, name="Secret service")
    ResourceFactory(organization=elsewhere, name="Secret agent")

    assert "Secret" not in shown(desk.get(LIST))


def test_bookings_of_other_organizations_are_not_in_the_list(rows, mia):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert elsewhere.get(LIST).context["cl"].result_count == 0
    assert elsewhere.get(f"{LIST}?q={mia.reference}").context["cl"].result_count == 0
    assert elsewhere.get(f"{LIST}?q=mia%40example.com").context["cl"].result_count == 0


@pytest.mark.parametrize(
    "query",
    [
        "name__startswith=Mia",
        "email=mia@example.com",
        "organization__memberships__user__password__startswith=a",
    ],
)
def test_an_address_asks_no_questions_of_its_own(desk, mia, query):
    answer = desk.get(f"{LIST}?{query}")

    assert answer.status_code in (302, 400)


def test_a_list_of_many_asks_as_often_as_a_list_of_one(
    desk, book, ten_o_clock, django_assert_num_queries
):
    book()
    # session, user, membership; count and rows; services and staff to choose from
    with django_assert_num_queries(8):
        desk.get(LIST)
    for number in range(1, 13):
        book(at=ten_o_clock + number * HOUR / 2)
    with django_assert_num_queries(8):
        page = desk.get(LIST)
    assert page.context["cl"].result_count == 13


def test_a_list_is_never_counted_to_its_end(desk, mia, django_assert_num_queries):
    with django_assert_num_queries(8) as asked:
        desk.get(LIST)

    (count,) = [query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"]]
    assert "LIMIT 10001" in count


def test_a_list_beyond_ten_thousand_says_more_than(desk, book, ten_o_clock, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED_UP_TO", 2)
    for number in range(3):
        book(at=ten_o_clock + number * HOUR)

    assert "More than 2." in shown(desk.get(LIST))


def test_a_row_says_who_comes_when_and_for_what(desk, mia):
    page = shown(desk.get(LIST))

    for text in (
        "Mon 16 Nov, 10:00–10:30",
        "Mia Müller",
        "Haircut",
        "Anna",
        "Pending",
        "+49 30 1234567",
        mia.reference,
    ):
        assert text in page


def test_who_may_not_read_bookings_sees_no_list(salon, mia):
    desk = desk_for(None)

    assert desk.get(LIST).status_code == 302


def test_the_numbers_of_the_start_page_are_those_of_their_lists(
    desk, mia, jonas, rows, staff, clock, ten_o_clock
):
    clock.move_to(ten_o_clock - HOUR)
    confirm_booking(jonas, caller=staff)
    start = desk.get("/admin/").context

    assert str(start["waiting_count"]) == "1"
    assert rows("status=PENDING") == [mia.reference]
    assert start["booked_today"] == 2
    assert len(rows(f"day={start['day']}&status=NOT_CANCELLED")) == 2
    today = start["chart"][0]
    assert (today.count.pending, today.count.confirmed, today.count.total) == (1, 1, 2)
    assert [stick.count.total for stick in start["chart"][1:]] == [0] * 13
    assert Booking.objects.count() == 2
