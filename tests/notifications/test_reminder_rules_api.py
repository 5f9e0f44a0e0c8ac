"""Who is reminded when, as programs say it."""

from typing import Any
from uuid import uuid4

import pytest

from core.access import PUBLISHABLE_SCOPES, SCOPES_OF_ROLE, Role
from core.models import ApiKey, Event
from notifications.models import ReminderRule
from tests.cast import a_key, client_with
from tests.factories import ServiceFactory

pytestmark = pytest.mark.django_db

RULES = "/api/reminder-rules"


@pytest.fixture
def made(desk) -> dict[str, Any]:
    response = desk.post(RULES, {"minutesBefore": 1440})
    assert response.status_code == 201, response.content
    rule: dict[str, Any] = response.json()["data"]
    return rule


def rules() -> list[tuple[int, str, bool]]:
    rows = ReminderRule.objects.order_by("created_at")
    return [(row.minutes_before, row.audience, row.is_active) for row in rows]


def reason(response: Any, status: int) -> Any:
    assert response.status_code == status, response.content
    details = response.json()["error"]["details"]
    return details.get("reason") or sorted(details.get("fields", {}))


def test_a_rule_is_made_for_customers_of_every_service(desk, made):
    assert made == {
        "id": made["id"],
        "serviceId": None,
        "minutesBefore": 1440,
        "audience": "CUSTOMER",
        "channel": "EMAIL",
        "active": True,
    }
    assert desk.get(f"{RULES}/{made['id']}").json()["data"] == made
    assert desk.get(RULES).json()["data"] == [made]
    event = Event.objects.get(name="reminder_rule.created")
    assert event.data == {"service_id": None}


def test_a_rule_of_one_service_is_changed_and_taken_away(desk, haircut):
    body = {"serviceId": str(haircut.pk), "minutesBefore": 60, "audience": "STAFF"}
    rule = desk.post(RULES, body).json()["data"]
    path = f"{RULES}/{rule['id']}"

    changed = desk.patch(path, {"minutesBefore": 30, "active": False})
    assert changed.json()["data"] == {**rule, "minutesBefore": 30, "active": False}
    assert rules() == [(30, "STAFF", False)]
    gone = desk.delete(path)

    assert (gone.status_code, gone.json()["data"]) == (200, None)
    assert desk.get(path).status_code == 404
    happened = Event.objects.filter(name__startswith="reminder_rule.").order_by("id")
    assert [(event.name, event.data) for event in happened] == [
        ("reminder_rule.created", {"service_id": str(haircut.pk)}),
        (
            "reminder_rule.updated",
            {"service_id": str(haircut.pk), "fields": ["minutes_before", "is_active"]},
        ),
        ("reminder_rule.deleted", {"service_id": str(haircut.pk)}),
    ]


def test_the_same_rule_twice_is_a_conflict(desk, made):
    assert reason(desk.post(RULES, {"minutesBefore": 1440}), 409) == "REMINDER_EXISTS"
    other = desk.post(RULES, {"minutesBefore": 60}).json()["data"]
    again = desk.patch(f"{RULES}/{other['id']}", {"minutesBefore": 1440})

    assert reason(again, 409) == "REMINDER_EXISTS"
    assert rules() == [(1440, "CUSTOMER", True), (60, "CUSTOMER", True)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutesBefore", 4),
        ("minutesBefore", 129_601),
        ("minutesBefore", "60"),
        ("audience", "EVERYBODY"),
        ("channel", "PIGEON"),
        ("active", "yes"),
        ("hours", 24),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(desk, made, field, value):
    body = {"minutesBefore": 60, field: value}

    assert reason(desk.post(RULES, body), 400) == [field]
    assert reason(desk.patch(f"{RULES}/{made['id']}", body), 400) == [field]

    assert rules() == [(1440, "CUSTOMER", True)]


def test_a_rule_stays_with_its_service(desk, made, haircut):
    response = desk.patch(f"{RULES}/{made['id']}", {"serviceId": str(haircut.pk)})

    assert reason(response, 400) == ["serviceId"]


def test_a_service_is_ones_own(desk):
    for service in (ServiceFactory().pk, uuid4()):
        body = {"serviceId": str(service), "minutesBefore": 60}
        assert reason(desk.post(RULES, body), 404) == ["serviceId"]
    assert rules() == []


def test_it_has_a_scope_of_its_own(salon, website, made):
    reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["reminders:read"]))
    cataloguer = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["catalog:write"]))
    path = f"{RULES}/{made['id']}"

    assert reader.get(path).status_code == 200
    for response in (
        reader.patch(path, {"active": False}),
        reader.delete(path),
        cataloguer.get(RULES),
        website.get(RULES),
        website.post(RULES, {"minutesBefore": 60}),
    ):
        assert response.status_code == 403
    assert rules() == [(1440, "CUSTOMER", True)]
    assert not {"reminders:read", "reminders:write"} & PUBLISHABLE_SCOPES
    assert [role for role in Role if "reminders:write" in SCOPES_OF_ROLE[role]] == [
        Role.ADMIN,
        Role.MANAGER,
    ]


def test_another_organization_sees_and_changes_nothing(stranger, made):
    path = f"{RULES}/{made['id']}"

    assert stranger.get(RULES).json()["data"] == []
    for response in (
        stranger.get(path),
        stranger.patch(path, {"active": False}),
        stranger.delete(path),
    ):
        assert response.status_code == 404
    assert rules() == [(1440, "CUSTOMER", True)]


def test_a_list_costs_two_statements(desk, made, django_assert_num_queries):
    for minutes in range(60, 90):
        desk.post(RULES, {"minutesBefore": minutes})

    with django_assert_num_queries(2):
        listed = desk.get(RULES, {"limit": "100"}).json()

    assert listed["pagination"]["total"] == 31
