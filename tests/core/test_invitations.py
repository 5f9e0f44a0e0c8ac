"""A colleague is asked to work here by mail, and accepts: somebody new, or somebody known."""

from datetime import timedelta

import pytest
from django.test import Client

from core.access import Caller, Role
from core.invitations import invitation_url
from core.links import make_link_token
from core.models import Event, Invitation, Membership, User
from core.services.invitation import invite
from tests.console import desk_for, said, shown
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/core/membership/"
PASSWORD = "correct horse battery"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.OWNER)


@pytest.fixture
def dora(salon, clock):
    """Dora is invited to the desk, and may export."""
    return invite(
        organization=salon,
        email="dora@salon.example",
        role=Role.STAFF,
        grants=["exports:read"],
        caller=Caller.command(salon.pk),
    )


def page_of(invitation: Invitation) -> str:
    return "/invitation/" + invitation_url(invitation).rsplit("/", 1)[1]


def test_an_owner_invites_and_somebody_new_makes_their_account(desk, salon, client):
    answer = desk.send(
        f"{PEOPLE}invite/", email=" dora@salon.example ", role="staff", grants=["exports:read"]
    )
    invitation = Invitation.objects.get()
    page = client.get(page_of(invitation))
    done = client.post(page_of(invitation), {"name": "Dora", "password": PASSWORD})

    assert answer.url == PEOPLE
    assert "Work at Salon Soleil" in shown(page)
    assert "You work at Salon Soleil now." in shown(done)
    member = Membership.objects.get(user__email="dora@salon.example")
    assert (member.organization, member.role, member.grants) == (salon, "staff", ["exports:read"])
    assert member.user.check_password(PASSWORD)
    assert not member.user.is_superuser
    created, accepted = Event.objects.order_by("id")
    assert (created.name, created.actor_id) == ("invitation.created", desk.user.pk)
    assert (accepted.name, accepted.actor_id) == ("membership.created", member.user_id)
    assert accepted.data["invitation_id"] == str(invitation.pk)
    assert "dora" not in f"{created.data}{accepted.data}".lower()


def test_an_invitation_is_good_once(dora, client):
    client.post(page_of(dora), {"name": "Dora", "password": PASSWORD})

    again = client.post(page_of(dora), {"name": "Mallory", "password": "another one entirely"})

    assert again.status_code == 410
    assert User.objects.get(email=dora.email).name == "Dora"
    assert Membership.objects.count() == 1


def test_after_seven_days_it_opens_nothing(dora, clock, client):
    clock.shift(timedelta(days=7) - timedelta(minutes=1))
    assert client.get(page_of(dora)).status_code == 200
    clock.shift(timedelta(minutes=2))

    assert client.post(page_of(dora), {"name": "D", "password": PASSWORD}).status_code == 410
    assert not User.objects.filter(email=dora.email).exists()


def test_sent_again_the_newer_link_counts_alone(desk, dora, client, clock):
    older = page_of(dora)

    too_soon = desk.send(f"{PEOPLE}invitations/{dora.pk}/again/")
    assert said(too_soon) == [
        "This invitation was sent less than five minutes ago. Give the mail time to arrive."
    ]
    clock.shift(timedelta(minutes=5))
    desk.send(f"{PEOPLE}invitations/{dora.pk}/again/")
    dora.refresh_from_db()

    assert client.get(older).status_code == 404
    assert client.get(page_of(dora)).status_code == 200
    assert dora.generation == 2
    assert Event.objects.filter(name="invitation.sent_again").count() == 1


def test_taken_back_it_opens_nothing(desk, dora, client):
    assert "dora@salon.example" in shown(desk.get(PEOPLE))

    desk.send(f"{PEOPLE}invitations/{dora.pk}/revoke/")

    assert client.get(page_of(dora)).status_code == 410
    assert "dora@salon.example" not in shown(desk.get(PEOPLE))
    assert Event.objects.get(name="invitation.revoked").actor_id == desk.user.pk


