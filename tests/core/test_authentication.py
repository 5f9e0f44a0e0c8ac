from base64 import b64encode

import psycopg
import pytest
from django.db import connection
from drf_spectacular.generators import SchemaGenerator

from core.access import PUBLISHABLE_SCOPES, Caller
from core.models import ApiKey
from core.services.api_key import create_api_key, revoke_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.doors")]


@pytest.fixture
def key(salon):
    """The text of a secret key of the salon."""
    return make(salon, ApiKey.Kind.SECRET)[1]


def make(salon, kind, **more):
    return create_api_key(
        organization=salon, kind=kind, name="till", caller=Caller.command(salon.pk), **more
    )


def test_a_key_may_stand_in_either_header(client, key):
    whom = ApiKey.objects.get().pk

    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key} "},
        {"X-API-Key": key},
        {"X-API-Key": key, "Authorization": f"Bearer {key}"},
        {"X-API-Key": key, "Authorization": "Basic dXNlcjpwYXNz"},
    ):
        assert client.get("/api/me", headers=headers).json()["id"] == str(whom)


def test_without_a_key_there_is_no_caller(client):
    basic = b64encode(b"user:password").decode()

    for headers in ({}, {"Authorization": f"Basic {basic}"}):
        assert client.get("/api/me", headers=headers).json()["id"] is None


def test_what_wants_a_key_says_so_without_one(client):
    refused = client.get("/api/books")

    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == 'Bearer realm="Holdfast"'
    error = refused.json()["error"]
    assert (error["statusCode"], error["errorCode"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "sk_nobody_knows"},
        {"X-API-Key": ""},
        {"X-API-Key": "two words"},
        {"X-API-Key": "k" * 257},
        {"X-API-Key": "schlüssel"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer two words"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."},
    ],
)
def test_a_bad_credential_is_refused_even_where_none_is_needed(client, headers):
    refused = client.get("/api/me", headers=headers)

    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == 'Bearer realm="Holdfast"'
    assert refused.json()["error"]["errorCode"] == "UNAUTHORIZED"


@pytest.mark.parametrize("text", ["", "two words", "k" * 257, "schlüssel"])
def test_what_cannot_be_a_key_is_refused_without_asking_the_database(
    client, text, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert client.get("/api/me", headers={"X-API-Key": text}).status_code == 401


def test_two_different_keys_are_refused_although_both_are_good(client, salon, key):
    other = make(salon, ApiKey.Kind.SECRET)[1]

    refused = client.get("/api/me", headers={"X-API-Key": key, "Authorization": f"Bearer {other}"})

    assert refused.status_code == 401


def test_a_key_in_the_body_is_none(client, key):
    answer = client.post("/api/me", {"apiKey": key}, content_type="application/json")

    assert answer.json()["id"] is None


@pytest.mark.parametrize(
    "query",
    [
        "api_key={key}",
        "X-API-Key=mine",
        "page=1&apiKey=mine",
        "access_token=mine",
        "{key}",
        "search={key}",
        "search=sk%5F{rest}",
        "search=eyJhbGciOiJIUzI1NiJ9.eyJzdWIi",
    ],
)
@pytest.mark.parametrize("sends_one_in_a_header", [True, False])
def test_a_key_in_the_address_is_refused_and_not_repeated(
    client, key, query, sends_one_in_a_header
):
    headers = {"X-API-Key": key} if sends_one_in_a_header else {}
    query = query.format(key=key, rest=key.removeprefix("sk_"))

    refused = client.get(f"/api/me?{query}", headers=headers)

    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert "never belongs in an address" in refused.json()["error"]["message"]
    assert key[3:] not in refused.content.decode()
    assert "mine" not in refused.content.decode()


def test_what_only_looks_a_little_like_a_key_is_searched_for(client, key):
    answer = client.get("/api/me?search=task_force&key=1", headers={"X-API-Key": key})

    assert answer.status_code == 200


class TestAKeyOfCertainWebsites:
    @pytest.fixture
    def bound(self, salon):
        websites = ["https://www.salon.example", "https://shop.salon.example/"]
        return make(salon, ApiKey.Kind.PUBLISHABLE, origins=websites)[1]

    @pytest.mark.parametrize("origin", ["https://www.salon.example", "https://shop.salon.example"])
    def test_it_is_good_there(self, client, bound, origin):
        answer = client.get("/api/me", headers={"X-API-Key": bound, "Origin": origin})

        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "elsewhere",
        [
            {},
            {"Origin": "null"},
            {"Origin": "https://salon.example"},
            {"Origin": "http://www.salon.example"},
            {"Origin": "https://www.salon.example.evil.example"},
        ],
    )
    def test_elsewhere_it_is_refused_remembered_or_not(self, client, bound, elsewhere):
        good = {"X-API-Key": bound, "Origin": "https://www.salon.example"}

        first = client.get("/api/me", headers={"X-API-Key": bound, **elsewhere})
        assert client.get("/api/me", headers=good).status_code == 200
        again = client.get("/api/me", headers={"X-API-Key": bound, **elsewhere})

        for refused in (first, again):
            assert (refused.status_code, refused.json()["error"]["errorCode"]) == (403, "FORBIDDEN")
            assert "certain websites" in refused.json()["error"]["message"]


def test_a_revoked_key_and_a_closed_organization_are_refused_in_the_same_words(client, salon):
    revoked, text = make(salon, ApiKey.Kind.SECRET)
    revoke_api_key(key=revoked, caller=Caller.command(salon.pk))
    other = make(salon, ApiKey.Kind.SECRET)[1]
    salon.is_active = False
    salon.save()

    answers = [client.get("/api/books", headers={"X-API-Key": k}) for k in (text, other)]

    assert [answer.status_code for answer in answers] == [401, 401]
    sentences = {answer.json()["error"]["message"] for answer in answers}
    assert sentences == {client.get("/api/books").json()["error"]["message"]}


def test_a_publishable_key_is_a_good_credential_without_the_permission_to_read_bookings(
    client, salon
):
    key = make(salon, ApiKey.Kind.PUBLISHABLE)[1]

    assert client.get("/api/books", headers={"X-API-Key": key}).status_code == 403
    scopes = client.get("/api/me", headers={"X-API-Key": key}).json()["scopes"]
    assert scopes == sorted(PUBLISHABLE_SCOPES)


def test_a_remembered_key_costs_no_query_and_the_first_use_is_noted_after_the_answer(
    client, key, django_assert_num_queries
):
    with django_assert_num_queries(2):  # look it up; note its use
        client.get("/api/me", headers={"X-API-Key": key})
    with django_assert_num_queries(0):
        client.get("/api/me", headers={"X-API-Key": key})

    assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_while_the_database_cannot_tell_the_answer_is_503_and_not_401(client, key, servers):
    connection.cursor().execute("SET lock_timeout = '100ms'")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as rival:
        rival.execute("LOCK TABLE core_apikey IN ACCESS EXCLUSIVE MODE")
        refused = client.get("/api/me", headers={"X-API-Key": key})
        rival.rollback()

    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert refused.json()["error"]["errorCode"] == "DATABASE_ERROR"
    assert client.get("/api/me", headers={"X-API-Key": key}).status_code == 200


def test_the_document_says_that_either_header_will_do():
    document = SchemaGenerator(urlconf="config.urls").get_schema(request=None, public=True)

    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer"
    assert (schemes["apiKey"]["in"], schemes["apiKey"]["name"]) == ("header", "X-API-Key")
    listing = document["paths"]["/api/bookings"]["get"]
    assert [list(way) for way in listing["security"]] == [["bearer"], ["apiKey"]]
