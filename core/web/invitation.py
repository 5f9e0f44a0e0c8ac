"""The page that an invitation's mail leads to: somebody new sets a password, others sign in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core import times
from core.access import Role
from core.admin.context import CHOSEN
from core.admin.refusals import sentence_of
from core.admin.roles import ROLES, tell
from core.api.throttling import limited
from core.db import retrying
from core.errors import DomainError, NotFound
from core.invitations import invitation_named_by
from core.languages import first_spoken
from core.models import Invitation, Organization, User
from core.rates import RateClass
from core.services.invitation import accept_as_somebody_new, accept_as_user, account_of, is_open
from core.times import zone_of

GONE = 410


class AccountForm(forms.Form):
    """What somebody new says. What makes a password good enough the service knows."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name", "aria-required": "true"}),
        error_messages={"required": gettext_lazy("This is needed.")},
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "aria-required": "true"}),
        error_messages={"required": gettext_lazy("This is needed.")},
    )

    def __init__(self, sent: Any = None) -> None:
        super().__init__(sent, auto_id="%s")
        self.use_required_attribute = False


@limited(RateClass.LENIENT)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show who is invited to what; a POST accepts. Looking at it changes nothing."""
    try:
        invitation = retrying(invitation_named_by, token)
    except NotFound:
        with translation.override(_language(request, None)):
            return _guarded(render(request, "invitation/over.html", status=404))
    organization = invitation.organization
    with (
        translation.override(_language(request, organization)),
        timezone.override(zone_of(organization.timezone)),
    ):
        if not is_open(invitation):
            context = {"organization": organization}
            return _guarded(render(request, "invitation/over.html", context, status=GONE))
        return _guarded(_answer(request, invitation))


def _answer(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    if account_of(invitation) is None:
        return _for_somebody_new(request, invitation)
    user = request.user
    is_theirs = isinstance(user, User) and user.email.casefold() == invitation.email.casefold()
    if request.method != "POST" or not isinstance(user, User) or not is_theirs:
        return _show(request, invitation, who="themselves" if is_theirs else "known")
    try:
        membership = accept_as_user(invitation, user)
    except DomainError as error:
        return _show(request, invitation, who="themselves", refused=sentence_of(error))
    request.session[CHOSEN] = str(membership.organization_id)
    return HttpResponseRedirect(reverse("admin:index"))


def _for_somebody_new(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    form = AccountForm(request.POST if request.method == "POST" else None)
    refused = ""
    if form.is_valid():
        try:
            accept_as_somebody_new(invitation, **form.cleaned_data)
        except DomainError as error:
            tell(form, error)
            refused = " ".join(str(one) for one in form.non_field_errors())
        else:
            return _show(request, invitation, who="done")
    return _show(request, invitation, who="new", form=form, refused=refused)


def _show(request: HttpRequest, invitation: Invitation, **context: Any) -> HttpResponse:
    form = context.get("form")
    is_wrong = bool(context.get("refused") or (form and form.errors))
    context |= {
        "organization": invitation.organization,
        "invitation": invitation,
        "role": ROLES[Role(invitation.role)][0],
        "until": times.moment(invitation.expires_at),
        "address": request.path,
        "sign_in_address": reverse("admin:login"),
        "somebody_else": request.user.is_authenticated and context["who"] == "known",
    }
    return render(request, "invitation/invitation.html", context, status=400 if is_wrong else 200)


def _language(request: HttpRequest, organization: Organization | None) -> str:
    """Return what the browser asks for, where we speak it; else the organization's language."""
    if organization is None or "Accept-Language" in request.headers:
        return translation.get_language_from_request(request)
    return first_spoken(organization.locale)


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    """The address is a secret: no cache and no search engine keeps it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Content-Language", translation.get_language() or "en")
    patch_vary_headers(response, ["Accept-Language"])
    patch_cache_control(response, private=True, no_store=True)
    return response
