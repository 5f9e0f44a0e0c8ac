"""Waiting for a place in a group session through the API."""

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, GroupSession, WaitlistEntry
from bookings.services.place import PlaceRequest, join_session
from bookings.services.status import cancel_booking
from core.links import make_link_token
from core.models import Event
from tests.factories import GroupSessionFactory
from tests.waiting import called, state

pytestmark = pytest.mark.django_db

WAITLIST = "/api/waitlist"
LEA = {"name": "Lea Lang", "email": "lea@example.com"}


def data(response, status: int = 200):
    assert response.status_code == status, response.content
    return response.json()["data"]


def reason(response) -> str:
    assert response.status_code == 409, response.content
    return response.json()["error"]["details"]["reason"]


@pytest.fixture
def wish(session) -> dict[str, str]:
    return {"groupSessionId": str(session.pk), **LEA}


@pytest.fixture
def session(clock, algebra, anna) -> GroupSession:
    """One place, on Wednesday in two weeks at 14:00, with Anna."""
    return GroupSessionFactory(service=algebra, resource=anna, capacity=1)


@pytest.fixture
def ada(session, staff) -> Booking:
    """Ada has the place."""
    return join_session(PlaceRequest(session=session, customer=called("Ada")), caller=staff)


def test_a_website_waits_for_a_session_that_is_full(website, desk, session, ada, wish, anna):
    joined = data(website.post(WAITLIST, wish), 201)

    entry = WaitlistEntry.objects.get()
    expected = {
        "id": str(entry.pk),
        "serviceId": str(session.service_id),
        "resourceId": str(anna.pk),
        "groupSessionId": str(session.pk),
        "from": "2026-11-18T13:00:00Z",
        "to": "2026-11-18T14:00:00Z",
        "duration": 60,
        "status": "WAITING",
        "position": 1,
        "offer": None,
    }
    assert {name: joined[name] for name in expected} == expected
    assert "name" not in joined
    mine = data(desk.get(WAITLIST, {"groupSessionId": str(session.pk)}))
    assert [one["name"] for one in mine] == ["Lea Lang"]


def test_a_place_in_line_is_counted_in_its_own_line(website, desk, session, ada, wish, staff):
    other = GroupSessionFactory(
        service=session.service, resource=session.resource, starts_at=session.ends_at, capacity=1
    )
    join_session(PlaceRequest(session=other, customer=called("Ada")), caller=staff)
    for place in (session, other, session):
        email = f"{WaitlistEntry.objects.count()}@example.com"
        website.post(WAITLIST, {**wish, "groupSessionId": str(place.pk), "email": email})

    assert [one["position"] for one in data(desk.get(WAITLIST))] == [1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"serviceId": None, "from": "2026-11-16"}, ["from", "serviceId"]),
        ({"duration": 60, "name": ""}, ["duration", "name"]),
        ({"groupSessionId": None}, ["groupSessionId"]),
        ({"groupSessionId": "first"}, ["groupSessionId"]),
    ],
)
def test_a_session_says_everything_else(website, session, ada, wish, changes, fields):
    answer = website.post(WAITLIST, {**wish, **changes})

    assert answer.status_code == 400
    assert sorted(answer.json()["error"]["details"]["fields"]) == fields
    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_where_there_is_no_need_or_no_use(
    website, desk, stranger, session, ada, wish, clock, staff
):
    assert stranger.post(WAITLIST, wish).status_code == 404
    assert reason(desk.post(WAITLIST, {**wish, "email": "ada@example.com"})) == "ALREADY_JOINED"
    data(website.post(WAITLIST, wish), 201)
    assert reason(website.post(WAITLIST, wish)) == "ALREADY_WAITING"
    cancel_booking(ada, caller=staff)
    open_session = GroupSessionFactory(
        service=session.service, resource=session.resource, starts_at=session.ends_at
    )
    free = {**wish, "groupSessionId": str(open_session.pk)}
    assert reason(website.post(WAITLIST, free)) == "STILL_FREE"
    clock.move_to(session.starts_at)
    assert reason(website.post(WAITLIST, {**wish, "email": "tom@example.com"})) == "SESSION_OVER"
    assert WaitlistEntry.objects.count() == 1


def test_an_offered_place_is_read_and_accepted_by_its_link(website, session, ada, wish, staff):
    data(website.post(WAITLIST, wish), 201)
    cancel_booking(ada, caller=staff)
    entry, browser = WaitlistEntry.objects.get(), APIClient()
    link = f"{WAITLIST}/offers/{make_link_token('waitlist', entry.pk, 1)}"

    told = data(browser.get(link))
    assert (told["status"], told["groupSessionId"]) == ("OFFERED", str(session.pk))
    assert told["offer"]["timeSlot"]["startTime"] == "2026-11-18T13:00:00Z"

    made = [data(browser.post(link, {}), 201) for _ in range(2)]

    booking = Booking.objects.get(source="WAITLIST")
    assert [one["id"] for one in made] == [str(booking.pk)] * 2
    assert (booking.status, booking.group_session_id) == ("CONFIRMED", session.pk)
    assert made[0]["timeSlot"]["duration"] == 60
    assert state(entry) == ["ACCEPTED"]


def test_a_declined_place_is_declined_for_good(website, session, ada, wish, staff):
    data(website.post(WAITLIST, wish), 201)
    cancel_booking(ada, caller=staff)
    entry = WaitlistEntry.objects.get()
    link = f"{WAITLIST}/offers/{make_link_token('waitlist', entry.pk, 1)}"

    assert data(APIClient().delete(link, {})) is None

    assert state(entry) == ["CANCELLED"]
    assert Event.objects.filter(name="waitlist.declined").count() == 1
    session.refresh_from_db()
    assert (session.taken, session.held) == (0, 0)
