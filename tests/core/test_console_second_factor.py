"""In the console a second factor is asked for after the password, set up, wanted and reset."""

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from core.access import Role
from core.models import Event, SignInSession
from tests.console import desk_for, said, shown
from tests.core.people import PASSWORD
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PAGE = "/admin/account/second-factor/"
CODE = "/admin/login/code/"


@pytest.fixture
def nora(salon, clock):
    """The owner of the salon, whose app knows the secret."""
    user = UserFactory(
        email="nora@salon.example", otp_secret=SECRET, otp_confirmed_at=timezone.now()
    )
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(organization=salon, user=user, role=Role.OWNER)
    return user


@pytest.fixture
def browser(nora):
    """Where Nora gave her password and no code yet."""
    browser = Client()
    fields = {"username": "nora@salon.example", "password": PASSWORD, "next": "/admin/account/"}
    answer = browser.post("/admin/login/", fields)
    assert (answer.status_code, answer.url) == (302, CODE)
    return browser


def somebody_in(salon):
    """Somebody who is signed in, and has no second factor yet."""
    desk = desk_for(salon)
    desk.user.set_password(PASSWORD)
    desk.user.save(update_fields=["password"])
    desk.force_login(desk.user)
    return desk


def code_now(secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(timezone.now())


def test_the_password_alone_opens_nothing_and_a_code_lets_in(browser):
    assert browser.get("/admin/account/").status_code == 302
    assert browser.get(CODE).status_code == 200
    assert SignInSession.objects.count() == 0

    answer = browser.post(CODE, {"otp": code_now()})

    assert answer.url == "/admin/account/"
    assert browser.get("/admin/account/").status_code == 200
    session = SignInSession.objects.get()
    assert (session.kind, session.has_second_factor) == ("CONSOLE", True)
    assert [event.name for event in Event.objects.all()] == ["sign_in.succeeded"]
    assert Client().get(CODE).url == "/admin/login/"


def test_wrong_codes_lock_and_the_password_does_not_wait_for_ever(browser, clock):
    for _ in range(5):
        page = browser.post(CODE, {"otp": "000000"})
        assert "This code is not good." in shown(page)
    locked = browser.post(CODE, {"otp": code_now()})
    assert "Too many attempts. Try again in 30 s." in shown(locked)
    assert SignInSession.objects.count() == 0

    clock.shift(301)
    assert browser.post(CODE, {"otp": code_now()}).url == "/admin/login/"
    assert SignInSession.objects.count() == 0


def test_codes_are_typed_ten_times_a_minute_at_most_from_one_address(browser, clock):
    clock.move_to(timezone.now(), tick=False)
    pages = [browser.get(CODE, REMOTE_ADDR="192.0.2.9").status_code for _ in range(11)]
    assert set(pages) == {200}

    codes = [
        browser.post(CODE, {"otp": "000000"}, REMOTE_ADDR="192.0.2.9").status_code
        for _ in range(11)
    ]

    assert codes == [200] * 10 + [429]


def test_the_secret_is_shown_for_a_quarter_of_an_hour(salon, clock):
    desk = somebody_in(salon)
    desk.send(PAGE, go="begin", password=PASSWORD)
    secret = desk.get(PAGE).context["secret"].replace(" ", "")
    clock.shift(901)

    assert "<svg" not in shown(desk.get(PAGE))
    assert desk.send(PAGE, go="confirm", otp=code_now(secret)).url == PAGE
    desk.user.refresh_from_db()
    assert desk.user.otp_confirmed_at is None


def test_it_is_set_up_by_a_picture_and_a_code_and_the_recovery_codes_are_shown_once(salon, clock):
    desk = somebody_in(salon)
    refused = desk.send(PAGE, go="begin", password="a guess")
    assert "This is not your password." in shown(refused)
    assert "<svg" not in shown(desk.get(PAGE))
    assert desk.send(PAGE, go="begin", password=PASSWORD).url == PAGE
    # Nobody reads the secret in another place where the same person is signed in.
    elsewhere = Client()
    elsewhere.force_login(desk.user)
    assert "<svg" not in shown(elsewhere.get(PAGE))
    page = desk.get(PAGE)
    assert "<svg" in shown(page)
    secret = page.context["secret"].replace(" ", "")

    refused = desk.send(PAGE, go="confirm", otp="000000")
    assert "This code is not good." in shown(refused)
    codes = desk.send(PAGE, go="confirm", otp=code_now(secret)).context["codes"]

    assert len(codes) == 10
    page = shown(desk.get(PAGE))
    assert "10 recovery codes are left." in page
    assert codes[0] not in page
    off = desk.send(PAGE, go="off", password=PASSWORD, otp=codes[0])
    assert said(off) == ["The second factor is off."]
    desk.user.refresh_from_db()
    assert desk.user.otp_confirmed_at is None


def test_where_it_is_wanted_whoever_has_none_is_led_to_set_it_up(salon, clock):
    desk = somebody_in(salon)
    salon.requires_second_factor = True
    salon.save()

    assert desk.get("/admin/").url == PAGE
    assert desk.get("/admin/bookings/booking/").url == PAGE
    assert "wants everybody to sign in with a second factor" in shown(desk.get(PAGE))
    desk.send(PAGE, go="begin", password=PASSWORD)
    secret = desk.get(PAGE).context["secret"].replace(" ", "")
    desk.send(PAGE, go="confirm", otp=code_now(secret))
    assert desk.get("/admin/").status_code == 200
    # Elsewhere in the same account the code has to be given first.
    other = Client()
    other.force_login(desk.user)
    assert other.get("/admin/").url == PAGE
    assert other.get(PAGE).url == CODE


def test_an_owner_without_one_cannot_want_it_of_everybody(salon):
    desk = desk_for(salon, Role.OWNER)
    settings = {
        "name": "Salon Soleil",
        "timezone": "Europe/Berlin",
        "locale": "de",
        "currency": "EUR",
        "accent_color": "#b45309",
        "requires_second_factor": "on",
    }

    page = desk.post(f"/admin/core/organization/{salon.pk}/change/", settings)

    assert list(page.context["adminform"].form.errors) == ["requires_second_factor"]
    salon.refresh_from_db()
    assert salon.requires_second_factor is False


def test_an_admin_resets_it_for_who_lost_it_and_works_nowhere_else(salon, nora):
    desk = desk_for(salon, Role.OWNER)
    member = nora.memberships.get()
    page = f"/admin/core/membership/{member.pk}/change/"
    elsewhere = MembershipFactory(organization=OrganizationFactory(), user=nora)
    assert said(desk.send(page, go="second_factor")) == [
        "This person also works elsewhere, so only they can turn off their second factor."
    ]
    nora.refresh_from_db()
    assert nora.otp_secret == SECRET
    elsewhere.delete()

    done = desk.send(page, go="second_factor")
    assert said(done)[-1] == "The second factor is off. They can set up another."

    nora.refresh_from_db()
    assert (nora.otp_secret, nora.otp_confirmed_at) == ("", None)
    event = Event.objects.get(name="second_factor.reset")
    assert (event.subject_id, event.actor_id) == (nora.pk, desk.user.pk)
