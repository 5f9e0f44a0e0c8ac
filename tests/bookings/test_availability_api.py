from datetime import time

import pytest

from tests.factories import ResourceFactory, ServiceFactory

pytestmark = pytest.mark.django_db

AVAILABILITY = "/api/availability"


def starts(client, **query) -> list[str]:
    response = client.get(AVAILABILITY, query)
    assert response.status_code == 200, response.content
    return [slot["startTime"] for slot in response.json()["data"]["slots"]]


def test_a_day_of_opening_hours_is_offered_in_steps(website, clock, anna):
    response = website.get(
        AVAILABILITY, {"from": "2026-11-16", "to": "2026-11-17", "duration": "60"}
    )

    slots = response.json()["data"]["slots"]
    assert len(slots) == 15
    assert slots[0] == {
        "startTime": "2026-11-16T08:00:00Z",
        "endTime": "2026-11-16T09:00:00Z",
        "resourceIds": [str(anna.pk)],
    }
    assert slots[-1]["endTime"] == "2026-11-16T16:00:00Z"


def test_what_is_booked_or_held_is_not_offered(website, book, ten_o_clock):
    book()
    held = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}
    assert website.post("/api/holds", {"timeSlot": held}).status_code == 201

    found = starts(website, **{"from": "2026-11-16T08:00:00Z", "to": "2026-11-16T11:00:00Z"})

    assert found == [
        "2026-11-16T08:00:00Z",
        "2026-11-16T08:30:00Z",
        "2026-11-16T09:30:00Z",
        "2026-11-16T10:30:00Z",
    ]


def test_everything_that_is_offered_can_be_booked(website, wish, book):
    book()
    offered = starts(website, **{"from": "2026-11-16", "to": "2026-11-17", "duration": "30"})

    for start in offered:
        body = {**wish, "timeSlot": {"startTime": start, "duration": 30}}
        assert website.post("/api/bookings", body).status_code == 201, start
    assert starts(website, **{"from": "2026-11-16", "to": "2026-11-17"}) == []


def test_notice_and_horizon_bound_what_is_offered(website, clock):
    today = starts(website, **{"from": "2026-11-03", "to": "2026-11-04"})

    assert today[0] == "2026-11-03T09:30:00Z"  # a moment after 08:00 in Berlin, and two hours
    assert starts(website, **{"from": "2027-06-01", "to": "2027-06-30"}) == []


def test_who_is_free_is_named(website, clock, haircut, anna, ben, book):
    haircut.resources.add(ben)
    book(resource=anna)
    window = {"from": "2026-11-16T09:00:00Z", "to": "2026-11-16T10:00:00Z"}

    response = website.get(AVAILABILITY, window)

    slots = response.json()["data"]["slots"]
    assert [slot["resourceIds"] for slot in slots] == [
        [str(ben.pk)],
        sorted([str(anna.pk), str(ben.pk)]),
    ]
    assert starts(website, resourceId=str(anna.pk), **window) == ["2026-11-16T09:30:00Z"]


def test_a_bare_date_is_midnight_where_the_reader_is(website, clock, haircut, salon):
    night_owl = ResourceFactory(organization=salon, hours=(time(0), time(0)))
    haircut.resources.set([night_owl])

    berlin = starts(website, **{"from": "2026-11-16", "to": "2026-11-17"})
    tokyo = starts(website, timezone="Asia/Tokyo", **{"from": "2026-11-17", "to": "2026-11-18"})

    assert (berlin[0], tokyo[0]) == ("2026-11-15T23:00:00Z", "2026-11-16T15:00:00Z")


def test_the_night_of_the_clock_change_offers_what_exists(website, clock, haircut, salon):
    night_owl = ResourceFactory(organization=salon, hours=(time(0), time(0)))
    for weekday in (5, 6):
        schedule = night_owl.schedules.get()
        schedule.weekly_hours.create(weekday=weekday, opens=time(0), closes=time(0))
    haircut.resources.set([night_owl])

    found = starts(website, **{"from": "2027-03-28", "to": "2027-03-29", "duration": "60"})

    assert "2027-03-28T00:30:00Z" in found  # 01:30 in Berlin, half an hour before the jump
    assert "2027-03-28T01:00:00Z" in found  # 03:00, which follows 02:00 at once
    assert len(found) == 46  # a day of 23 hours, in half hours


