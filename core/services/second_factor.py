"""The second factor: set up with an app, proved by a code, turned off, reset by an admin."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import segno
from django.db import transaction
from django.utils import timezone

from core import known_keys
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Conflict, Invalid
from core.models import Membership, RecoveryCode, SignInSession, User
from core.services import guarding
from core.services.codes import (
    link_of,
    make_recovery_codes,
    make_secret,
    plain_code,
    step_of,
    take_code,
)
from core.services.guarding import Attempt
from core.services.membership import NotOnlyYours, lock_member_of_ours
from core.services.person_events import By, record_for_person
from core.services.sign_in import WrongPassword, compare_password, note_failure


class SecondFactorIsOn(Conflict):
    reason = "OTP_ON"
    message = "The second factor is set up already. Turn it off first."


class SecondFactorIsOff(Conflict):
    reason = "OTP_OFF"
    message = "No second factor is set up."


class SecondFactorNotBegun(Conflict):
    reason = "OTP_NOT_BEGUN"
    message = "Ask for a secret first."


class SecondFactorIsNeeded(Conflict):
    reason = "OTP_NEEDED"
    message = "An organization that you work in wants everybody to have a second factor."


class SecondFactorNotOnlyYours(Conflict):
    reason = "OTP_NOT_ONLY_YOURS"
    message = "This person also works elsewhere, so only they can turn off their second factor."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is told: the secret, its otpauth address, and that as a picture."""

    secret: str
    uri: str
    qr: str


def begin_second_factor(user: User, *, password: str, network: str) -> Enrolment:
    """Give somebody a new secret, which counts for nothing before a code of it confirmed it.

    The password is asked for again, so that nobody who finds a screen unlocked makes the account
    theirs. A wrong one counts as when signing in. Raises SecondFactorIsOn, Invalid,
    TooManyAttempts.
    """
    if user.otp_confirmed_at is not None:
        raise SecondFactorIsOn
    user, attempt = _compare(user, password, network)
    guarding.take_back(attempt)
    return _give_secret(user.pk)


@in_one_transaction
def _give_secret(user_id: UUID) -> Enrolment:
    user = _locked(user_id)
    if user.otp_confirmed_at is not None:
        raise SecondFactorIsOn
    user.otp_secret, user.otp_last_step = make_secret(), 0
    user.save(update_fields=["otp_secret", "otp_last_step", "updated_at"])
    return enrolment_of(user)


def enrolment_of(user: User) -> Enrolment:
    """Return what an app is told of a secret that somebody has."""
    uri = link_of(user)
    # An svg element to stand in a page, as large as the page wants it: no script, no style.
    picture = segno.make(uri, micro=False).svg_inline(light="#fff", omitsize=True)
    return Enrolment(user.otp_secret, uri, picture)


@in_one_transaction
def confirm_second_factor(user_id: UUID, *, code: str, session_id: UUID | None) -> list[str]:
    """Let the second factor count from now on; return the ten recovery codes, shown never again.

    The session in which that is done, if it is one of the API, has proved it. Records
    second_factor.confirmed. Raises SecondFactorIsOn, SecondFactorNotBegun, Invalid.
    """
    user = _locked(user_id)
    if user.otp_confirmed_at is not None:
        raise SecondFactorIsOn
    if not user.otp_secret:
        raise SecondFactorNotBegun
    step = step_of(user.otp_secret, plain_code(code))
    if step is None:
        raise wrong_code()
    user.otp_confirmed_at, user.otp_last_step = timezone.now(), step
    user.save(update_fields=["otp_confirmed_at", "otp_last_step", "updated_at"])
    if session_id is not None:
        SignInSession.objects.filter(user=user, pk=session_id).update(has_second_factor=True)
    record_for_person(user, "second_factor.confirmed", by=user.pk)
    transaction.on_commit(known_keys.forget_everywhere)
    return make_recovery_codes(user)


def turn_second_factor_off(user: User, *, password: str, code: str, network: str) -> None:
    """Let the password alone be enough again. Records second_factor.removed.

    A wrong password or code counts as when signing in. Raises SecondFactorIsOff,
    SecondFactorIsNeeded, Invalid, TooManyAttempts.
    """
    theirs = Membership.objects.filter(user=user, organization__is_active=True)
    if theirs.filter(organization__requires_second_factor=True).exists():
        raise SecondFactorIsNeeded
    _prove(user, password=password, code=code, network=network, forget=True)


def renew_recovery_codes(user: User, *, password: str, code: str, network: str) -> list[str]:
    """Return ten new recovery codes; the old ones are good for nothing any more.

    Records recovery_codes.made. Raises SecondFactorIsOff, Invalid, TooManyAttempts.
    """
    return _prove(user, password=password, code=code, network=network, forget=False)


@in_one_transaction
def reset_second_factor_of(membership: Membership, *, caller: Caller) -> None:
    """Take the second factor from a member who lost it, so that they can set up another.

    Only for who works nowhere else and does not administer the installation, as with their
    password. Records second_factor.reset. Raises SecondFactorIsOff,
    SecondFactorNotOnlyYours, NotYoursToGive, Forbidden.
    """
    try:
        membership = lock_member_of_ours(membership, caller)
    except NotOnlyYours as error:
        raise SecondFactorNotOnlyYours from error
    reset_second_factor(membership.user, by=caller)


@in_one_transaction
def reset_second_factor(user: User, *, by: By) -> None:
    """Take the second factor from somebody who lost it, wherever they work.

    Records second_factor.reset, for each of their organizations. Raises SecondFactorIsOff.
    """
    user = _locked(user.pk)
    if user.otp_confirmed_at is None:
        raise SecondFactorIsOff
    _forget(user)
    record_for_person(user, "second_factor.reset", by=by)


def wrong_code() -> Invalid:
    return Invalid.at("otp", "This code is not good. Take the next one that the app shows.")


def _prove(user: User, *, password: str, code: str, network: str, forget: bool) -> list[str]:
    if user.otp_confirmed_at is None:
        raise SecondFactorIsOff
    user, attempt = _compare(user, password, network)
    codes = _after_code(user.pk, code, forget=forget)
    if codes is None:
        note_failure(user, attempt)
        raise wrong_code()
    guarding.take_back(attempt)
    return codes


def _compare(user: User, password: str, network: str) -> tuple[User, Attempt]:
    """Look at one's own password. Raises Invalid, TooManyAttempts."""
    try:
        return compare_password(email=user.email, password=password, network=network)
    except WrongPassword as error:
        raise Invalid.at("password", "This is not your password.") from error


@in_one_transaction
def _after_code(user_id: UUID, code: str, *, forget: bool) -> list[str] | None:
    """Return None for a wrong code."""
    user = _locked(user_id)
    if user.otp_confirmed_at is None:
        raise SecondFactorIsOff
    if not take_code(user, code):
        return None
    if forget:
        _forget(user)
        record_for_person(user, "second_factor.removed", by=user.pk)
        return []
    record_for_person(user, "recovery_codes.made", by=user.pk)
    return make_recovery_codes(user)


def _forget(user: User) -> None:
    user.otp_secret, user.otp_confirmed_at, user.otp_last_step = "", None, 0
    user.save(update_fields=["otp_secret", "otp_confirmed_at", "otp_last_step", "updated_at"])
    RecoveryCode.objects.filter(user=user).delete()
    SignInSession.objects.filter(user=user).update(has_second_factor=False)
    transaction.on_commit(known_keys.forget_everywhere)


def _locked(user_id: UUID) -> User:
    return User.objects.select_for_update().get(pk=user_id)
