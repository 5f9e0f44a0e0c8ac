"""One's own second factor in the console: set up with an app, new recovery codes, turned off."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core import times
from core.admin.context import desk_of
from core.admin.pages import console_page
from core.admin.refusals import say
from core.admin.roles import tell
from core.admin.second_step import CodeForm, ask_for_code, has_to_prove, remember_proof
from core.admin.signing_in import too_many
from core.api.people import place_of
from core.errors import DomainError, TooManyAttempts
from core.models import User
from core.services.codes import recovery_codes_left
from core.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    enrolment_of,
    renew_recovery_codes,
    turn_second_factor_off,
)

BEGUN = "second_factor_begun"  # the session's key for until when the secret is shown
SECRET_IS_SHOWN_SECONDS = 900
WRONG_CODE = "This code is not good. Take the next one that the app shows."
say(
    {
        "OTP_ON": gettext_lazy("The second factor is on already."),
        "OTP_OFF": gettext_lazy("The second factor is off."),
        "OTP_NOT_BEGUN": gettext_lazy("Begin again."),
        "OTP_NEEDED": gettext_lazy(
            "An organization that you work in wants everybody to have a second factor."
        ),
        "OTP_NOT_ONLY_YOURS": gettext_lazy(
            "This person also works elsewhere, so only they can turn off their second factor."
        ),
        WRONG_CODE: gettext_lazy("This code is not good. Take the next one that the app shows."),
        "This is not your password.": gettext_lazy("This is not your password."),
    }
)


class FirstCodeForm(CodeForm):
    """There are no recovery codes yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["otp"].help_text = ""


class OwnPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ProofForm(CodeForm, OwnPasswordForm):
    field_order = ("password", "otp")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["otp"].widget.attrs["autofocus"]


@console_page("account/second-factor/", name="second_factor")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Show whether it is on, and what can be done; a POST does it."""
    user: Any = request.user
    if user.otp_confirmed_at is not None and has_to_prove(request):
        return ask_for_code(request, user)
    act = ACTS.get(request.POST.get("go", ""))
    if request.method == "POST" and act is not None:
        return act(request, user)
    return _page(request, user)


def _begin(request: HttpRequest, user: User) -> HttpResponseBase:
    form = OwnPasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form=form)
    network, password = place_of(request).network, form.cleaned_data["password"]
    try:
        begin_second_factor(user, password=password, network=network)
    except DomainError as error:
        return _page(request, user, form=form, error=error)
    request.session[BEGUN] = time() + SECRET_IS_SHOWN_SECONDS
    return HttpResponseRedirect(_here())


def _confirm(request: HttpRequest, user: User) -> HttpResponseBase:
    if not _has_begun(request):
        return HttpResponseRedirect(_here())
    form = FirstCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form=form)
    try:
        codes = confirm_second_factor(user.pk, code=form.cleaned_data["otp"], session_id=None)
    except DomainError as error:
        return _page(request, user, form=form, error=error)
    del request.session[BEGUN]
    user.refresh_from_db()
    remember_proof(request, user)
    return _codes(request, codes)


def _renew(request: HttpRequest, user: User) -> HttpResponseBase:
    form = ProofForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form=form)
    try:
        codes = renew_recovery_codes(user, **_proof(request, form))
    except DomainError as error:
        return _page(request, user, form=form, error=error)
    return _codes(request, codes)


def _off(request: HttpRequest, user: User) -> HttpResponseBase:
    form = ProofForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form=form)
    try:
        turn_second_factor_off(user, **_proof(request, form))
    except DomainError as error:
        return _page(request, user, form=form, error=error)
    messages.success(request, _("The second factor is off."))
    return HttpResponseRedirect(_here())


ACTS: dict[str, Callable[[HttpRequest, User], HttpResponseBase]] = {
    "begin": _begin,
    "confirm": _confirm,
    "codes": _renew,
    "off": _off,
}


def _proof(request: HttpRequest, form: ProofForm) -> dict[str, Any]:
    return {
        "password": form.cleaned_data["password"],
        "code": form.cleaned_data["otp"],
        "network": place_of(request).network,
    }


def _page(
    request: HttpRequest,
    user: User,
    *,
    form: forms.Form | None = None,
    error: DomainError | None = None,
) -> HttpResponseBase:
    form = form or _first_form(request, user)
    if isinstance(error, TooManyAttempts):
        form.add_error(None, too_many(error))
    elif error is not None and form.is_bound:
        tell(form, error)
    context: dict[str, Any] = {"form": form, "is_wanted": has_to_prove(request)}
    if user.otp_confirmed_at is not None:
        context["since"] = times.moment(user.otp_confirmed_at)
        context["left"] = recovery_codes_left(user)
    elif _has_begun(request) and user.otp_secret:
        enrolment = enrolment_of(user)
        # Drawn by the library out of squares; nothing that somebody typed stands in it.
        context["qr"] = mark_safe(enrolment.qr)  # noqa: S308
        context["secret"] = _in_fours(enrolment.secret)
        context["uri"] = enrolment.uri
    return _show(request, "admin/console/second_factor.html", **context)


def _first_form(request: HttpRequest, user: User) -> forms.Form:
    if user.otp_confirmed_at is not None:
        return ProofForm()
    return FirstCodeForm() if _has_begun(request) else OwnPasswordForm()


def _has_begun(request: HttpRequest) -> bool:
    """Say whether the password was given in this session lately: then the secret is shown."""
    return time() < request.session.get(BEGUN, 0)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponseBase:
    return _show(request, "admin/console/recovery_codes.html", codes=codes)


def _show(request: HttpRequest, template: str, **more: Any) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "organization": desk_of(request).organization,
        "up_url": reverse("admin:account"),
        "up_title": _("Your account"),
        **more,
    }
    return TemplateResponse(request, template, context)


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _here() -> str:
    return reverse("admin:second_factor")
