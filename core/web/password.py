"""The pages of who forgot their password: asking for a link, and what the link opens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core.admin.roles import tell
from core.api.throttling import limited
from core.db import retrying
from core.errors import DomainError, NotFound
from core.password_links import password_reset_named_by
from core.rates import RateClass
from core.services.passwords import ResetOver, is_open, request_reset, reset_password

GONE = 410
NEEDED = {"required": gettext_lazy("This is needed.")}


class ForgottenForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username", "aria-required": "true"}),
        error_messages=NEEDED,
    )

    def __init__(self, sent: Any = None) -> None:
        super().__init__(sent, auto_id="%s")
        self.use_required_attribute = False


class NewPasswordForm(forms.Form):
    """What makes a password good enough the service knows."""

    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "aria-required": "true"}),
        error_messages=NEEDED,
    )

    def __init__(self, sent: Any = None) -> None:
        super().__init__(sent, auto_id="%s")
        self.use_required_attribute = False


@limited(RateClass.STANDARD)
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for the address; what is answered does not tell whether somebody has it."""
    with translation.override(translation.get_language_from_request(request)):
        form = ForgottenForm(request.POST if request.method == "POST" else None)
        is_sent = form.is_valid()
        if is_sent:
            request_reset(form.cleaned_data["email"])
        context = {"form": form, "is_sent": is_sent}
        status = 400 if form.errors else 200
        return _guarded(render(request, "password/forgotten.html", context, status=status))


@limited(RateClass.STANDARD)
@require_http_methods(["GET", "HEAD", "POST"])
def reset_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what a link opens; a POST sets the password. Looking at it changes nothing."""
    with translation.override(translation.get_language_from_request(request)):
        try:
            reset = retrying(password_reset_named_by, token)
        except NotFound:
            return _guarded(render(request, "password/over.html", status=404))
        if not is_open(reset):
            return _guarded(render(request, "password/over.html", status=GONE))
        form = NewPasswordForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                reset_password(reset, password=form.cleaned_data["password"])
            except ResetOver:
                return _guarded(render(request, "password/over.html", status=GONE))
            except DomainError as error:
                tell(form, error)
            else:
                return _guarded(render(request, "password/reset.html", {"is_done": True}))
        context = {"form": form, "address": request.path, "email": reset.user.email}
        status = 400 if form.errors else 200
        return _guarded(render(request, "password/reset.html", context, status=status))


def _guarded(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no cache and no search engine keeps it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Content-Language", translation.get_language() or "en")
    patch_vary_headers(response, ["Accept-Language"])
    patch_cache_control(response, private=True, no_store=True)
    return response