def test_somebody_known_accepts_while_signed_in_and_works_in_both(dora, client, salon):
    bakery = MembershipFactory(
        organization=OrganizationFactory(name="Bakery"),
        user=UserFactory(email="DORA@salon.example"),
    )
    stranger = desk_for(bakery.organization, Role.OWNER)

    to_sign_in = client.get(page_of(dora))
    refused = client.post(page_of(dora), {"name": "Mallory", "password": PASSWORD})
    elsewhere = stranger.send(page_of(dora))
    assert "Sign in, then accept." in shown(to_sign_in)
    assert f'next={page_of(dora)}"' in shown(to_sign_in)
    assert "Sign out, then open the link" in shown(elsewhere)
    assert refused.status_code == elsewhere.status_code == 200
    assert Membership.objects.filter(organization=salon).count() == 0

    client.force_login(bakery.user)
    assert "Accept" in shown(client.get(page_of(dora)))
    answer = client.post(page_of(dora))

    assert answer.url == "/admin/"
    assert client.get("/admin/").wsgi_request.caller.organization_id == salon.pk
    assert {one.organization for one in bakery.user.memberships.all()} == {
        salon,
        bakery.organization,
    }


def test_a_form_of_another_website_accepts_nothing(dora, salon):
    user = UserFactory(email=dora.email)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)

    answer = browser.post(page_of(dora), headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert not Membership.objects.exists()


def test_a_password_that_is_too_weak_is_refused_beside_its_field(dora, client):
    page = client.post(page_of(dora), {"name": "Dora", "password": "1234"})

    assert page.status_code == 400
    assert list(page.context["form"].errors) == ["password"]
    assert not User.objects.exists()
    dora.refresh_from_db()
    assert dora.accepted_at is None


@pytest.mark.parametrize("token", ["nothing", "a" * 43, "of another purpose"])
def test_what_is_no_link_opens_nothing(dora, client, token):
    if token == "of another purpose":
        token = make_link_token("booking.manage", dora.pk, 1)

    assert client.get(f"/invitation/{token}").status_code == 404


def test_nobody_is_invited_twice_or_while_a_member(desk, dora, clock, salon):
    MembershipFactory(organization=salon, user=UserFactory(email="clara@salon.example"))

    for email in ("DORA@salon.example", "Clara@salon.example", "nobody"):
        page = desk.send(f"{PEOPLE}invite/", email=email, role="staff")
        assert page.context["form"].errors
    assert Invitation.objects.count() == 1

    clock.shift(timedelta(days=8))
    desk = desk_for(salon, Role.OWNER)  # everybody's session is over by then
    desk.send(f"{PEOPLE}invite/", email="dora@salon.example", role="viewer")
    assert Invitation.objects.filter(revoked_at=None).get().role == "viewer"


def test_an_administrator_invites_no_owner_and_nobody_grants_what_they_lack(salon):
    desk = desk_for(salon, Role.ADMIN)

    for fields in ({"role": "owner"}, {"role": "staff", "grants": ["backup:delete"]}):
        page = desk.send(f"{PEOPLE}invite/", email="dora@salon.example", **fields)
        assert "what you may not do yourself" in shown(page)
    assert not Invitation.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_who_is_no_administrator_invites_nobody(salon, dora, role):
    desk = desk_for(salon, role)

    for path in ("invite/", f"invitations/{dora.pk}/again/", f"invitations/{dora.pk}/revoke/"):
        assert desk.send(f"{PEOPLE}{path}", email="e@x.example", role="staff").status_code == 403
    assert Invitation.objects.get().revoked_at is None


def test_another_organizations_invitation_is_not_there(dora):
    desk = desk_for(OrganizationFactory(), Role.OWNER)

    for verb in ("again", "revoke"):
        assert desk.send(f"{PEOPLE}invitations/{dora.pk}/{verb}/").status_code == 404
    assert "dora" not in shown(desk.get(PEOPLE))
    dora.refresh_from_db()
    assert (dora.generation, dora.revoked_at) == (1, None)
