"""Signing in to the console with a second factor: after the password, a page for the code."""

from __future__ import annotations

from time import time
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from core.admin.context import desk_of
from core.admin.signing_in import note_sign_in, sign_in_of, too_many
from core.api.people import place_of
from core.errors import TooManyAttempts
from core.models import User
from core.services.console_sessions import note_second_factor
from core.services.sign_in import WrongCode, check_code

WAITING = "second_step"  # the session's key for who gave their password and no code yet
PROVED = "second_factor"  # and for which second factor was proved in it
WAITS_SECONDS = 300
BACKEND = "django.contrib.auth.backends.ModelBackend"


class CodeForm(forms.Form):
    otp = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("What your app shows now, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )


def ask_for_code(request: HttpRequest, user: User) -> HttpResponse:
    """Remember for five minutes that the password was right, and lead to the page for the code."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    host = request.get_host()
    is_ours = url_has_allowed_host_and_scheme(asked, {host}, require_https=request.is_secure())
    request.session[WAITING] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "until": time() + WAITS_SECONDS,
        "next": asked if is_ours else reverse("admin:index"),
    }
    return HttpResponseRedirect(reverse("admin:login_code"))


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code; a good one signs in. Wrong ones count like wrong passwords."""
    user = _who_waits(request)
    if user is None:
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        network = place_of(request).network
        try:
            check_code(user, code=form.cleaned_data["otp"], network=network)
        except WrongCode:
            form.add_error("otp", _("This code is not good. Take the next one that the app shows."))
        except TooManyAttempts as error:
            form.add_error("otp", too_many(error))
        else:
            return _let_in(request, user)
    context = {**admin.site.each_context(request), "title": _("Sign in"), "form": form}
    return TemplateResponse(request, "admin/login_code.html", context)


def remember_proof(request: HttpRequest, user: User) -> None:
    """Write on the session, and where it is listed, that the second factor was proved in it."""
    request.session[PROVED] = _mark(user)
    session_id = sign_in_of(request)
    if session_id is not None:
        note_second_factor(session_id)


def has_proved(request: HttpRequest) -> bool:
    """Say whether the second factor that the person has now was proved in this session."""
    user: Any = request.user
    if user.otp_confirmed_at is None:
        return False
    return constant_time_compare(request.session.get(PROVED, ""), _mark(user))


def has_to_prove(request: HttpRequest) -> bool:
    """Say whether this organization lets nobody work without a second factor, and them not yet."""
    organization = desk_of(request).organization
    if organization is None or not organization.requires_second_factor:
        return False
    return not has_proved(request)


def _let_in(request: HttpRequest, user: User) -> HttpResponseBase:
    leads_to = request.session.pop(WAITING)["next"]
    login(request, user, backend=BACKEND)
    remember_proof(request, user)
    note_sign_in(request)
    return HttpResponseRedirect(leads_to)


def _who_waits(request: HttpRequest) -> User | None:
    """Return who gave their password lately, and has changed neither it nor the factor since."""
    waiting = request.session.get(WAITING)
    if waiting is None or waiting["until"] < time():
        return None
    user: User | None = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or user.otp_confirmed_at is None:
        return None
    is_same = constant_time_compare(user.get_session_auth_hash(), waiting["hash"])
    return user if is_same else None


def _mark(user: User) -> str:
    """Return what tells a second factor from the one that somebody had before."""
    return user.otp_confirmed_at.isoformat() if user.otp_confirmed_at else ""
