"""Resources and their types, read and written through the API."""

from uuid import uuid4

import pytest

from bookings.models import Resource, ResourceType
from core.access import Role
from core.models import Event
from tests.factories import (
    MembershipFactory,
    ResourceFactory,
    ResourceTypeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

SERVICES, RESOURCES, TYPES = "/api/services", "/api/resources", "/api/resource-types"


@pytest.fixture
def table(salon):
    """Two grooming tables, which Anna's salon has beside its staff."""
    kind = ResourceTypeFactory(organization=salon, key="table", name="Table")
    return ResourceFactory(organization=salon, name="Table 1", type=kind)


def wrong_fields(response) -> dict:
    return response.json()["error"]["details"]["fields"]


def events_named(name: str) -> list[dict]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("data", flat=True))


class TestResources:
    def test_a_resource_is_made_with_every_setting_and_read_back(self, desk, website, salon, table):
        member = MembershipFactory(organization=salon, role=Role.STAFF)
        clara = {
            "name": "Clara",
            "type": "table",
            "timezone": "Europe/Vienna",
            "places": 2,
            "alwaysOpen": True,
            "holidays": {"observed": False, "country": "AT", "region": "9"},
            "bio": "Cuts since 2009.",
            "qualification": "Master",
            "userId": str(member.user_id),
            "active": True,
        }

        made = desk.post(RESOURCES, clara)

        assert made.status_code == 201
        path = f"{RESOURCES}/{made.json()['data']['id']}"
        read = desk.get(path).json()["data"]
        assert {name: read[name] for name in clara} == clara
        assert set(website.get(path).json()["data"]) == {
            "id", "name", "type", "timezone", "active", "bio", "qualification", "photoUrl",
        }  # fmt: skip
        assert events_named("resource.created") == [{}]

    def test_a_name_is_enough(self, desk, salon):
        made = desk.post(RESOURCES, {"name": "Clara"}).json()["data"]

        assert (made["type"], made["timezone"], made["places"]) == ("staff", "Europe/Berlin", 1)

    def test_a_change_is_only_what_was_named(self, desk, anna):
        path = f"{RESOURCES}/{anna.pk}"
        before = desk.get(path).json()["data"]

        changed = desk.patch(path, {"places": 3, "holidays": {"country": "DE"}})
        desk.patch(path, {"places": 3, "name": "Anna"})

        assert changed.json()["data"] == {
            **before,
            "places": 3,
            "holidays": {"observed": True, "country": "DE", "region": ""},
        }
        assert events_named("resource.updated") == [{"fields": ["holiday_country", "places"]}]

    def test_places_that_are_booked_cannot_go(self, desk, book, anna):
        path = f"{RESOURCES}/{anna.pk}"
        desk.patch(path, {"places": 2})
        book()
        book()

        refused = desk.patch(path, {"places": 1, "name": "Annabel"})

        assert refused.status_code == 409
        details = refused.json()["error"]["details"]
        assert (details["reason"], details["count"]) == ("PLACE_IN_USE", 1)
        anna.refresh_from_db()
        assert (anna.name, anna.lanes.filter(is_active=True).count()) == ("Anna", 2)

        desk.patch(path, {"places": 1, "evenIfBookingsFallOutside": True})
        assert anna.lanes.filter(is_active=True).count() == 1

    def test_a_zone_or_holidays_that_leave_a_booking_outside_are_refused(self, desk, book, anna):
        book()
        path = f"{RESOURCES}/{anna.pk}"
        far = {"timezone": "America/New_York"}

        refused = desk.patch(path, far)

        assert refused.json()["error"]["details"]["reason"] == "BOOKINGS_OUTSIDE"
        anna.refresh_from_db()
        assert anna.timezone == "Europe/Berlin"
        changed = desk.patch(path, {**far, "evenIfBookingsFallOutside": True})
        assert changed.json()["data"]["timezone"] == "America/New_York"

    @pytest.mark.parametrize(
        ("change", "status", "field"),
        [
            ({"name": ""}, 400, "name"),
            ({"places": 0}, 400, "places"),
            ({"places": 51}, 400, "places"),
            ({"timezone": "Mars/Olympus"}, 400, "timezone"),
            ({"holidays": {"country": "XX"}}, 400, "holidays.country"),
            ({"holidays": {"country": "DE", "region": "XX"}}, 400, "holidays.region"),
            ({"holidays": {"region": "BY"}}, 400, "holidays.region"),
            ({"type": "boat"}, 404, "type"),
            ({"userId": str(uuid4())}, 404, "userId"),
            ({"feedGeneration": 1}, 400, "feedGeneration"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_changes(self, desk, anna, change, status, field):
        before = Resource.objects.values().get()

        refused = desk.patch(f"{RESOURCES}/{anna.pk}", {"bio": "New", **change})

        assert (refused.status_code, list(wrong_fields(refused))) == (status, [field])
        assert Resource.objects.values().get() == before

    def test_only_a_member_can_be_a_resource_and_only_one(self, desk, salon, anna, ben):
        member = MembershipFactory(organization=salon)
        stranger = UserFactory()
        desk.patch(f"{RESOURCES}/{anna.pk}", {"userId": str(member.user_id)})

        twice = desk.patch(f"{RESOURCES}/{ben.pk}", {"userId": str(member.user_id)})
        foreign = desk.patch(f"{RESOURCES}/{ben.pk}", {"userId": str(stranger.pk)})

        assert (twice.status_code, twice.json()["error"]["details"]["reason"]) == (
            409,
            "USER_TAKEN",
        )
        assert foreign.status_code == 404
        ben.refresh_from_db()
        assert ben.user_id is None
        assert (
            desk.patch(f"{RESOURCES}/{anna.pk}", {"userId": None}).json()["data"]["userId"] is None
        )

    def test_who_is_switched_off_keeps_their_bookings(self, desk, website, book, anna):
        booking = book()

        off = desk.delete(f"{RESOURCES}/{anna.pk}")

        assert off.json()["data"]["active"] is False
        assert website.get(f"{RESOURCES}/{anna.pk}").status_code == 404
        booking.refresh_from_db()
        assert booking.status == "PENDING"

    def test_a_list_asks_as_often_with_many_rows(
        self, desk, salon, anna, django_assert_num_queries
    ):
        desk.get(RESOURCES)
        for _ in range(5):
            ResourceFactory(organization=salon, lanes=2)

        with django_assert_num_queries(2):
            found = desk.get(RESOURCES).json()["data"]

        assert [one["places"] for one in found] == [1, 2, 2, 2, 2, 2]


class TestTypes:
    def test_a_type_is_made_renamed_and_removed(self, desk, website):
        made = desk.post(TYPES, {"name": "Treatment room"}).json()["data"]
        path = f"{TYPES}/{made['id']}"

        assert made["key"] == "treatment-room"
        assert desk.patch(path, {"name": "Room"}).json()["data"] == {**made, "name": "Room"}
        assert website.get(path).json()["data"]["name"] == "Room"
        assert desk.delete(path).status_code == 200
        assert desk.get(path).status_code == 404
        assert events_named("resourcetype.deleted") == [{"key": "treatment-room"}]

    def test_one_that_is_in_use_stays(self, desk, table):
        grooming = {
            "name": "Grooming",
            "requirements": [{"resourceType": "table"}],
            "resources": [{"id": str(table.pk)}],
        }
        assert desk.post(SERVICES, grooming).status_code == 201

        refused = desk.delete(f"{TYPES}/{table.type_id}")

        assert refused.status_code == 409
        assert refused.json()["error"]["details"] == {
            "reason": "TYPE_IN_USE",
            "resources": 1,
            "services": 1,
        }
        assert ResourceType.objects.filter(pk=table.type_id).exists()

    def test_a_key_is_one_types_and_stays(self, desk, table):
        taken = desk.post(TYPES, {"key": "table", "name": "Another"})
        other = desk.patch(f"{TYPES}/{table.type_id}", {"key": "desk", "name": "Desk"})

        assert (taken.status_code, list(wrong_fields(taken))) == (409, ["key"])
        assert (other.status_code, list(wrong_fields(other))) == (400, ["key"])
        assert desk.post(TYPES, {"name": "机"}).status_code == 400
