"""Which days and times the booking page offers, and on whose clock."""

from datetime import UTC, datetime, time

import pytest

from bookings.models import Booking, WeeklyHours
from tests.factories import ResourceFactory, ServiceFactory
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/book/salon/haircut"
# organization, services, resources, who is there, what is busy
QUERIES = 5


@pytest.fixture
def visitor(clock, haircut) -> Visitor:
    return Visitor()


def test_the_first_free_day_is_open_and_its_times_are_grouped(visitor):
    visitor.open(f"{PAGE}?minutes=60")

    # It is Tuesday, just after 08:00, and two hours ahead is the soonest.
    assert visitor.free_days[0] == "Tuesday, 3 November 2026, 12 free times"
    assert len(visitor.free_days) == 20  # weekdays from the 3rd to the 30th
    assert visitor.times[:2] == ["10:30", "11:00"]
    assert visitor.times[-1] == "16:00"
    assert visitor.text.index("Morning") < visitor.text.index(">11:30<")
    assert visitor.text.index(">11:30<") < visitor.text.index("Afternoon")
    assert "Evening" not in visitor.text


def test_a_visitor_turns_to_the_next_month_and_back_but_not_into_the_past(visitor, haircut):
    haircut.horizon_days = 60
    haircut.save()
    visitor.open(PAGE)
    assert "The month before" not in visitor.text

    visitor.follow("The month after")
    assert "December 2026" in visitor.text
    assert visitor.free_days[0] == "Tuesday, 1 December 2026, 16 free times"
    visitor.follow("The month after")
    assert visitor.free_days == ["Friday, 1 January 2027, 16 free times"]
    assert "The month after" not in visitor.text  # 60 days from today are over
    visitor.follow("The month before").follow("The month before")
    assert "November 2026" in visitor.text
    assert visitor.open(f"{PAGE}?month=2020-05").text.count("November 2026") > 0


def test_a_month_without_free_times_names_the_next_day_with_some(visitor, haircut):
    WeeklyHours.objects.update(weekday=1)  # Tuesdays only
    haircut.resources.get().schedules.update(valid_from_on="2027-01-10")

    visitor.open(f"{PAGE}?month=2026-11")
    assert "There is no free time in November 2026." in visitor.text
    visitor.follow("The next is on Tuesday, 12 January 2027.")
    assert visitor.free_days[0] == "Tuesday, 12 January 2027, 16 free times"

    # Whoever named no month is led there at once.
    assert visitor.open(PAGE).free_days[0] == "Tuesday, 12 January 2027, 16 free times"


def test_a_visitor_elsewhere_reads_and_books_on_their_own_clock(visitor):
    visitor.open(f"{PAGE}?zone=America/New_York&day=2026-11-16")
    assert "Times in America/New York (UTC-05:00)." in visitor.text
    assert (visitor.times[0], visitor.times[-1]) == ("03:00", "10:30")

    visitor.choose("04:00")
    assert "Monday, 16 November 2026, 04:00–04:15" in visitor.text
    visitor.send(**MIA)

    booking = Booking.objects.get()
    assert booking.starts_at == datetime(2026, 11, 16, 9, tzinfo=UTC)
    assert booking.timezone == "America/New_York"
    assert "04:00–04:15" in visitor.text


def test_days_are_the_visitors_own(visitor):
    """Noon in Berlin is midnight in Auckland: Friday afternoon is Saturday there."""
    visitor.open(f"{PAGE}?zone=Pacific/Auckland&day=2026-11-17")

    assert visitor.times[:2] == ["00:00", "00:30"]
    assert "Saturday, 7 November 2026, 10 free times" in visitor.free_days
    assert "Monday, 9 November 2026, 6 free times" in visitor.free_days


def test_an_hour_that_the_clock_skips_is_not_offered(visitor):
    WeeklyHours.objects.update(weekday=6, opens=time(1), closes=time(4))

    visitor.open(f"{PAGE}?day=2027-03-28")

    assert visitor.times == ["01:00", "01:30", "03:00", "03:30"]


@pytest.mark.parametrize(
    "query",
    [
        "?zone=Mars/Olympus&month=13-2026&day=soon&minutes=7&with=me&visit=mine",
        "?day=9999-12-31&month=0000-00",
        "?day=2026-02-31",
        "?zone=%00&day=%00",
    ],
)
def test_an_address_that_says_nonsense_shows_the_usual(visitor, query):
    visitor.open(PAGE + query)

    assert visitor.status == 200
    assert "Europe/Berlin" in visitor.text


def test_the_week_begins_where_the_reader_begins_it(visitor):
    visitor.open(PAGE)
    assert visitor.text.index(">Sun<") < visitor.text.index(">Mon<")

    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,en;q=0.5"
    visitor.open(PAGE)
    assert 'lang="de"' in visitor.text
    assert visitor.response["Content-Language"] == "de"


def test_whoever_speaks_none_of_our_languages_reads_the_organizations(visitor, salon):
    salon.locale = "de"
    salon.save()

    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fi"

    assert 'lang="de"' in visitor.open(PAGE).text


@pytest.mark.parametrize("staff", [1, 6])
def test_a_page_asks_the_database_a_fixed_number_of_questions(
    visitor, salon, haircut, staff, django_assert_num_queries
):
    for _ in range(staff - 1):
        haircut.resources.add(ResourceFactory(organization=salon))
        ServiceFactory(organization=salon, resources=[*haircut.resources.all()])

    with django_assert_num_queries(QUERIES):
        visitor.open(f"{PAGE}?with=anyone&day=2026-11-16&zone=Asia/Tokyo")


def test_the_list_of_services_asks_two(visitor, salon, haircut, django_assert_num_queries):
    for _ in range(3):
        ServiceFactory(organization=salon, resources=[*haircut.resources.all()])

    with django_assert_num_queries(2):
        visitor.open("/book/salon")


def test_what_is_far_ahead_or_past_is_not_bookable_through_a_made_up_button(visitor):
    visitor.open(PAGE)
    visit = visitor.hidden("visit")
    for start, sentence in {
        "2026-11-02T10:00:00+01:00": "This time is over. Please choose another one.",
        "2026-11-16T03:00:00+01:00": "This time is outside opening hours.",
        "2028-11-16T10:00:00+01:00": "This time is too far ahead. Please choose an earlier one.",
    }.items():
        visitor.open(PAGE).send(visit=visit, start=start)
        assert visitor.notice == sentence
        assert visitor.status in (400, 409)
    assert Booking.objects.count() == 0
