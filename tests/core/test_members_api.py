"""Members and invitations over HTTP, for programs and for people who signed in."""

import pytest
from rest_framework.test import APIClient

from core.access import Role
from core.invitations import invitation_url
from core.models import Event, Invitation, Membership, User
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(salon):
    user = UserFactory(email="olga@salon.example", name="Olga")
    return MembershipFactory(organization=salon, user=user, role=Role.OWNER)


@pytest.fixture
def clara(salon, owner):
    user = UserFactory(email="clara@salon.example", name="Clara Vogt")
    return MembershipFactory(organization=salon, user=user, role=Role.STAFF)


def signed_in(user: User) -> APIClient:
    user.set_password(PASSWORD)
    user.save()
    body = {"email": user.email, "password": PASSWORD, "cookie": False}
    answer = APIClient().post("/api/auth/login", body, format="json").json()
    return APIClient(headers={"Authorization": f"Bearer {answer['data']['accessToken']}"})


def accept_address(invitation: Invitation) -> str:
    return f"/api/invitations/{invitation_url(invitation).rsplit('/', 1)[1]}/accept"


def test_members_are_listed_in_two_statements(desk, owner, clara, django_assert_max_num_queries):
    desk.get("/api/members")
    with django_assert_max_num_queries(2):
        answer = desk.get("/api/members")

    assert answer.json()["data"] == [
        {
            "id": str(owner.pk),
            "userId": str(owner.user_id),
            "name": "Olga",
            "email": "olga@salon.example",
            "role": "OWNER",
            "grants": [],
            "onlyOwnResources": False,
            "resourceIds": [],
            "signedInAt": None,
        },
        {
            "id": str(clara.pk),
            "userId": str(clara.user_id),
            "name": "Clara Vogt",
            "email": "clara@salon.example",
            "role": "STAFF",
            "grants": [],
            "onlyOwnResources": False,
            "resourceIds": [],
            "signedInAt": None,
        },
    ]


@pytest.mark.django_db(transaction=True)
def test_what_a_member_may_do_is_changed_and_counts_at_their_next_request(desk, clara):
    claras = signed_in(clara.user)
    assert claras.get("/api/events").status_code == 200

    answer = desk.patch(
        f"/api/members/{clara.pk}", {"role": "VIEWER", "grants": ["exports:read"]}, format="json"
    )

    assert answer.json()["data"]["role"] == "VIEWER"
    assert answer.json()["data"]["grants"] == ["exports:read"]
    assert claras.get("/api/events").status_code == 403
    assert claras.get("/api/bookings").status_code == 200
    event = Event.objects.get(name="membership.updated")
    assert (event.data["was"], event.data["role"]) == ("staff", "viewer")


@pytest.mark.django_db(transaction=True)
def test_who_is_removed_is_out_at_their_next_request(desk, clara):
    claras = signed_in(clara.user)
    assert claras.get("/api/bookings").status_code == 200

    assert desk.delete(f"/api/members/{clara.pk}").status_code == 200

    assert claras.get("/api/bookings").status_code == 403
    assert not Membership.objects.filter(pk=clara.pk).exists()


def test_the_last_owner_stays(desk, owner):
    demoted = desk.patch(f"/api/members/{owner.pk}", {"role": "STAFF"}, format="json")
    removed = desk.delete(f"/api/members/{owner.pk}")

    for answer in (demoted, removed):
        assert answer.status_code == 409
        assert answer.json()["error"]["details"]["reason"] == "LAST_OWNER"
    owner.refresh_from_db()
    assert owner.role == "owner"


@pytest.mark.parametrize(
    "body", [{"role": "KING"}, {"role": "owner"}, {"grants": ["*"]}, {"rôle": "STAFF"}]
)
def test_what_is_no_role_and_no_grant_is_refused_by_name(desk, clara, body):
    answer = desk.patch(f"/api/members/{clara.pk}", body, format="json")

    assert answer.status_code == 400
    clara.refresh_from_db()
    assert (clara.role, clara.grants) == ("staff", [])


def test_an_administrator_touches_no_owner(salon, owner, clara):
    MembershipFactory(organization=salon, role=Role.OWNER)
    admin = signed_in(MembershipFactory(organization=salon, role=Role.ADMIN).user)

    answers = [
        admin.patch(f"/api/members/{owner.pk}", {"role": "STAFF"}, format="json"),
        admin.delete(f"/api/members/{owner.pk}"),
        admin.patch(f"/api/members/{clara.pk}", {"role": "OWNER"}, format="json"),
        admin.post(
            "/api/invitations", {"email": "d@salon.example", "role": "OWNER"}, format="json"
        ),
    ]

    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["error"]["details"]["reason"] == "NOT_YOURS_TO_GIVE"
    assert Membership.objects.filter(role="owner").count() == 2
    assert not Invitation.objects.exists()


