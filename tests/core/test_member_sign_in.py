"""An organization signs its people out, and lets them in again; not who works elsewhere too."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.access import Role
from core.models import ApiKey, Event, SignInGuard, SignInSession, User
from core.rates import PER_MINUTE, RateClass
from tests.console import desk_for, said, shown
from tests.core.people import PASSWORD, bearer, sign_in, somebody
from tests.factories import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db
CLARA = "clara@salon.example"


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    monkeypatch.setitem(PER_MINUTE, RateClass.STANDARD, 10_000)


@pytest.fixture
def clara(salon, clock):
    return somebody(salon, CLARA, "Clara Vogt", Role.STAFF).memberships.get()


@pytest.fixture
def elsewhere(clara):
    """Clara works in a bakery too."""
    return MembershipFactory(organization=OrganizationFactory(slug="bakery"), user=clara.user)


def enter(password=PASSWORD):
    browser = Client()
    browser.post("/admin/login/", {"username": CLARA, "password": password})
    return browser


def lock():
    for n in range(5):
        sign_in(Client(), CLARA, "a guess", REMOTE_ADDR=f"192.0.2.{n}")
    assert sign_in(Client(), CLARA).status_code == 429


def page_of(membership):
    return f"/admin/core/membership/{membership.pk}/change/"


@pytest.mark.django_db(transaction=True)
def test_a_member_is_signed_out_everywhere_at_once(desk, salon, clara):
    token = sign_in(Client(), CLARA, cookie=False).json()["data"]["accessToken"]
    browser = enter()
    assert browser.get("/admin/account/").status_code == 200

    answer = desk.post(f"/api/members/{clara.pk}/end-sessions", {}, format="json")

    assert (answer.status_code, answer.json()["data"]) == (200, {"ended": 2})
    assert bearer(token).get("/api/auth/me").status_code == 401
    assert browser.get("/admin/account/").status_code == 302
    assert sign_in(Client(), CLARA).status_code == 200
    ended = Event.objects.filter(name="sign_in.ended")
    key = ApiKey.objects.get(organization=salon)
    assert {(one.subject_id, one.actor_kind, one.actor_id) for one in ended} == {
        (clara.user_id, "key", key.pk)
    }
    again = desk.post(f"/api/members/{clara.pk}/end-sessions", {}, format="json")
    assert again.json()["data"] == {"ended": 1}


def test_who_is_locked_out_is_let_in_again(desk, clara):
    lock()

    answer = desk.post(f"/api/members/{clara.pk}/unlock", {}, format="json")

    assert (answer.status_code, answer.json()["data"]) == (200, {"unlocked": True})
    assert sign_in(Client(), CLARA).status_code == 200
    event = Event.objects.get(name="sign_in.unlocked")
    assert (event.subject_id, event.data) == (clara.user_id, {})
    again = desk.post(f"/api/members/{clara.pk}/unlock", {}, format="json")
    assert again.json()["data"] == {"unlocked": False}
    assert Event.objects.filter(name="sign_in.unlocked").count() == 1


def test_the_console_shows_both_on_the_members_page(salon, clara):
    sign_in(Client(), CLARA)
    lock()
    desk = desk_for(salon, Role.ADMIN)

    page = shown(desk.get(page_of(clara)))
    assert "They are signed in in 1 place." in page
    assert "until Tue 3 Nov, 08:00 nobody is let in to this account." in page
    assert said(desk.send(page_of(clara), go="unlock")) == ["They can sign in again."]
    assert said(desk.send(page_of(clara), go="end_sessions"))[-1] == (
        "They are signed out everywhere."
    )

    page = shown(desk.get(page_of(clara)))
    assert "Let them in again" not in page
    assert "Sign them out everywhere" not in page
    assert SignInSession.objects.get(user=clara.user).end_reason == "REVOKED"
    actors = Event.objects.filter(name__in=["sign_in.unlocked", "sign_in.ended"])
    assert set(actors.values_list("actor_kind", "actor_id")) == {("user", desk.user.pk)}


@pytest.mark.parametrize("verb", ["end-sessions", "unlock"])
def test_who_works_elsewhere_too_is_not_for_one_organization_to_sign_out_or_in(
    desk, salon, clara, elsewhere, verb
):
    sign_in(Client(), CLARA)
    lock()
    before = list(SignInGuard.objects.values())

    refused = desk.post(f"/api/members/{clara.pk}/{verb}", {}, format="json")

    assert (refused.status_code, refused.json()["error"]["details"]) == (
        409,
        {"reason": "SIGN_IN_NOT_ONLY_YOURS"},
    )
    assert SignInSession.objects.get().revoked_at is None
    assert list(SignInGuard.objects.values()) == before
    console = desk_for(salon, Role.OWNER)
    page = shown(console.get(page_of(clara)))
    assert "nobody is let in" not in page
    assert "Sign them out" not in page
    assert said(console.send(page_of(clara), go=verb.replace("-", "_"))) == [
        "This person also works elsewhere, so how they sign in is not yours to change."
    ]


def test_an_administrator_signs_no_owner_out(salon):
    owner = somebody(salon, "olga@salon.example", "Olga", Role.OWNER)
    admin = somebody(salon, "ada@salon.example", "Ada", Role.ADMIN)
    token = sign_in(Client(), admin.email, cookie=False).json()["data"]["accessToken"]
    sign_in(Client(), owner.email)

    for verb in ("end-sessions", "unlock"):
        refused = bearer(token).post(f"/api/members/{owner.memberships.get().pk}/{verb}")
        assert refused.status_code == 403
    assert not SignInSession.objects.filter(revoked_at__isnull=False).exists()


def test_the_operator_does_it_wherever_they_work(clara, elsewhere):
    sign_in(Client(), CLARA)
    lock()
    told = StringIO()

    call_command("end_sessions", "--email", "Clara@salon.example", stdout=told)
    call_command("unlock_sign_in", "--email", CLARA, stdout=told)

    assert told.getvalue() == "Places where they were signed out: 1\nUnlocked.\n"
    assert SignInSession.objects.get().end_reason == "REVOKED"
    both = {clara.organization_id, elsewhere.organization_id}
    for name in ("sign_in.ended", "sign_in.unlocked"):
        events = Event.objects.filter(name=name)
        assert {(one.organization_id, one.actor_kind) for one in events} == {
            (organization_id, "command") for organization_id in both
        }
    for command in ("end_sessions", "unlock_sign_in"):
        with pytest.raises(CommandError, match=r"^Nobody signs in with this address\.$"):
            call_command(command, "--email", "nobody@salon.example")
    assert User.objects.count() == 1
