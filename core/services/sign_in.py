"""Signing in: the password, and the session that begins with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from core.db import in_one_transaction, leave_proof
from core.errors import NotSignedIn
from core.models import RefreshToken, SignInSession, User
from core.services import guarding
from core.services.codes import take_code
from core.services.guarding import Attempt
from core.services.person_events import record_attempt, record_for_person
from core.services.sessions import end
from core.tokens import make_access_token, make_refresh_token, refresh_digest


class WrongPassword(NotSignedIn):
    """The same for an address that nobody has and for somebody who may not come in any more."""

    message = "This e-mail address and this password do not go together."


class CodeRequired(NotSignedIn):
    """The password was right, and this person has a second factor."""

    reason = "OTP_REQUIRED"
    message = "Give the code that your app shows."


class WrongCode(NotSignedIn):
    """No code of now, used before, or no recovery code that is left."""

    reason = "OTP_WRONG"
    message = "This code is not good. Take the next one that your app shows."


class SpentToken(NotSignedIn):
    """A refresh token that is unknown, over, or was used before: then its session is over too."""

    message = "This refresh token is not good. Sign in again."


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in: what the browser calls itself, and the network it is in."""

    device: str
    network: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its fresh tokens, whose texts are kept nowhere."""

    user: User
    session: SignInSession
    token: RefreshToken
    access_token: str
    refresh_token: str


def sign_in(*, email: str, password: str, place: Place, code: str = "") -> SignedIn:
    """Begin a session of the API. Records sign_in.succeeded, or what compare_password does.

    `code` is asked of who has a second factor, and not looked at otherwise. A wrong one counts
    like a wrong password. Raises WrongPassword, TooManyAttempts, and after the right password
    alone CodeRequired, WrongCode.
    """
    user, attempt = compare_password(email=email, password=password, network=place.network)
    if user.otp_confirmed_at is not None and not code:
        guarding.take_one_back(attempt)
        raise CodeRequired
    signed_in = _begin(user, place, code)
    if signed_in is None:
        note_failure(user, attempt)
        raise WrongCode
    guarding.take_back(attempt)
    return signed_in


def check_password(*, email: str, password: str, network: str) -> User:
    """Return whose e-mail address and password these are; a second factor is not asked for.

    Raises WrongPassword, TooManyAttempts.
    """
    user, attempt = compare_password(email=email, password=password, network=network)
    if user.otp_confirmed_at is None:
        guarding.take_back(attempt)
    else:
        guarding.take_one_back(attempt)
    return user


def check_code(user: User, *, code: str, network: str) -> None:
    """Use up a code of whoever gave the right password. A wrong one counts like a wrong password.

    Records sign_in.failed or sign_in.locked for it. Raises WrongCode, TooManyAttempts.
    """
    attempt = guarding.count_attempt(email=user.email, network=network)
    if not in_one_transaction(take_code)(user, code):
        note_failure(user, attempt)
        raise WrongCode
    guarding.take_back(attempt)


def compare_password(*, email: str, password: str, network: str) -> tuple[User, Attempt]:
    """Return whose e-mail address and password these are, and the attempt, still counted.

    Whoever calls this takes the attempt back once nothing more is to be proved. What is
    answered, and after how long, does not tell whether there is such an account. Records
    sign_in.failed, or sign_in.locked when it was wrong once too often.

    Raises WrongPassword, TooManyAttempts.
    """
    attempt = guarding.count_attempt(email=email, network=network)
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is not None and is_right(user, password):
        return user, attempt
    if user is None:
        User().set_password(password)  # costs what looking at a real one does
    note_failure(user, attempt)
    raise WrongPassword


def is_right(user: User, password: str) -> bool:
    """Tell whether somebody may come in with `password`; looks at it even when they may not."""
    return user.check_password(password) and user.is_active


@in_one_transaction
def note_failure(user: User | None, attempt: Attempt) -> None:
    """Record sign_in.failed, or sign_in.locked when nobody is let in for a while after it."""
    record_attempt(user, "sign_in.locked" if attempt.locks else "sign_in.failed")


@in_one_transaction
def _begin(user: User, place: Place, code: str) -> SignedIn | None:
    """Return None where the code is wrong of somebody who has a second factor."""
    has_second_factor = user.otp_confirmed_at is not None
    if has_second_factor and not take_code(user, code):
        return None
    now = timezone.now()
    session = SignInSession(
        user=user,
        kind=SignInSession.Kind.API,
        device=place.device,
        network=place.network,
        has_second_factor=has_second_factor,
        last_used_at=now,
        ends_at=now + timedelta(seconds=settings.REFRESH_TOKEN_TTL_SECONDS),
    )
    session.save(force_insert=True)
    user.last_login = now
    user.save(update_fields=["last_login"])
    record_for_person(
        user, "sign_in.succeeded", by=user.pk, session_id=session.pk, kind=session.kind
    )
    return _with_tokens(session)


def renew(*, refresh_token: str, place: Place) -> SignedIn:
    """Return new tokens of the same session for a refresh token, which is spent then.

    A spent one shown again was copied, and by which of the two nobody knows: its whole session
    ends, access tokens included. Records sign_in.reused. Raises SpentToken.
    """
    renewed = _renew(refresh_token, place)
    if renewed is None:
        raise SpentToken
    return renewed


@in_one_transaction
def _renew(refresh_token: str, place: Place) -> SignedIn | None:
    """Return None where it is refused: what was written because of that has to stay."""
    now = timezone.now()
    tokens = RefreshToken.objects.filter(digest=refresh_digest(refresh_token))
    session_id = tokens.values_list("session", flat=True).first()
    if session_id is None:
        return None
    # Everything that changes a session locks it first; its tokens are read after that.
    locked = SignInSession.objects.select_for_update(of=["self"]).select_related("user")
    session = locked.get(pk=session_id)
    token = tokens.get()
    if session.revoked_at is not None or not session.user.is_active:
        return None
    if token.spent_at is not None:
        end(session, SignInSession.EndReason.REUSED)
        record_for_person(session.user, "sign_in.reused", by=None, session_id=session.pk)
        return None
    if token.expires_at <= now:
        return None
    token.spent_at = now
    token.save(update_fields=["spent_at"])
    session.device, session.network = place.device, place.network
    session.last_used_at = now
    session.ends_at = now + timedelta(seconds=settings.REFRESH_TOKEN_TTL_SECONDS)
    session.save(update_fields=["device", "network", "last_used_at", "ends_at", "updated_at"])
    renewed = _with_tokens(session)
    # No event says that it was renewed. Were the answer to the commit lost, whoever repeats
    # this would take the first attempt's own work for a copied token.
    leave_proof(renewed.token)
    return renewed


def _with_tokens(session: SignInSession) -> SignedIn:
    """Give a session its next refresh token, good for as long as the session is."""
    text = make_refresh_token()
    row = RefreshToken(session=session, digest=refresh_digest(text), expires_at=session.ends_at)
    row.save(force_insert=True)
    return SignedIn(
        user=session.user,
        session=session,
        token=row,
        access_token=make_access_token(user_id=session.user_id, session_id=session.pk),
        refresh_token=text,
    )
