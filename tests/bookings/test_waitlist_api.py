"""The waitlist through the API: what a website joins, staff read, and a link answers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, WaitlistEntry
from bookings.services.status import cancel_booking
from core.access import PUBLISHABLE_SCOPES
from core.links import make_link_token
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.waiting import state

pytestmark = pytest.mark.django_db

WAITLIST = "/api/waitlist"
WAIT = {
    "from": "2026-11-16T10:00:00+01:00",
    "to": "2026-11-16T10:30:00+01:00",
    "duration": 30,
    "name": "Lea Lang",
    "email": "lea@example.com",
    "phone": "+49 30 7654321",
}
OF_A_PERSON = {"name", "email", "phone", "company", "inquiry", "customerId", "bookingId"}


@pytest.fixture
def browser() -> APIClient:
    """Whoever has the link, and no key."""
    return APIClient()


def data(response, status: int = 200):
    assert response.status_code == status, response.content
    return response.json()["data"]


def reason(response, status: int = 409) -> str:
    assert response.status_code == status, response.content
    return response.json()["error"]["details"]["reason"]


def test_a_website_joins_and_learns_nothing_about_a_person(website, book, haircut, settings):
    settings.PUBLIC_BASE_URL = "https://book.example"
    book()

    joined = data(website.post(WAITLIST, WAIT), 201)

    entry = WaitlistEntry.objects.get()
    assert (entry.name, entry.email, entry.timezone) == (
        "Lea Lang", "lea@example.com", "Europe/Berlin",
    )  # fmt: skip
    assert joined["url"] == f"https://book.example/waitlist/{joined['token']}"
    expected = {
        "id": str(entry.pk),
        "serviceId": str(haircut.pk),
        "resourceId": None,
        "from": "2026-11-16T09:00:00Z",
        "to": "2026-11-16T09:30:00Z",
        "duration": 30,
        "status": "WAITING",
        "position": 1,
        "offer": None,
    }
    assert {name: joined[name] for name in expected} == expected
    assert not OF_A_PERSON & set(joined)
    assert "waitlist:read" not in PUBLISHABLE_SCOPES
    for path in (WAITLIST, f"{WAITLIST}/{entry.pk}"):
        assert website.get(path).status_code == 403


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"to": "2026-11-16T09:00:00+01:00"}, ["to"]),
        ({"from": "2026-11-16", "to": "2027-01-18"}, ["to"]),
        ({"from": "2026-10-01", "to": "2026-10-02"}, ["to"]),
        ({"from": "2026-11-16T10:00:00"}, ["from"]),
        ({"duration": 20}, ["duration"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"name": None, "until": 1}, ["name", "until"]),
    ],
)
def test_what_cannot_be_waited_for_is_named_by_its_field(website, book, changes, fields):
    book()
    before = Event.objects.count()

    answer = website.post(WAITLIST, {**WAIT, **changes})

    assert answer.status_code == 400
    assert sorted(answer.json()["error"]["details"]["fields"]) == fields
    assert not WaitlistEntry.objects.exists()
    assert Event.objects.count() == before


def test_nobody_waits_for_what_is_free_or_twice_or_elsewhere(website, desk, book, stranger):
    refused = website.post(WAITLIST, {**WAIT, "to": "2026-11-16T12:00:00+01:00"})
    assert reason(refused) == "STILL_FREE"
    free = refused.json()["error"]["details"]["alternatives"]
    assert [slot["startTime"] for slot in free] == [
        "2026-11-16T09:00:00Z", "2026-11-16T09:30:00Z", "2026-11-16T10:00:00Z",
    ]  # fmt: skip

    booking = book()
    data(website.post(WAITLIST, WAIT), 201)
    assert reason(website.post(WAITLIST, WAIT)) == "ALREADY_WAITING"
    foreign = stranger.post(WAITLIST, {**WAIT, "serviceId": str(booking.service_id)})
    assert foreign.status_code == 404
    assert WaitlistEntry.objects.count() == 1


def test_staff_read_who_waits_in_the_order_of_the_line(
    desk, website, book, wait, staff, haircut, stranger, django_assert_num_queries
):
    booking = book()
    lea, tom, eva = wait("Lea"), wait("Tom"), wait("Eva")
    cancel_booking(booking, caller=staff)

    # the key and its use, the count, the rows, the line
    with django_assert_num_queries(5):
        rows = data(desk.get(WAITLIST))

    assert [(row["name"], row["status"], row["position"]) for row in rows] == [
        ("Lea", "OFFERED", None),
        ("Tom", "WAITING", 1),
        ("Eva", "WAITING", 2),
    ]
    assert rows[0]["offer"]["timeSlot"]["startTime"] == "2026-11-16T09:00:00Z"
    waiting = data(desk.get(WAITLIST, {"status": "WAITING", "serviceId": str(haircut.pk)}))
    assert [row["id"] for row in waiting] == [str(tom.pk), str(eva.pk)]
    walked = desk.get(WAITLIST, {"cursor": "", "limit": 2}).json()
    rest = desk.get(WAITLIST, {"cursor": walked["pagination"]["next"], "limit": 2}).json()
    assert [row["name"] for row in walked["data"] + rest["data"]] == ["Lea", "Tom", "Eva"]
    assert data(desk.get(f"{WAITLIST}/{tom.pk}"))["email"] == "tom@example.com"
    assert data(stranger.get(WAITLIST)) == []
    assert stranger.get(f"{WAITLIST}/{lea.pk}").status_code == 404


def test_who_has_the_token_leaves_and_nobody_else_does_for_them(
    website, desk, book, salon, stranger
):
    book()
    joined = data(website.post(WAITLIST, WAIT), 201)
    path = f"{WAITLIST}/{joined['id']}"
    narrow = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["waitlist:write"]))

    for who, body in (
        (website, {}),
        (website, {"token": make_link_token("waitlist", uuid4(), 0)}),
        (narrow, {}),
        (stranger, {"token": joined["token"]}),
    ):
        assert who.delete(path, body).status_code == 404
    assert WaitlistEntry.objects.get().status == "WAITING"

    for _ in range(2):
        assert data(website.delete(path, {"token": joined["token"]})) is None
    assert WaitlistEntry.objects.get().status == "CANCELLED"
    assert Event.objects.filter(name="waitlist.left").count() == 1


def test_an_offer_is_read_and_accepted_by_its_link(browser, website, book, staff, haircut):
    booking = book()
    first = data(website.post(WAITLIST, {**WAIT, "company": "Lang KG"}), 201)["token"]
    cancel_booking(booking, caller=staff)
    entry = WaitlistEntry.objects.get()
    link = f"{WAITLIST}/offers/{make_link_token('waitlist', entry.pk, 1)}"

    told = data(browser.get(link))
    assert (told["serviceName"], told["status"]) == ("Haircut", "OFFERED")
    assert told["offer"]["timeSlot"]["startTime"] == "2026-11-16T09:00:00Z"
    assert not OF_A_PERSON & set(told)
    assert Booking.objects.count() == 1  # a GET changes nothing

    # The link of the first mail opens the place, but was made for no offer.
    assert data(browser.get(f"{WAITLIST}/offers/{first}"))["status"] == "OFFERED"
    assert reason(browser.post(f"{WAITLIST}/offers/{first}", {})) == "HOLD_LAPSED"
    missing = browser.post(link, {})
    assert list(missing.json()["error"]["details"]["fields"]) == ["inquiry"]
    assert state(entry) == ["OFFERED"]

    made = [data(browser.post(link, {"inquiry": "Short"}), 201) for _ in range(2)]

    new = Booking.objects.get(source="WAITLIST")
    assert {one["id"] for one in made} == {str(new.pk)}
    assert (new.name, new.company, new.inquiry) == ("Lea Lang", "Lang KG", "Short")
    assert browser.get(f"/api/manage/{made[0]['manageToken']}").status_code == 200
    assert reason(browser.delete(link, {"leave": True})) == "WAIT_OVER"


def test_a_declined_offer_goes_on_and_a_late_answer_is_told_so(browser, book, staff, wait, clock):
    booking = book()
    lea, tom = wait("Lea"), wait("Tom")
    cancel_booking(booking, caller=staff)
    links = [f"{WAITLIST}/offers/{make_link_token('waitlist', one.pk, 1)}" for one in (lea, tom)]

    assert data(browser.delete(links[0], {})) is None
    assert state(lea, tom) == ["WAITING", "OFFERED"]
    clock.shift(timedelta(hours=2, seconds=1))
    late = browser.post(links[1], {"company": "Tom AG", "inquiry": "Short"})

    assert reason(late) == "HOLD_LAPSED"
    assert Booking.objects.count() == 1
    assert browser.get(links[1][:-4] + "AAAA").status_code == 404
