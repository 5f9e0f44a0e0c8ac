"""Whoever puts a key into an address has leaked it: refused, written down, and shown to staff."""

import pytest
from django.conf import settings

from core.access import Caller, Role
from core.known_keys import digest_of
from core.models import ApiKey, Event
from core.services.api_key import create_api_key, revoke_api_key
from tests.console import desk_for, shown
from tests.core.people import bearer, sign_in

pytestmark = pytest.mark.django_db
SENTENCE = "1 secret API key was sent in an address"


def make(salon, kind=ApiKey.Kind.SECRET, name="till"):
    return create_api_key(organization=salon, kind=kind, name=name, caller=Caller.command(salon.pk))


@pytest.mark.parametrize("query", ["api_key={}", "X-API-Key={}", "search=a%20{}", "x=1&{}"])
def test_a_good_key_in_an_address_is_an_event_without_the_key(client, salon, query):
    key, text = make(salon)

    refused = client.get(f"/api/bookings?{query.format(text)}", REMOTE_ADDR="198.51.100.7")

    assert refused.status_code == 401
    event = Event.objects.get(name="api_key.exposed")
    assert (event.organization_id, event.subject_id, event.actor_id) == (salon.pk, key.pk, key.pk)
    assert (event.network, event.data) == ("198.51.100.7", {})
    assert text[12:] not in str(list(Event.objects.values()))


def test_a_program_that_does_it_with_every_call_is_written_down_once_an_hour(client, salon, clock):
    _, text = make(salon)

    for wait in (0, 10, 3_600):
        clock.shift(wait)
        assert client.get(f"/api/bookings?api_key={text}").status_code == 401

    assert Event.objects.filter(name="api_key.exposed").count() == 2


def test_what_is_no_good_key_is_refused_alike_and_no_event(client, salon):
    revoked, old = make(salon)
    revoke_api_key(key=revoked, caller=Caller.command(salon.pk))
    happened = Event.objects.count()
    good = client.get(f"/api/bookings?api_key={make(salon)[1]}")

    for text in (old, f"sk_{'0' * 8}_{'0' * 64}", "mine", "ü", "", "x" * 5_000):
        refused = client.get("/api/bookings", {"api_key": text})
        assert refused.status_code == good.status_code == 401
        assert refused.json()["error"]["message"] == good.json()["error"]["message"]

    assert Event.objects.exclude(name="api_key.exposed").count() == happened + 1  # the good one
    assert Event.objects.filter(name="api_key.exposed").count() == 1


def test_a_key_of_the_environment_is_told_of_its_organization(client, salon, monkeypatch):
    monkeypatch.setattr(settings, "BOOTSTRAP_KEY_DIGESTS", frozenset({digest_of("as-you-like")}))

    assert client.get("/api/bookings?access_token=as-you-like").status_code == 401

    event = Event.objects.get(name="api_key.exposed")
    assert (event.subject_type, event.subject_id) == ("organization", salon.pk)


def test_an_access_token_in_an_address_is_an_event_about_the_person(client, nora):
    token = sign_in(client, cookie=False).json()["data"]["accessToken"]

    assert client.get(f"/api/auth/me?access_token={token}").status_code == 401
    assert client.get(f"/api/auth/me?x=Bearer%20{token}").status_code == 401

    event = Event.objects.get(name="sign_in.exposed")
    assert (event.subject_id, list(event.data)) == (nora.pk, ["session_id"])
    assert bearer(token).get("/api/auth/me").status_code == 200


def test_the_start_page_says_so_until_the_key_is_replaced(client, salon):
    key, text = make(salon)
    client.get(f"/api/bookings?api_key={text}")
    client.get(f"/api/bookings?api_key={make(salon, ApiKey.Kind.PUBLISHABLE, 'page')[1]}")

    assert SENTENCE in shown(desk_for(salon, Role.ADMIN).get("/admin/"))
    assert SENTENCE not in shown(desk_for(salon, Role.STAFF).get("/admin/"))
    revoke_api_key(key=key, caller=Caller.command(salon.pk))
    assert SENTENCE not in shown(desk_for(salon, Role.ADMIN).get("/admin/"))
