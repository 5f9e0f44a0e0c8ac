"""Limiting a member to their own resources: over HTTP, in the console, and with an invitation."""

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from bookings.models import Booking
from core.access import Role
from core.invitations import invitation_url
from core.models import Event, Invitation, Membership, User
from tests.console import desk_for, shown
from tests.core.people import PASSWORD, bearer, sign_in
from tests.factories import MembershipFactory, OrganizationFactory, ResourceFactory, UserFactory

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/core/membership/"
OWN = {"onlyOwnResources": True}
NO_ID = "01a1f90c-32de-7306-bd10-4ca72e14c6d3"


@pytest.fixture
def clara(salon):
    user = UserFactory(email="clara@salon.example", name="Clara Vogt")
    user.set_password(PASSWORD)
    user.save()
    return MembershipFactory(organization=salon, user=user, role=Role.STAFF)


@pytest.fixture
def people(salon):
    """The console, where an owner works."""
    return desk_for(salon, Role.OWNER)


def limit(member: Membership) -> tuple[str, bool, list[str]]:
    row = Membership.objects.get(pk=member.pk)
    return row.role, row.only_own_resources, [str(pk) for pk in row.own_resource_ids]


def signed_in(client) -> APIClient:
    answer = sign_in(client, email="clara@salon.example", cookie=False)
    return bearer(answer.json()["data"]["accessToken"])


@pytest.mark.django_db(transaction=True)
def test_a_limit_counts_from_their_next_request_on_and_ends_again(
    desk, clara, anna, ben, book, client
):
    with_anna = book(resource=anna)
    claras = signed_in(client)
    assert [one["id"] for one in claras.get("/api/bookings").json()["data"]] == [str(with_anna.pk)]

    answer = desk.patch(
        f"/api/members/{clara.pk}", {"onlyOwnResources": True, "resourceIds": [str(ben.pk)]}
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["onlyOwnResources"] is True
    assert answer.json()["data"]["resourceIds"] == [str(ben.pk)]
    assert claras.get("/api/bookings").json()["data"] == []
    assert claras.get(f"/api/bookings/{with_anna.pk}").status_code == 404
    (organization,) = claras.get("/api/auth/me").json()["data"]["organizations"]
    assert (organization["onlyOwnResources"], organization["resourceIds"]) == (True, [str(ben.pk)])
    event = Event.objects.get(name="membership.updated")
    assert event.data["only_own_resources"] is True
    assert (event.data["was_own"], event.data["own_resource_ids"]) == ([], [str(ben.pk)])

    desk.patch(f"/api/members/{clara.pk}", {"onlyOwnResources": False})

    assert limit(clara) == ("staff", False, [])
    assert len(claras.get("/api/bookings").json()["data"]) == 1
    Booking.objects.get()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"role": "MANAGER", **OWN, "resourceIds": ["anna"]}, 400, "onlyOwnResources"),
        ({**OWN, "resourceIds": []}, 400, "resourceIds"),
        (OWN, 400, "resourceIds"),
        ({"onlyOwnResources": False, "resourceIds": ["anna"]}, 400, "resourceIds"),
        ({**OWN, "resourceIds": ["nobody"]}, 404, "resourceIds"),
        ({**OWN, "resourceIds": ["anna", "foreign"]}, 404, "resourceIds"),
        ({**OWN, "resourceIds": ["me"]}, 400, "resourceIds"),
        ({**OWN, "resourceIds": ["anna"], "grants": ["backup:create"]}, 400, "grants"),
        ({"onlyOwnResources": "yes", "resourceIds": ["anna"]}, 400, "onlyOwnResources"),
    ],
)
def test_what_does_not_go_together_limits_nobody(desk, clara, anna, body, status, field):
    foreign = ResourceFactory(organization=OrganizationFactory(slug="elsewhere"))
    ids = {"anna": str(anna.pk), "foreign": str(foreign.pk), "nobody": NO_ID}
    if "resourceIds" in body:
        body = {**body, "resourceIds": [ids.get(name, name) for name in body["resourceIds"]]}

    answer = desk.patch(f"/api/members/{clara.pk}", body)

    assert answer.status_code == status, answer.content
    fields = answer.json()["error"]["details"]["fields"]
    assert [name.partition(".")[0] for name in fields] == [field]
    assert limit(clara) == ("staff", False, [])
    assert not Event.objects.filter(name="membership.updated").exists()


