"""People of an organization: added, given a role, removed; and what is not in its power."""

import pytest

from core.access import Role
from core.models import Event, Membership, User
from tests.console import desk_for, shown
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/core/membership/"
PASSWORD = "correct horse battery"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.OWNER)


@pytest.fixture
def clara(salon):
    user = UserFactory(email="clara@salon.example", name="Clara Vogt")
    return MembershipFactory(organization=salon, user=user, role=Role.STAFF)


@pytest.fixture
def bakery():
    return OrganizationFactory(name="Bakery")


def page_of(membership: Membership, verb: str = "change") -> str:
    return f"{PAGE}{membership.pk}/{verb}/"


def test_somebody_new_can_sign_in_and_do_what_their_role_may(desk, salon, client):
    answer = desk.send(
        f"{PAGE}add/", email="dora@salon.example", name="Dora", role="viewer", password=PASSWORD
    )

    assert answer.url == PAGE
    client.post("/admin/login/", {"username": "dora@salon.example", "password": PASSWORD})
    caller = client.get("/admin/").wsgi_request.caller
    assert caller.organization_id == salon.pk
    assert caller.may("bookings:read")
    assert not caller.may("bookings:write")
    event = Event.objects.get(name="membership.created")
    assert (event.actor_id, event.data["role"]) == (desk.user.pk, "viewer")
    assert "dora" not in str(event.data)


def test_who_signs_in_here_already_keeps_their_name_and_password(desk, salon, bakery, client):
    user = UserFactory(email="emil@bakery.example", name="Emil")
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(organization=bakery, user=user)

    desk.send(
        f"{PAGE}add/",
        email="EMIL@bakery.example",
        name="Mallory",
        role="staff",
        password="another one",
    )

    user.refresh_from_db()
    assert user.name == "Emil"
    assert user.check_password(PASSWORD)
    assert user.memberships.filter(organization=salon, role="staff").exists()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"email": "clara@salon.example"}, "__all__"),  # a member already
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "1234"}, "password"),
        ({"password": ""}, "password"),
        ({"role": "king"}, "role"),
    ],
)
def test_somebody_who_cannot_be_added_is_not(desk, clara, fields, where):
    usual = {"email": "dora@salon.example", "name": "Dora", "role": "staff", "password": PASSWORD}

    page = desk.send(f"{PAGE}add/", **{**usual, **fields})

    assert list(page.context["form"].errors) == [where]
    assert Membership.objects.count() == 2
    assert Event.objects.count() == 0
    assert not User.objects.filter(email="dora@salon.example").exists()


def test_a_role_is_changed(desk, clara):
    desk.send(page_of(clara), go="role", role="manager")

    clara.refresh_from_db()
    assert clara.role == "manager"
    event = Event.objects.get(name="membership.updated")
    assert (event.actor_id, event.data["was"], event.data["role"]) == (
        desk.user.pk,
        "staff",
        "manager",
    )


def test_a_member_is_granted_more_than_their_role_may(desk, clara):
    desk.send(page_of(clara), go="role", role="staff", grants=["exports:read"])

    clara.refresh_from_db()
    assert (clara.role, clara.grants) == ("staff", ["exports:read"])
    event = Event.objects.get(name="membership.updated")
    assert (event.data["was_granted"], event.data["grants"]) == ([], ["exports:read"])


@pytest.mark.parametrize(
    ("role", "grants"), [("staff", ["keys:write"]), ("staff", ["*"]), ("king", [])]
)
def test_what_cannot_be_granted_is_not(desk, clara, role, grants):
    page = desk.send(page_of(clara), go="role", role=role, grants=grants)

    assert page.context["role_form"].errors
    clara.refresh_from_db()
    assert (clara.role, clara.grants) == ("staff", [])


def test_an_administrator_makes_no_owner_and_takes_nothing_from_one(salon, clara):
    owner = MembershipFactory(organization=salon, role=Role.OWNER)
    MembershipFactory(organization=salon, role=Role.OWNER)  # so that either could go
    desk = desk_for(salon, Role.ADMIN)

    pages = [
        desk.send(page_of(clara), go="role", role="owner"),
        desk.send(page_of(clara), go="role", role="staff", grants=["backup:restore"]),
        desk.send(page_of(owner), go="role", role="staff"),
        desk.send(page_of(owner), go="password", password=PASSWORD),
        desk.send(
            f"{PAGE}add/", email="dora@salon.example", name="", role="owner", password=PASSWORD
        ),
    ]
    desk.send(page_of(owner, "remove"))

    for page in pages:
        assert "what you may not do yourself" in shown(page)
    clara.refresh_from_db()
    owner.refresh_from_db()
    assert (clara.role, clara.grants, owner.role) == ("staff", [], "owner")
    assert not owner.user.check_password(PASSWORD)
    assert Membership.objects.count() == 4
    assert Event.objects.count() == 0


def test_the_last_owner_stays_one(desk, salon):
    mine = Membership.objects.get(user=desk.user)

    page = desk.send(page_of(mine), go="role", role="staff")
    desk.send(page_of(mine, "remove"))

    assert "keeps at least one owner" in shown(page)
    mine.refresh_from_db()
    assert mine.role == "owner"


def test_of_two_owners_one_may_go(desk, salon):
    other = MembershipFactory(organization=salon, role=Role.OWNER)

    desk.send(page_of(other, "remove"))

    assert not Membership.objects.filter(pk=other.pk).exists()
    assert Event.objects.get(name="membership.removed").data["user_id"] == str(other.user_id)
    assert User.objects.filter(pk=other.user_id).exists()


def test_who_is_removed_is_out_at_their_next_click(desk, salon, clara):
    claras = desk_for(None)
    claras.force_login(clara.user)
    assert claras.get("/admin/").status_code == 200

    desk.send(page_of(clara, "remove"))

    assert claras.get("/admin/").status_code == 302


def test_a_password_is_set_for_somebody_who_works_only_here(desk, clara, client):
    desk.send(page_of(clara), go="password", password=PASSWORD)

    clara.user.refresh_from_db()
    assert clara.user.check_password(PASSWORD)
    assert Event.objects.get(name="user.password_set").actor_id == desk.user.pk


@pytest.mark.parametrize("why", ["works elsewhere too", "administers the installation"])
def test_nobody_gets_a_password_that_opens_more_than_this_organization(desk, clara, bakery, why):
    if why == "works elsewhere too":
        MembershipFactory(organization=bakery, user=clara.user)
    else:
        User.objects.filter(pk=clara.user_id).update(is_superuser=True)

    page = desk.send(page_of(clara), go="password", password=PASSWORD)

    assert "This person also works elsewhere" in shown(page)
    clara.user.refresh_from_db()
    assert not clara.user.check_password(PASSWORD)
    assert Event.objects.count() == 0


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_who_is_no_administrator_has_none_of_these_pages(salon, clara, role):
    desk = desk_for(salon, role)

    for path in (PAGE, f"{PAGE}add/", page_of(clara), page_of(clara, "remove")):
        assert desk.get(path).status_code == 403
        assert desk.send(path, go="role", role="owner").status_code == 403
    clara.refresh_from_db()
    assert clara.role == "staff"


def test_people_of_another_organization_are_not_there(clara, bakery):
    desk = desk_for(bakery, Role.OWNER)

    assert desk.get(PAGE).context["cl"].result_count == 1  # oneself
    for path in (page_of(clara), page_of(clara, "remove")):
        assert desk.get(path).status_code == 404
        assert desk.send(path, go="role", role="owner").status_code == 404
    clara.refresh_from_db()
    assert clara.role == "staff"
