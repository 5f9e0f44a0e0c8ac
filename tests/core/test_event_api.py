"""The audit trail through the API: everything that happened, to whoever may read it."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.services.status import cancel_booking, confirm_booking
from core.api.event import EventSerializer
from core.models import ApiKey, Event
from tests.cast import a_key, client_with

pytestmark = pytest.mark.django_db

EVENTS = "/api/events"


@pytest.fixture
def story(book, staff, clock) -> str:
    """Mia's booking was made, confirmed an hour later, and cancelled a day after that."""
    booking = book()
    clock.shift(timedelta(hours=1))
    confirm_booking(booking, caller=staff)
    clock.shift(timedelta(days=1))
    cancel_booking(booking, caller=staff)
    return str(booking.pk)


def names(client, **query: str) -> list[str]:
    response = client.get(EVENTS, query)
    assert response.status_code == 200, response.content
    return [one["name"] for one in response.json()["data"]]


def test_what_happened_is_read_newest_first(desk, story):
    told = desk.get(EVENTS, {"subject": story}).json()["data"]

    assert [one["name"] for one in told] == [
        "booking.cancelled",
        "booking.confirmed",
        "booking.created",
    ]
    event = Event.objects.get(name="booking.confirmed")
    assert {**told[1], "at": None, "data": None} == {
        "id": str(event.pk),
        "name": "booking.confirmed",
        "subject": {"type": "booking", "id": story},
        "actor": {"kind": "COMMAND", "id": None},
        "at": None,
        "requestId": None,
        "data": None,
    }
    assert told[1]["at"].startswith("2026-11-03T08:00:0")
    assert list(told[1]) == list(EventSerializer().get_fields())


def test_data_is_spelled_as_json_spells_it(desk, wish):
    answer = desk.post("/api/bookings", wish)

    (told,) = desk.get(EVENTS, {"name": "booking.created"}).json()["data"]
    assert told["data"]["startsAt"] == "2026-11-16T09:00:00Z"
    assert not [name for name in told["data"] if "_" in name]
    assert told["requestId"] == answer["X-Request-ID"]
    assert told["actor"] == {"kind": "KEY", "id": str(ApiKey.objects.latest("created_at").pk)}


def test_events_are_found_by_subject_name_actor_and_time(desk, story):
    everything = names(desk)
    assert len(everything) == Event.objects.count()
    assert names(desk, name="booking.confirmed") == ["booking.confirmed"]
    assert names(desk, name="booking.con") == []
    assert names(desk, subject=story, actor="COMMAND") == names(desk, subject=story)
    assert names(desk, actor="USER") == []
    assert names(desk, actor=story) == []
    at_eight = {"subject": story, "from": "2026-11-03T09:00:00+01:00"}
    assert names(desk, **at_eight) == ["booking.cancelled", "booking.confirmed"]
    assert names(desk, **at_eight, to="2026-11-04") == ["booking.confirmed"]
    assert names(desk, subject=story, to="2026-11-03") == []


def test_a_bare_date_is_midnight_in_the_organizations_zone(desk, story, salon):
    created = Event.objects.get(name="booking.created")
    assert created.created_at < datetime(2026, 11, 3, 8, tzinfo=UTC)
    query = {"name": "booking.created", "from": "2026-11-03"}
    assert names(desk, **query) == ["booking.created"]
    salon.timezone = "Pacific/Kiritimati"  # there it is 21:00 already
    salon.save()
    assert names(desk, **query, to="2026-11-04") == ["booking.created"]
    salon.timezone = "Pacific/Pago_Pago"  # there it is still the day before
    salon.save()
    assert names(desk, **query) == []


def test_the_whole_trail_is_walked_by_cursor(desk, story):
    walked, cursor = [], ""
    while cursor is not None:
        page = desk.get(EVENTS, {"cursor": cursor, "limit": "2"}).json()
        walked += [one["id"] for one in page["data"]]
        cursor = page["pagination"]["next"]

    in_order = Event.objects.order_by("-created_at", "-id").values_list("pk", flat=True)
    assert walked == [str(pk) for pk in in_order]


def test_a_list_is_three_statements_at_most(desk, story, django_assert_max_num_queries):
    desk.get(EVENTS)
    with django_assert_max_num_queries(3):
        desk.get(EVENTS, {"from": "2026-11-01"})


def test_who_may_not_read_the_trail_does_not(website, story, salon, stranger):
    assert website.get(EVENTS).status_code == 403
    without = client_with(
        a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["bookings:read", "customers:read"])
    )
    assert without.get(EVENTS).status_code == 403
    assert story not in stranger.get(EVENTS).content.decode()
    assert names(stranger, subject=story) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "booking"),
        ("actor", "user"),
        ("actor", "somebody"),
        ("from", "yesterday"),
        ("to", "2026-11-03T09:00:00"),
        ("network", "198.51.100.7"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(desk, name, value):
    response = desk.get(EVENTS, {name: value})

    assert response.status_code == 400
    assert list(response.json()["error"]["details"]["fields"]) == [name]


def test_nobody_writes_into_the_trail(desk, story):
    before = Event.objects.count()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(desk, method)(EVENTS, {}).status_code == 405

    assert Event.objects.count() == before