def test_an_invitation_hands_its_limit_on(desk, salon, ben):
    invited = {"email": "dora@salon.example", "role": "VIEWER"}
    limited = {"onlyOwnResources": True, "resourceIds": [str(ben.pk)]}
    made = desk.post("/api/invitations", {**invited, **limited})
    assert made.status_code == 201, made.content
    assert made.json()["data"] | limited == made.json()["data"]
    token = invitation_url(Invitation.objects.get()).rsplit("/", 1)[1]

    APIClient().post(f"/api/invitations/{token}/accept", {"name": "Dora", "password": PASSWORD})

    dora = User.objects.get(email="dora@salon.example").memberships.get()
    assert limit(dora) == ("viewer", True, [str(ben.pk)])


def test_an_owner_limits_somebody_in_the_console(people, clara, anna, ben):
    page = f"{PEOPLE}{clara.pk}/change/"
    own = {"only_own_resources": "own", "own_resources": [str(ben.pk)]}

    answer = people.send(page, go="role", role="staff", **own)

    assert answer.url == PEOPLE
    assert limit(clara) == ("staff", True, [str(ben.pk)])
    assert "Staff, limited" in shown(people.get(PEOPLE))
    form = people.get(page).context["role_form"]
    assert form.initial["own_resources"] == [str(ben.pk)]
    assert [name for _, name in form.fields["own_resources"].choices] == ["Anna", "Ben"]

    people.send(page, go="role", role="staff", **{**own, "only_own_resources": "everything"})

    assert limit(clara) == ("staff", False, [])


@pytest.mark.parametrize(
    ("role", "resources", "where"),
    [("manager", ["ben"], "only_own_resources"), ("staff", [], "own_resources")],
)
def test_the_console_says_beside_the_field_what_cannot_be(
    people, clara, ben, role, resources, where
):
    named = [str(ben.pk) for _ in resources]

    page = people.send(
        f"{PEOPLE}{clara.pk}/change/",
        go="role",
        role=role,
        only_own_resources="own",
        own_resources=named,
    )

    assert list(page.context["role_form"].errors) == [where]
    assert limit(clara) == ("staff", False, [])


def test_who_is_invited_or_added_in_the_console_can_be_limited_at_once(people, salon, ben):
    own = {"only_own_resources": "own", "own_resources": [str(ben.pk)]}

    people.send(f"{PEOPLE}invite/", email="dora@salon.example", role="staff", **own)
    people.send(
        f"{PEOPLE}add/",
        email="emil@salon.example",
        name="Emil",
        role="viewer",
        password=PASSWORD,
        **own,
    )

    assert Invitation.objects.get().own_resource_ids == [ben.pk]
    emil = User.objects.get(email="emil@salon.example").memberships.get()
    assert limit(emil) == ("viewer", True, [str(ben.pk)])


def test_without_resources_nobody_is_asked_about_them(people, clara):
    form = people.get(f"{PEOPLE}{clara.pk}/change/").context["role_form"]

    assert list(form.fields) == ["role", "grants"]


def test_the_database_refuses_another_organizations_resource_whoever_writes_it(clara, anna):
    foreign = ResourceFactory(organization=OrganizationFactory(slug="elsewhere"))

    for named in ([foreign.pk], [anna.pk, foreign.pk]):
        with (
            pytest.raises(IntegrityError, match="a resource of their organization"),
            transaction.atomic(),
        ):
            Membership.objects.update(only_own_resources=True, own_resource_ids=named)

    assert limit(clara) == ("staff", False, [])


@pytest.mark.parametrize(("role", "ids"), [("staff", 0), ("manager", 1)])
def test_the_database_refuses_half_a_limit(clara, anna, role, ids):
    with (
        pytest.raises(IntegrityError, match="membership_limit_is_complete"),
        transaction.atomic(),
    ):
        Membership.objects.update(
            role=role, only_own_resources=True, own_resource_ids=[anna.pk][:ids]
        )

    assert limit(clara) == ("staff", False, [])
