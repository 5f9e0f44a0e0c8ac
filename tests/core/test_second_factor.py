"""Whoever has a second factor signs in with a code of their app, and each code is good once."""

from io import StringIO

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from core.access import Role
from core.models import Event, RecoveryCode, SignInSession, User
from core.services.codes import step_of
from tests.core.people import PASSWORD, bearer, sign_in
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.rivals import rivals

pytestmark = pytest.mark.django_db

# The secret of RFC 6238, appendix B: "12345678901234567890" in base32.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
OWN = {"password": PASSWORD}


@pytest.fixture
def nora(salon, clock):
    """The owner of the salon, with an app that knows the secret of the standard."""
    user = UserFactory(
        email="nora@salon.example", otp_secret=SECRET, otp_confirmed_at=timezone.now()
    )
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(organization=salon, user=user, role=Role.OWNER)
    return user


def code_now(seconds: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(timezone.now(), counter_offset=seconds // 30)


def refusal(response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"].get("details", {}).get("reason")


def names_of_events() -> list[str]:
    return list(Event.objects.order_by("created_at", "id").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_standard(clock, moment, code):
    clock.move_to(moment)

    assert step_of(SECRET, code) == moment // 30
    assert step_of(SECRET, code[:-1]) is None
    assert step_of("", code) is None
    clock.move_to(moment + 30)
    assert step_of(SECRET, code) == moment // 30
    clock.move_to(moment + 60)
    assert step_of(SECRET, code) is None


def test_an_app_is_set_up_and_then_a_code_is_wanted(client, salon, nora):
    User.objects.update(otp_confirmed_at=None)
    token = sign_in(client, cookie=False).json()["data"]["accessToken"]
    me = bearer(token)

    assert me.post("/api/auth/otp", {}).status_code == 400
    guess = me.post("/api/auth/otp", {"password": "a guess"})
    assert guess.json()["error"]["details"] == {
        "fields": {"password": ["This is not your password."]}
    }
    assert User.objects.get().otp_secret == SECRET
    begun = me.post("/api/auth/otp", OWN).json()["data"]
    assert begun["uri"] == (
        f"otpauth://totp/Holdfast:nora%40salon.example?secret={begun['secret']}&issuer=Holdfast"
    )
    assert begun["qr"].startswith("<svg")
    wrong = me.post("/api/auth/otp/confirm", {"otp": "000000"})
    assert wrong.json()["error"]["details"] == {
        "fields": {"otp": ["This code is not good. Take the next one that the app shows."]}
    }
    assert me.get("/api/auth/otp").json()["data"] == {"confirmedAt": None, "recoveryCodesLeft": 0}
    code = pyotp.TOTP(begun["secret"]).at(timezone.now())
    confirmed = me.post("/api/auth/otp/confirm", {"otp": code})

    codes = confirmed.json()["data"]["recoveryCodes"]
    assert len(set(codes)) == 10
    assert {len(text) for text in codes} == {11}
    assert me.get("/api/auth/otp").json()["data"]["recoveryCodesLeft"] == 10
    assert SignInSession.objects.get().has_second_factor is True
    assert refusal(me.post("/api/auth/otp", OWN)) == (409, "OTP_ON")
    assert names_of_events() == ["sign_in.succeeded", "sign_in.failed", "second_factor.confirmed"]
    assert refusal(sign_in(client)) == (401, "OTP_REQUIRED")
    assert refusal(sign_in(client, otp=code)) == (401, "OTP_WRONG")  # taken when it was set up
    # What the row keeps of the secret and of the codes is unreadable.
    assert codes[0].encode() not in bytes(RecoveryCode.objects.first().digest)


def test_a_code_is_asked_for_after_the_right_password_only_and_is_good_once(client, nora):
    assert refusal(sign_in(client, password="wrong", otp=code_now())) == (401, None)
    assert refusal(sign_in(client)) == (401, "OTP_REQUIRED")
    assert SignInSession.objects.count() == 0

    code = code_now()
    assert sign_in(client, otp=f"{code[:3]} {code[3:]}").status_code == 200
    assert refusal(sign_in(client, otp=code)) == (401, "OTP_WRONG")
    assert refusal(sign_in(client, otp=code_now(-30))) == (401, "OTP_WRONG")
    assert sign_in(client, otp=code_now(30)).status_code == 200
    assert [one.has_second_factor for one in SignInSession.objects.all()] == [True, True]


def test_wrong_codes_lock_like_wrong_passwords_and_the_password_alone_does_not_undo_it(
    client, nora, clock
):
    for _ in range(5):
        assert refusal(sign_in(client)) == (401, "OTP_REQUIRED")
        assert refusal(sign_in(client, otp="000000")) == (401, "OTP_WRONG")

    assert sign_in(client, otp=code_now()).status_code == 429
    assert names_of_events() == ["sign_in.failed"] * 4 + ["sign_in.locked"]
    clock.shift(31)
    assert refusal(sign_in(client)) == (401, "OTP_REQUIRED")
    assert sign_in(client, otp=code_now()).status_code == 200


def test_a_recovery_code_lets_in_once(client, nora):
    me = bearer(sign_in(client, otp=code_now(), cookie=False).json()["data"]["accessToken"])
    proof = {"password": PASSWORD, "otp": code_now(30)}
    codes = me.post("/api/auth/otp/recovery-codes", proof).json()["data"]["recoveryCodes"]

    assert sign_in(client, otp=codes[0].upper()).status_code == 200
    assert refusal(sign_in(client, otp=codes[0])) == (401, "OTP_WRONG")
    assert me.get("/api/auth/otp").json()["data"]["recoveryCodesLeft"] == 9
    used = Event.objects.get(name="recovery_code.used")
    assert used.data == {"left": 9}


def test_it_is_turned_off_with_password_and_code(client, nora):
    me = bearer(sign_in(client, otp=code_now(), cookie=False).json()["data"]["accessToken"])

    guess = me.post("/api/auth/otp/off", {"password": "wrong", "otp": code_now(30)})
    assert guess.json()["error"]["details"] == {
        "fields": {"password": ["This is not your password."]}
    }
    again = me.post("/api/auth/otp/off", {"password": PASSWORD, "otp": code_now()})
    assert again.status_code == 400
    assert me.get("/api/auth/otp").json()["data"]["confirmedAt"] == "2026-11-03T07:00:00Z"
    off = me.post("/api/auth/otp/off", {"password": PASSWORD, "otp": code_now(30)})
    assert (off.status_code, off.json()["data"]) == (200, None)
    nora.refresh_from_db()
    assert (nora.otp_secret, nora.otp_confirmed_at, nora.otp_last_step) == ("", None, 0)
    assert sign_in(client).status_code == 200
    assert refusal(me.post("/api/auth/otp/off", {"password": PASSWORD, "otp": "1"})) == (
        409,
        "OTP_OFF",
    )


@pytest.mark.django_db(transaction=True)
def test_of_four_who_show_one_code_at_once_one_gets_in(nora):
    code = code_now()
    with rivals(4) as at_once:
        answers = at_once(*[lambda: sign_in(Client(), otp=code).status_code] * 4)

    assert sorted(answers) == [200, 401, 401, 401]
    assert SignInSession.objects.count() == 1


def test_an_organization_that_wants_it_lets_nobody_work_without(
    client, salon, nora, django_capture_on_commit_callbacks
):
    User.objects.update(otp_confirmed_at=None)
    salon.requires_second_factor = True
    salon.save()
    me = bearer(sign_in(client, cookie=False).json()["data"]["accessToken"])

    assert refusal(me.get("/api/bookings")) == (403, "OTP_NEEDED")
    secret = me.post("/api/auth/otp", OWN).json()["data"]["secret"]
    code = pyotp.TOTP(secret).at(timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        confirmed = me.post("/api/auth/otp/confirm", {"otp": code})
    codes = confirmed.json()["data"]["recoveryCodes"]
    assert me.get("/api/bookings").status_code == 200
    off = me.post("/api/auth/otp/off", {"password": PASSWORD, "otp": codes[0]})
    assert refusal(off) == (409, "OTP_NEEDED")
    assert me.get("/api/auth/otp").json()["data"]["recoveryCodesLeft"] == 10


def test_whoever_finds_a_screen_unlocked_guesses_the_password_as_seldom_as_at_sign_in(client, nora):
    User.objects.update(otp_confirmed_at=None, otp_secret="")
    me = bearer(sign_in(client, cookie=False).json()["data"]["accessToken"])

    guesses = [me.post("/api/auth/otp", {"password": f"guess {n}"}).status_code for n in range(6)]

    assert guesses == [400] * 5 + [429]
    assert User.objects.get().otp_secret == ""


def test_the_operator_resets_it_wherever_somebody_works(client, salon, nora):
    school = OrganizationFactory(slug="school")
    MembershipFactory(organization=school, user=nora)
    me = bearer(sign_in(client, otp=code_now(), cookie=False).json()["data"]["accessToken"])
    told = StringIO()

    call_command("reset_second_factor", "--email", "NORA@salon.example", stdout=told)

    assert told.getvalue() == "The second factor is off. They can set up another.\n"
    nora.refresh_from_db()
    assert (nora.otp_secret, nora.otp_confirmed_at) == ("", None)
    assert me.get("/api/auth/otp").json()["data"]["confirmedAt"] is None
    events = Event.objects.filter(name="second_factor.reset")
    assert {(one.organization_id, one.subject_id, one.actor_kind) for one in events} == {
        (salon.pk, nora.pk, "command"),
        (school.pk, nora.pk, "command"),
    }
    with pytest.raises(CommandError, match=r"^No second factor is set up\.$"):
        call_command("reset_second_factor", "--email", "nora@salon.example")
    assert events.count() == 2
