"""Signing in to the console: guarded like the API, and a session that can be ended elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from core.admin.refusals import sentence_of, sentences_by_field
from core.api.people import place_of
from core.errors import DomainError, NotFound, TooManyAttempts
from core.models import SignInSession, User
from core.services.console_sessions import begin_console_session, is_live, note_console_sign_in
from core.services.passwords import change_password
from core.services.sessions import end_session
from core.services.sign_in import Place, WrongPassword, check_password

SIGN_IN = "sign_in"  # the session's key for the id of its SignInSession
# Where it matters who is signed in by a cookie; anywhere else nobody is looked up.
SIGNED_IN = ("/admin/", "/invitation/")


class CodeIsWanted(Exception):
    """The password was right, and `user` has a second factor."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user


class SignInForm(AuthenticationForm):
    """The same guard as the API's, and the same words whether or not there is such an account."""

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if email and password:
            network = place_of(self.request).network
            try:
                self.user_cache = check_password(email=email, password=password, network=network)
            except WrongPassword as error:
                raise self.get_invalid_login_error() from error
            except TooManyAttempts as error:
                raise ValidationError(too_many(error)) from error
            self.confirm_login_allowed(self.user_cache)
            if self.user_cache.otp_confirmed_at is not None:
                raise CodeIsWanted(self.user_cache)
        return self.cleaned_data


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """The service looks at the old password, changes it, and signs out everywhere else."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        return str(self.cleaned_data["old_password"])  # the service's to look at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            change_password(
                user=self.user,
                password=cleaned["old_password"],
                new_password=cleaned["new_password1"],
                keep=sign_in_of(self.request),
                network=place_of(self.request).network,
            )
        except TooManyAttempts as error:
            self.add_error("old_password", too_many(error))
        except DomainError as error:
            told = sentences_by_field(error)
            self.add_error("old_password", told.get("password", [sentence_of(error)]))
        return cleaned

    def save(self, commit: bool = True) -> User:
        self.user.refresh_from_db()
        return self.user


class OwnPasswordChange(PasswordChangeView):
    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The password is changed."))
        return super().form_valid(form)


class LiveSession:
    """Sign out whoever's session was ended from elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_cookie and request.path_info.startswith(SIGNED_IN):
            session_id = sign_in_of(request)
            if session_id is not None and not is_live(session_id):
                logout(request)
        return self.get_response(request)


def sign_in_of(request: HttpRequest) -> UUID | None:
    """Return the id of the SignInSession in which the console is used."""
    text = request.session.get(SIGN_IN)
    return UUID(text) if text else None


def note_sign_in(request: HttpRequest) -> None:
    """Record that somebody has just signed in by the console's own page."""
    session_id = sign_in_of(request)
    if session_id is not None and isinstance(request.user, User):
        note_console_sign_in(request.user, session_id)


def too_many(error: TooManyAttempts) -> str:
    return _("Too many attempts. Try again in %(seconds)s s.") % {
        "seconds": error.retry_after_seconds
    }


@receiver(user_logged_in)
def _begin(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    place = place_of(request) if "REMOTE_ADDR" in request.META else Place("", "")
    key = request.session.session_key or ""
    session = begin_console_session(user.pk, key=key, place=place)
    request.session[SIGN_IN] = str(session.pk)


@receiver(user_logged_out)
def _end(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    session_id = sign_in_of(request)
    if session_id is not None and user is not None:
        with suppress(NotFound):  # swept away since
            reason = SignInSession.EndReason.SIGNED_OUT
            end_session(session_id, user_id=user.pk, by=user.pk, reason=reason)
