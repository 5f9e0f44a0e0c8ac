"""People sign in over the API, and their token opens what their role allows."""

import pytest
from rest_framework.test import APIClient

from core import known_keys
from core.access import Role
from core.models import Event, RefreshToken, SignInSession
from tests.core.people import bearer, sign_in
from tests.factories import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db


def test_who_signs_in_is_answered_tokens_and_where_they_work(client, salon, nora, clock):
    response = sign_in(client, cookie=False)

    assert response.status_code == 200
    data = response.json()["data"]
    refresh_token = data.pop("refreshToken")
    assert len(data.pop("accessToken").split(".")) == 3
    assert data == {
        "expiresIn": 900,
        "user": {"id": str(nora.pk), "email": "nora@salon.example", "name": "Nora"},
        "organizations": [
            {
                "id": str(salon.pk),
                "slug": "salon",
                "name": "Salon Soleil",
                "role": "OWNER",
                "scopes": ["*"],
                "onlyOwnResources": False,
                "resourceIds": [],
            }
        ],
    }
    assert response["Cache-Control"] == "no-store"
    assert response.cookies == {}
    assert len(refresh_token) == 43
    assert refresh_token.encode() not in bytes(RefreshToken.objects.get().digest)
    session = SignInSession.objects.get()
    assert (session.user, session.kind, session.network) == (nora, "API", "127.0.0.1")
    event = Event.objects.get(name="sign_in.succeeded")
    assert (event.organization_id, event.subject_id, event.actor_id) == (salon.pk, nora.pk, nora.pk)
    assert event.data == {"session_id": str(session.pk), "kind": "API"}


def test_the_token_opens_what_the_role_allows_and_nothing_more(client, salon, nora, haircut):
    token = sign_in(client, cookie=False).json()["data"]["accessToken"]

    assert bearer(token).get("/api/bookings").status_code == 200
    nora.memberships.update(role=Role.VIEWER)
    known_keys.forget_everywhere()
    assert bearer(token).get("/api/bookings").status_code == 200
    refused = bearer(token).post("/api/holds", {})
    assert (refused.status_code, refused.json()["error"]["errorCode"]) == (403, "FORBIDDEN")


def test_who_works_in_two_organizations_names_one(client, salon, nora):
    other = OrganizationFactory(slug="school", name="School")
    OrganizationFactory(slug="stranger")
    MembershipFactory(organization=other, user=nora, role=Role.VIEWER)
    me = bearer(sign_in(client, cookie=False).json()["data"]["accessToken"])

    unnamed = me.get("/api/bookings")
    assert unnamed.status_code == 400
    assert unnamed.json()["error"]["details"] == {
        "fields": {"X-Organization": ["Name one of your organizations by its slug."]}
    }
    assert me.get("/api/auth/me").status_code == 200
    assert me.get("/api/bookings", headers={"X-Organization": "salon"}).status_code == 200
    assert me.get("/api/bookings", headers={"X-Organization": "school"}).status_code == 200
    strange = [
        me.get("/api/bookings", headers={"X-Organization": slug}).json()["error"]
        for slug in ("stranger", "nowhere")
    ]
    assert [error["statusCode"] for error in strange] == [403, 403]
    assert strange[0]["message"] == strange[1]["message"]


def test_an_answer_of_one_organization_is_never_repeated_in_another(client, salon, nora, haircut):
    other = OrganizationFactory(slug="school")
    MembershipFactory(organization=other, user=nora, role=Role.OWNER)
    me = bearer(sign_in(client, cookie=False).json()["data"]["accessToken"])
    body = {"name": "Lea Lang", "email": "lea@example.com"}

    answers = [
        me.post(
            "/api/customers",
            body,
            headers={"X-Organization": slug, "Idempotency-Key": "4711"},
        )
        for slug in ("salon", "school", "school")
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    ids = [answer.json()["data"]["id"] for answer in answers]
    assert ids[0] != ids[1] == ids[2]
    assert answers[2]["Idempotency-Replayed"] == "true"


def test_me_is_read_in_four_statements_and_then_in_two(client, nora, django_assert_num_queries):
    me = bearer(sign_in(client, cookie=False).json()["data"]["accessToken"])

    with django_assert_num_queries(4):
        assert me.get("/api/auth/me").status_code == 200
    with django_assert_num_queries(2):
        assert me.get("/api/auth/me").json()["data"]["user"]["email"] == "nora@salon.example"


def test_a_key_is_nobody_who_signed_in(desk):
    refused = desk.get("/api/auth/me")

    assert (refused.status_code, refused.json()["error"]["errorCode"]) == (403, "FORBIDDEN")


def test_nobody_has_no_account(client):
    assert APIClient().get("/api/auth/me").status_code == 401
