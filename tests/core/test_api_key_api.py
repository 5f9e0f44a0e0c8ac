"""API keys over HTTP: shown once, never more than who makes them may, and nobody else's."""

import pytest

from core.models import ApiKey, Event, IdempotentRequest
from tests.cast import a_key, client_with

pytestmark = pytest.mark.django_db

PATH = "/api/api-keys"
SECRET = ApiKey.Kind.SECRET


def test_a_key_is_made_and_shown_this_once(desk, clock):
    body = {"name": "accounting", "kind": "SECRET", "scopes": ["exports:read", "bookings:read"]}

    made = desk.post(PATH, {**body, "expiresAt": "2026-12-01T00:00:00+01:00"})

    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    answer = made.json()["data"]
    text = answer.pop("key")
    key = ApiKey.objects.get(name="accounting")
    assert text.startswith(f"{key.prefix}_")
    assert answer == {
        "id": str(key.pk),
        "name": "accounting",
        "kind": "SECRET",
        "prefix": key.prefix,
        "scopes": ["bookings:read", "exports:read"],
        "state": "GOOD",
        "origins": [],
        "requestsPerMinute": None,
        "replacesId": None,
        "createdAt": answer["createdAt"],
        "expiresAt": "2026-11-30T23:00:00Z",
        "revokedAt": None,
        "lastUsedAt": None,
    }
    assert desk.get(f"{PATH}/{key.pk}").json()["data"] == answer
    assert client_with(text).get("/api/bookings").status_code == 200


def test_a_key_in_an_answer_is_never_kept_for_a_repetition(desk):
    body, headers = {"name": "till", "kind": "SECRET"}, {"Idempotency-Key": "one"}

    first, second = (desk.post(PATH, body, headers=headers).json()["data"] for _ in range(2))

    assert first["key"] != second["key"]
    assert not IdempotentRequest.objects.exists()


def test_a_key_makes_none_that_may_more_than_itself(salon, haircut):
    clerk = client_with(a_key(salon, kind=SECRET, scopes=["keys:write", "bookings:read"]))

    usual = clerk.post(PATH, {"name": "mine", "kind": "SECRET"})
    refused = clerk.post(PATH, {"name": "more", "kind": "SECRET", "scopes": ["customers:read"]})

    assert usual.json()["data"]["scopes"] == ["bookings:read", "keys:write"]
    assert refused.status_code == 403
    assert not ApiKey.objects.filter(name="more").exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "MASTER"}, "kind"),
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["bookings:fly"]}, "scopes"),
        ({"kind": "PUBLISHABLE", "scopes": ["bookings:read"]}, "scopes"),
        ({"expiresAt": "2026-11-03T07:00:00Z"}, "expiresAt"),
        ({"prefix": "sk_mine"}, "prefix"),
        ({"origins": ["https://a.example"]}, "origins"),
        ({"kind": "PUBLISHABLE", "origins": ["salon.example"]}, "origins"),
        ({"requestsPerMinute": 0}, "requestsPerMinute"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_the_name_of_the_field(desk, clock, changed, field):
    before = ApiKey.objects.count()

    refused = desk.post(PATH, {"name": "till", "kind": "SECRET", **changed})

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]["fields"]) == [field]
    assert ApiKey.objects.count() == before


def test_keys_are_listed_newest_first_in_two_questions(clock, desk, django_assert_num_queries):
    for name in ("first", "second"):
        clock.shift(1)
        desk.post(PATH, {"name": name, "kind": "PUBLISHABLE"})

    with django_assert_num_queries(2):  # how many there are, and a page of them
        listed = desk.get(f"{PATH}?limit=2").json()

    assert [key["name"] for key in listed["data"]] == ["second", "first"]
    assert listed["pagination"]["total"] == 3
    assert not any("key" in key or "digest" in key for key in listed["data"])


def test_a_key_is_replaced_and_the_old_one_ends_when_it_was_said(desk, clock):
    made = desk.post(PATH, {"name": "till", "kind": "SECRET", "scopes": ["bookings:read"]})
    old = made.json()["data"]

    answer = desk.post(f"{PATH}/{old['id']}/rotate", {"overlapHours": 2})

    new = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert (new["replacesId"], new["scopes"]) == (old["id"], ["bookings:read"])
    assert (
        desk.get(f"{PATH}/{old['id']}").json()["data"]["expiresAt"].startswith("2026-11-03T09:00:0")
    )
    assert client_with(new["key"]).get("/api/bookings").status_code == 200
    again = desk.post(f"{PATH}/{old['id']}/rotate", {})
    assert (again.status_code, again.json()["error"]["details"]["reason"]) == (409, "KEY_REPLACED")


def test_a_key_is_revoked_and_twice_is_as_good_as_once(desk):
    made = desk.post(PATH, {"name": "till", "kind": "SECRET"}).json()["data"]

    first, second = (desk.delete(f"{PATH}/{made['id']}").json()["data"] for _ in range(2))

    assert (first["state"], second) == ("REVOKED", first)
    assert Event.objects.filter(name="api_key.revoked").count() == 1


def test_another_organizations_key_is_not_there(desk, stranger):
    made = desk.post(PATH, {"name": "till", "kind": "SECRET"}).json()["data"]
    page = f"{PATH}/{made['id']}"

    answers = [stranger.get(page), stranger.delete(page), stranger.post(f"{page}/rotate", {})]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert made["id"] not in stranger.get(PATH).content.decode()
    assert desk.get(page).json()["data"]["state"] == "GOOD"


def test_a_websites_key_neither_sees_nor_makes_keys(website):
    assert website.get(PATH).status_code == 403
    assert website.post(PATH, {"name": "till", "kind": "SECRET"}).status_code == 403
