"""Private calendars: what is in one, who can read it, and how often it is written."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Allocation, Customer, Resource, TimeOff, WeeklyHours
from bookings.selectors import feeds
from bookings.selectors.feeds import feed_url
from bookings.services.feed import make_feed, revoke_feed
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, complete_booking, confirm_booking
from core.links import make_link_token
from core.models import Event
from core.rates import PER_MINUTE, RateClass
from tests.calendar_files import event_in, events_in, read, says
from tests.cast import MIA
from tests.factories import ResourceFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _this_machine(settings):
    settings.PUBLIC_BASE_URL = "http://testserver"


@pytest.fixture
def share(staff):
    """Make a private address and return its path."""

    def share(owner):
        return feed_url(make_feed(owner, caller=staff)).removeprefix("http://testserver")

    return share


def summaries(response) -> list[str]:
    return [says(event, "summary") for event in events_in(response.content)]


def test_a_resources_calendar_says_who_comes_and_when_it_is_away(
    client, book, anna, staff, share, ten_o_clock
):
    booking = confirm_booking(book(), caller=staff)
    book(at=ten_o_clock + HOUR, customer=replace(MIA, name="Ali; Ç, \\n 🌺"))
    TimeOff.objects.create(
        organization=anna.organization,
        resource=anna,
        kind=TimeOff.Kind.SICK,
        starts_on=date(2026, 11, 23),
        ends_on=date(2026, 11, 24),
        last_on=date(2026, 11, 24),
        reason="Measles",
    )
    TimeOff.objects.create(
        organization=anna.organization,
        starts_on=date(2026, 12, 1),
        starts_at_time=time(13),
        ends_on=date(2026, 12, 1),
        ends_at_time=time(15, 30),
        recurrence="FREQ=WEEKLY;COUNT=2",
        last_on=date(2026, 12, 8),
    )

    response = client.get(share(anna))

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    calendar = read(response.content)
    assert calendar.contents["name"][0].value == "Anna, Salon Soleil"
    assert calendar.contents["x-wr-calname"][0].value == "Anna, Salon Soleil"
    assert calendar.contents["x-wr-timezone"][0].value == "Europe/Berlin"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in response.content
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in response.content
    assert b"METHOD" not in response.content
    assert summaries(response) == [
        "Mia Müller, Haircut",
        "Not confirmed yet: Ali; Ç, \\n 🌺, Haircut",
        "Time off",
        "Time off",
        "Time off",
    ]
    mias, alis, sick, *everybody = events_in(response.content)
    assert says(mias, "uid") == str(booking.pk)
    assert says(mias, "description").splitlines()[:3] == [
        "Monday, 16 November 2026, 10:00–10:30",
        "Europe/Berlin (UTC+01:00)",
        f"Reference: {booking.reference}",
    ]
    assert says(mias, "url") == f"http://testserver/admin/bookings/booking/{booking.pk}/change/"
    assert (says(mias, "status"), says(alis, "status")) == ("CONFIRMED", "TENTATIVE")
    assert (says(sick, "dtstart"), says(sick, "dtend")) == (date(2026, 11, 23), date(2026, 11, 25))
    assert [says(one, "dtstart") for one in everybody] == [
        datetime(2026, 12, 1, 12, tzinfo=UTC),
        datetime(2026, 12, 8, 12, tzinfo=UTC),
    ]
    text = response.content.decode().replace("\r\n ", "")
    for private in ("mia@example.com", "1234567", "As last time", "Measles", "Sick"):
        assert private not in text


def test_a_customers_calendar_says_with_whom_where_and_how_to_change_it(
    client, book, haircut, staff, share
):
    haircut.location = "Marktplatz 3"
    haircut.save()
    booking = confirm_booking(book(), caller=staff)
    book(customer=replace(MIA, email="ali@example.com", name="Ali"), at=booking.starts_at + HOUR)

    response = client.get(share(booking.customer))

    assert read(response.content).contents["name"][0].value == "Salon Soleil"
    event = event_in(response.content)
    assert says(event, "summary") == "Haircut with Anna"
    assert says(event, "location") == "Marktplatz 3"
    assert says(event, "url").startswith("http://testserver/manage/")
    assert says(event, "description").endswith(f"Change or cancel: {says(event, 'url')}")


def test_a_customer_reads_their_own_zone_and_language(client, book, share):
    booking = book()
    Customer.objects.update(timezone="Asia/Kathmandu", locale="de")
    booking.customer.refresh_from_db()

    response = client.get(share(booking.customer))

    assert read(response.content).contents["x-wr-timezone"][0].value == "Asia/Kathmandu"
    assert says(event_in(response.content), "description").startswith(
        "Montag, 16. November 2026, 14:45–15:15\nAsia/Kathmandu (UTC+05:45)\n"
    )


def test_what_is_over_stays_ninety_days_and_what_was_cancelled_thirty(
    client, book, anna, staff, share, clock, ten_o_clock
):
    done = confirm_booking(book(), caller=staff)
    dropped = book(at=ten_o_clock + 60 * DAY)
    path = share(anna)
    clock.move_to(ten_o_clock + DAY)
    complete_booking(done, caller=staff)
    cancel_booking(dropped, caller=staff)

    assert summaries(client.get(path)) == ["Mia Müller, Haircut", "Cancelled: Mia Müller, Haircut"]
    (_, gone) = events_in(client.get(path).content)
    assert (says(gone, "status"), says(gone, "transp")) == ("CANCELLED", "TRANSPARENT")

    clock.shift(31 * DAY)
    assert summaries(client.get(path)) == ["Mia Müller, Haircut"]
    clock.shift(60 * DAY)
    assert summaries(client.get(path)) == []


def test_a_booking_that_goes_to_somebody_else_leaves_the_calendar(
    client, book, anna, ben, haircut, staff, share
):
    haircut.resources.add(ben)
    booking = confirm_booking(book(resource=anna), caller=staff)
    of_anna, of_ben = share(anna), share(ben)
    known = client.get(of_anna)["ETag"]

    update_booking(booking, Changes(resource=ben), caller=staff)

    answer = client.get(of_anna, headers={"If-None-Match": known})
    assert (answer.status_code, summaries(answer)) == (200, [])
    assert summaries(client.get(of_ben)) == ["Mia Müller, Haircut"]


def test_a_program_that_has_it_as_it_is_gets_nothing_again(client, book, anna, staff, share, clock):
    booking = book()
    path = share(anna)
    first = client.get(path)

    def again(known):
        return client.get(path, headers={"If-None-Match": known})

    same = again(first["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    assert same["ETag"] == first["ETag"]
    assert client.get(path).content == first.content
    assert client.head(path)["ETag"] == first["ETag"]

    clock.shift(1)
    confirm_booking(booking, caller=staff)
    changed = again(first["ETag"])
    assert (changed.status_code, summaries(changed)) == (200, ["Mia Müller, Haircut"])

    clock.shift(1)
    anna.refresh_from_db()
    anna.name = "Anna Lena"
    anna.save()
    renamed = again(changed["ETag"])
    assert renamed.status_code == 200
    assert renamed["ETag"] not in (first["ETag"], changed["ETag"])


def test_a_new_address_stops_the_old_one_and_a_revoked_one_never_comes_back(
    client, book, anna, staff, share
):
    first = share(anna)
    second = share(Resource.objects.get(pk=anna.pk))
    assert first != second
    assert [client.get(path).status_code for path in (first, second)] == [404, 200]

    revoke_feed(anna, caller=staff)
    revoke_feed(anna, caller=staff)
    assert [client.get(path).status_code for path in (first, second)] == [404, 404]
    assert feed_url(Resource.objects.get(pk=anna.pk)) == ""

    third = share(anna)
    assert [client.get(path).status_code for path in (first, second, third)] == [404, 404, 200]
    names = Event.objects.filter(name__startswith="resource.feed").order_by("id")
    assert [event.name for event in names] == [
        "resource.feed_made",
        "resource.feed_made",
        "resource.feed_revoked",
        "resource.feed_made",
    ]


def test_what_is_no_address_is_not_found(client, book, anna, staff, share):
    booking = book()
    path = share(anna)
    of_anna, of_mia = Resource.objects.get(pk=anna.pk), booking.customer
    wrong = [
        make_link_token("feed.customer", of_anna.pk, of_anna.feed_generation),
        make_link_token("feed.resource", of_anna.pk, of_anna.feed_generation + 2),
        make_link_token("feed.resource", of_anna.pk, 0),
        make_link_token("feed.customer", of_mia.pk, 0),
        path.removeprefix("/feeds/").removesuffix(".ics")[:-1] + "_",
        "x",
        "é" * 43,
    ]

    assert {client.get(f"/feeds/{token}.ics").status_code for token in wrong} == {404}
    assert client.post(path).status_code == 405
    anna.organization.is_active = False
    anna.organization.save()
    assert client.get(path).status_code == 404


def test_a_calendar_costs_as_many_queries_with_one_booking_as_with_many(
    client, book, anna, staff, share, ten_o_clock
):
    path, mia = share(anna), book().customer
    of_mia = share(mia)

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    before = asked(path), asked(of_mia)
    for hours in range(1, 5):
        book(at=ten_o_clock + hours * HOUR)
        TimeOff.objects.create(
            organization=anna.organization,
            starts_on=date(2027, 1, hours),
            ends_on=date(2027, 1, hours),
            last_on=date(2027, 1, hours),
        )
    assert (asked(path), asked(of_mia)) == before == (6, 5)


def test_a_calendar_that_is_too_full_keeps_what_comes_next(
    client, book, anna, staff, share, ten_o_clock, clock, monkeypatch
):
    path = share(anna)
    for days in (0, 1, 2, 3):
        book(at=ten_o_clock + days * DAY, customer=replace(MIA, name=f"Day {days}"))
    clock.move_to(ten_o_clock + 2 * DAY)
    monkeypatch.setattr(feeds, "MOST_EVENTS", 3)

    assert [
        summary.removeprefix("Not confirmed yet: ") for summary in summaries(client.get(path))
    ] == [
        "Day 1, Haircut",
        "Day 2, Haircut",
        "Day 3, Haircut",
    ]


def test_a_table_that_a_haircut_takes_has_it_in_its_calendar(
    client, book, salon, anna, staff, share
):
    table = ResourceFactory(organization=salon, name="Table")
    booking = book()
    place = booking.allocations.get()
    Allocation.objects.create(
        lane=table.lanes.get(), booking=booking, starts_at=place.starts_at, ends_at=place.ends_at
    )

    assert summaries(client.get(share(table))) == ["Not confirmed yet: Mia Müller, Haircut"]


def test_one_address_may_read_calendars_so_often_in_a_minute(
    client, anna, share, clock, monkeypatch
):
    path = share(anna)
    assert PER_MINUTE[RateClass.FEEDS] == 300
    monkeypatch.setitem(PER_MINUTE, RateClass.FEEDS, 3)

    answers = [client.get(path) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) <= 61
    assert client.get(path, REMOTE_ADDR="198.51.100.7").status_code == 200


def test_the_night_of_the_clock_change_is_said_with_both_offsets(
    client, book, salon, haircut, share
):
    night = ResourceFactory(organization=salon, name="Night owl")
    WeeklyHours.objects.create(
        schedule=night.schedules.get(), weekday=6, opens=time(0), closes=time(9)
    )
    haircut.resources.add(night)
    haircut.horizon_days = 365
    haircut.save()
    book(at=datetime(2027, 3, 28, 0, 30, tzinfo=UTC), minutes=60, resource=night)

    event = event_in(client.get(share(night)).content)

    assert says(event, "description").startswith(
        "Sunday, 28 March 2027, 01:30–03:30\nEurope/Berlin (UTC+01:00, then UTC+02:00)\n"
    )


def test_a_calendar_server_reads_a_whole_calendar_event_by_event(
    client, book, anna, staff, share, calendars, ten_o_clock
):
    confirm_booking(book(customer=replace(MIA, name="مريم; 🌺, \\n O'Neill")), caller=staff)
    cancel_booking(book(at=ten_o_clock + HOUR), caller=staff)
    TimeOff.objects.create(
        organization=anna.organization,
        starts_on=date(2026, 11, 16),
        ends_on=date(2026, 11, 16),
        last_on=date(2026, 11, 16),
    )
    file = client.get(share(anna)).content

    assert calendars.put_all(file) == 201

    found = calendars.between("20261116T000000Z", "20261117T000000Z")
    assert sorted(says(event_in(one), "uid") for one in found) == sorted(
        says(event, "uid") for event in events_in(file)
    )
