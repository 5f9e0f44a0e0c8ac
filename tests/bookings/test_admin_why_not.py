"""Why is this time not offered? And: why is it with whom it is?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Requirement, Service, TimeOff
from bookings.services.hold import new_token, place_hold
from bookings.services.status import cancel_booking
from core.access import Role
from tests.console import desk_for, shown
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db

WHY = "/admin/why-not/"
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)  # in Berlin


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


def told(page) -> list[tuple[str, list[str], list[str]]]:
    """Return when, the sentences, and the rows behind them."""
    return [
        (
            part.when,
            [sentence for sentence, _rows in part.reasons],
            [row.text for _sentence, rows in part.reasons for row in rows],
        )
        for part in page.context["parts"]
    ]


def test_each_start_of_the_day_says_what_stands_against_it(desk, salon, haircut, anna, book, staff):
    booking = book(minutes=60)
    place_hold(
        service=haircut,
        starts_at=TEN + timedelta(hours=2),
        minutes=60,
        token=new_token(),
        caller=staff,
    )
    TimeOff.objects.create(
        organization=salon,
        resource=anna,
        starts_on=date(2026, 11, 16),
        starts_at_time="15:00",
        ends_on=date(2026, 11, 16),
        last_on=date(2026, 11, 16),
    )

    page = desk.get(f"{WHY}?day=2026-11-16&minutes=60")

    outside = "This time is outside opening hours."
    taken = "Something else is booked at this time."
    off = ["Time off of Anna, Mon 16 Nov"]
    assert told(page) == [
        ("00:00–08:30", [outside], []),
        ("09:00", [], []),
        ("09:30–10:30", [taken], ["10:00–11:00 Mia Müller · Haircut · Anna"]),
        ("11:00", [], []),
        ("11:30–12:30", ["This time is kept for somebody."], ["Kept until 08:05"]),
        ("13:00", [], []),
        ("13:30", [], []),
        ("14:00", [], []),
        ("14:30–16:00", ["Nobody is there at this time."], off),
        ("16:30–23:30", [outside, "Nobody is there at this time."], off),
    ]
    assert f'href="/admin/bookings/booking/{booking.pk}/change/"' in shown(page)
    assert "5 times can be booked." in shown(page)


def test_an_offer_to_who_waits_says_to_whom_and_until_when(desk, book, wait, staff):
    mia = book()
    wait("Lea")
    cancel_booking(mia, caller=staff)

    parts = told(desk.get(f"{WHY}?day=2026-11-16"))

    (kept,) = [part for part in parts if part[0] == "10:00"]
    assert kept[2] == ["Offered to Lea from the waitlist until 10:00"]


def test_a_limit_names_its_service_and_a_holiday_its_name(desk, salon, haircut, book):
    haircut.limit_per_day = 1
    haircut.save()
    book()
    salon.holiday_country = "DE"
    salon.save()

    (_night, *day, _evening) = told(desk.get(f"{WHY}?day=2026-11-16&minutes=15"))
    assert {part[1][0] for part in day} == {"This day has as many appointments as it may have."}
    assert day[0][2] == ["Haircut takes 1 at most"]
    (christmas,) = told(desk.get(f"{WHY}?day=2026-12-25&minutes=15"))[1:2]
    assert christmas[1:] == (["This day is a holiday."], ["Christmas Day"])


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/calendar/", "/admin/bookings/booking/add/?day=2026-11-16"]
)
def test_who_wonders_is_led_there_with_what_they_look_at(desk, haircut, page):
    assert 'href="/admin/why-not/?' in shown(desk.get(page))


def test_it_asks_as_often_with_many_bookings_as_with_one(desk, book, django_assert_num_queries):
    book()
    queries = 9
    with django_assert_num_queries(queries):
        desk.get(f"{WHY}?day=2026-11-16")
    for half_hour in range(1, 9):
        book(at=TEN + half_hour * timedelta(minutes=30))
    with django_assert_num_queries(queries):
        desk.get(f"{WHY}?day=2026-11-16")


def test_other_organizations_see_nothing_of_it(salon, haircut, anna, book):
    book()
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    page = shown(elsewhere.get(f"{WHY}?day=2026-11-16&service={haircut.pk}&resource={anna.pk}"))

    assert "Nothing can be booked yet" in page
    assert "Mia" not in page


def test_the_booking_says_why_it_is_with_whom_it_is_and_what_it_takes_besides(
    desk, salon, haircut, anna, ben, book
):
    haircut.resources.add(ben)
    table = ResourceFactory(
        organization=salon,
        name="Table",
        type=ResourceTypeFactory(organization=salon, key="table"),
    )
    haircut.resources.add(table)
    Requirement.objects.create(service=haircut, type=anna.type)
    Requirement.objects.create(service=haircut, type=table.type, position=1)
    first, second = book(), book(at=TEN + timedelta(hours=1))

    def page_of(booking) -> str:
        return shown(desk.get(f"/admin/bookings/booking/{booking.pk}/change/"))

    assert "It also takes Table" in page_of(first)
    assert "Of 2 who were free, several had the least work, 0 minutes" in page_of(first)
    assert (
        "Of 2 who were free, the least work for their share: 0 minutes in the 28 days around."
        in page_of(second)
    )
    named = book(at=TEN + timedelta(hours=2), resource=anna)
    assert "Why Anna?" not in page_of(named)
    Service.objects.update(assignment=Service.Assignment.PRIORITY)
    haircut.refresh_from_db()
    by_list = book(at=TEN + timedelta(hours=3))
    assert "The first in the service" in page_of(by_list)
    alone = book(at=TEN + timedelta(hours=3), service=only(haircut, ben))
    assert "Nobody else was free." in page_of(alone)


def only(service, resource):
    """Return another service, of `resource` alone."""
    return ServiceFactory(
        organization=service.organization, name="Beard", slug="beard", resources=[resource]
    )