def test_somebody_new_is_invited_and_signs_in(desk, salon, client):
    made = desk.post(
        "/api/invitations", {"email": "dora@salon.example", "role": "VIEWER"}, format="json"
    )
    invitation = Invitation.objects.get()
    accepted = APIClient().post(
        accept_address(invitation), {"name": "Dora", "password": PASSWORD}, format="json"
    )

    assert made.status_code == 201
    assert set(made.json()["data"]) == {
        "id",
        "email",
        "role",
        "grants",
        "onlyOwnResources",
        "resourceIds",
        "expiresAt",
    }
    assert accepted.status_code == 201
    assert accepted.json()["data"]["slug"] == "salon"
    assert accepted.json()["data"]["role"] == "VIEWER"
    assert desk.get("/api/invitations").json()["data"] == []
    dora = signed_in(User.objects.get(email="dora@salon.example"))
    assert dora.get("/api/bookings").status_code == 200
    assert dora.get("/api/members").status_code == 403


def test_somebody_known_accepts_with_their_token_and_nobody_else_does(desk, salon):
    there = MembershipFactory(organization=OrganizationFactory(slug="bakery"))
    body = {"email": there.user.email, "role": "STAFF"}
    desk.post("/api/invitations", body, format="json")
    address = accept_address(Invitation.objects.get())

    stranger = APIClient().post(address, {"name": "X", "password": PASSWORD}, format="json")
    other = signed_in(UserFactory()).post(address, {}, format="json")
    assert [one.json()["error"]["details"]["reason"] for one in (stranger, other)] == [
        "SIGN_IN_FIRST",
        "NOT_INVITED",
    ]
    assert Membership.objects.filter(organization=salon).count() == 0

    mine = signed_in(there.user)
    assert mine.post(address, {}, format="json").status_code == 201
    assert mine.get("/api/bookings", headers={"X-Organization": "salon"}).status_code == 200
    assert mine.post(address, {}, format="json").json()["error"]["details"]["reason"] == (
        "INVITATION_OVER"
    )


def test_an_invitation_is_taken_back(desk, salon):
    desk.post("/api/invitations", {"email": "d@salon.example", "role": "STAFF"}, format="json")
    invitation = Invitation.objects.get()
    assert len(desk.get("/api/invitations").json()["data"]) == 1

    assert desk.delete(f"/api/invitations/{invitation.pk}").status_code == 200

    answer = APIClient().post(
        accept_address(invitation), {"name": "D", "password": PASSWORD}, format="json"
    )
    assert answer.json()["error"]["details"]["reason"] == "INVITATION_OVER"
    assert not User.objects.filter(email="d@salon.example").exists()


def test_an_invitation_is_sent_again_and_the_older_link_opens_nothing(desk, clock):
    body = {"email": "d@salon.example", "role": "STAFF"}
    made = desk.post("/api/invitations", body, format="json").json()["data"]
    older = accept_address(Invitation.objects.get())
    again = f"/api/invitations/{made['id']}/resend"

    too_soon = desk.post(again, {}, format="json")
    assert (too_soon.status_code, too_soon.json()["error"]["details"]) == (
        409,
        {"reason": "INVITED_JUST_NOW"},
    )
    assert Invitation.objects.get().generation == 1
    clock.shift(300)
    sent = desk.post(again, {}, format="json")

    assert sent.status_code == 200
    assert sent.json()["data"] == {**made, "expiresAt": sent.json()["data"]["expiresAt"]}
    assert sent.json()["data"]["expiresAt"] > made["expiresAt"]
    new = {"name": "D", "password": PASSWORD}
    assert APIClient().post(older, new, format="json").status_code == 404
    newer = accept_address(Invitation.objects.get())
    assert APIClient().post(newer, new, format="json").status_code == 201
    clock.shift(300)
    over = desk.post(again, {}, format="json")
    assert over.json()["error"]["details"]["reason"] == "INVITATION_OVER"
    assert Event.objects.filter(name="invitation.sent_again").count() == 1


def test_a_body_that_says_too_little_or_a_weak_password_makes_no_account(desk):
    desk.post("/api/invitations", {"email": "d@salon.example", "role": "STAFF"}, format="json")
    address = accept_address(Invitation.objects.get())

    nothing = APIClient().post(address, {}, format="json")
    weak = APIClient().post(address, {"name": "D", "password": "1234"}, format="json")

    assert set(nothing.json()["error"]["details"]["fields"]) == {"name", "password"}
    assert set(weak.json()["error"]["details"]["fields"]) == {"password"}
    assert not User.objects.exists()


def test_another_organizations_members_are_not_there(stranger, clara, desk):
    desk.post("/api/invitations", {"email": "d@salon.example", "role": "STAFF"}, format="json")
    invitation = Invitation.objects.get()

    assert stranger.get("/api/members").json()["data"] == []
    assert stranger.get("/api/invitations").json()["data"] == []
    assert stranger.get(f"/api/members/{clara.pk}").status_code == 404
    assert stranger.patch(f"/api/members/{clara.pk}", {}, format="json").status_code == 404
    assert stranger.delete(f"/api/members/{clara.pk}").status_code == 404
    assert stranger.delete(f"/api/invitations/{invitation.pk}").status_code == 404
    assert stranger.post(f"/api/invitations/{invitation.pk}/resend").status_code == 404
    invitation.refresh_from_db()
    assert invitation.revoked_at is None