def test_availability_costs_a_fixed_number_of_statements(
    website, clock, haircut, salon, django_assert_num_queries
):
    query = {"from": "2026-11-16", "to": "2027-01-16", "serviceId": str(haircut.pk)}
    website.get(AVAILABILITY, query)
    haircut.resources.add(*(ResourceFactory(organization=salon) for _ in range(5)))

    with django_assert_num_queries(3):
        assert len(starts(website, **query)) > 500


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({}, 400, "from"),
        ({"from": "2026-11-16"}, 400, "to"),
        ({"from": "2026-11-17", "to": "2026-11-16"}, 400, "to"),
        ({"from": "2026-11-16", "to": "2026-11-16"}, 400, "to"),
        ({"from": "2026-11-16", "to": "2027-02-16"}, 400, "to"),
        ({"from": "2026-11-16T10:00", "to": "2026-11-17"}, 400, "from"),
        ({"from": "2026-11-16", "to": "2026-11-17", "duration": "20"}, 400, "duration"),
        ({"from": "2026-11-16", "to": "2026-11-17", "duration": "x"}, 400, "duration"),
        ({"from": "2026-11-16", "to": "2026-11-17", "timezone": "Mars"}, 400, "timezone"),
        ({"from": "2026-11-16", "to": "2026-11-17", "serviceId": "1"}, 400, "serviceId"),
        ({"from": "2026-11-16", "to": "2026-11-17", "color": "red"}, 400, "color"),
    ],
)
def test_a_question_that_is_none_is_refused_by_name(website, clock, query, status, field):
    response = website.get(AVAILABILITY, query)

    assert response.status_code == status
    assert field in response.json()["error"]["details"]["fields"]


def test_another_organizations_service_does_not_exist(website, clock):
    foreign = ServiceFactory()

    response = website.get(
        AVAILABILITY, {"from": "2026-11-16", "to": "2026-11-17", "serviceId": str(foreign.pk)}
    )

    assert response.status_code == 404


class TestCatalog:
    def test_the_public_part_is_read_with_a_publishable_key(self, website, haircut, anna):
        services = website.get("/api/services").json()
        resources = website.get("/api/resources").json()

        assert [service["name"] for service in services["data"]] == ["Haircut"]
        assert services["data"][0]["durations"] == [15, 30, 45, 60]
        assert services["data"][0]["price"] is None
        assert services["pagination"] == {"page": 1, "limit": 20, "total": 1, "totalPages": 1}
        assert resources["data"] == [
            {
                "id": str(anna.pk),
                "name": "Anna",
                "type": "staff",
                "timezone": "Europe/Berlin",
                "active": True,
                "bio": "",
                "qualification": "",
                "photoUrl": None,
            }
        ]
        one = website.get(f"/api/services/{haircut.pk}").json()["data"]
        assert one == services["data"][0]

    def test_a_price_is_exact_and_kept_by_the_booking(self, desk, haircut, wish):
        haircut.price_amount = "40.5"
        haircut.save()

        service = desk.get(f"/api/services/{haircut.pk}").json()["data"]
        booking = desk.post("/api/bookings", wish).json()["data"]
        haircut.price_amount = "99"
        haircut.save()

        assert service["price"] == {"amount": "40.50", "currency": "EUR"}
        assert desk.get(f"/api/bookings/{booking['id']}").json()["data"]["price"] == {
            "amount": "40.50",
            "currency": "EUR",
        }

    def test_what_is_not_active_or_not_ours_is_not_there(self, website, stranger, haircut):
        assert stranger.get(f"/api/services/{haircut.pk}").status_code == 404
        haircut.is_active = False
        haircut.save()
        assert website.get(f"/api/services/{haircut.pk}").status_code == 404
        assert website.get("/api/services").json()["data"] == []
