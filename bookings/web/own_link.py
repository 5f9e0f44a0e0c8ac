"""A customer's one-time link: asked for by e-mail address, opened by one click of a person.

Mail scanners follow links, so looking at one changes nothing. The pages need no CSRF token: a
forged form could ask for a mail, which anybody can, or open a link, which is its own credential;
and whoever is in is known by a cookie that browsers send with no other website's forms.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bookings.errors import LinkOver
from bookings.models import Customer, CustomerLink
from bookings.selectors.own_view import link_named_by, visit_of, visit_token
from bookings.services.customer_link import ask_for_link, open_link
from bookings.web.framing import caller_for, language_for
from bookings.web.managed import guarded
from bookings.web.sentences import too_many
from core.access import Caller, CallerKind
from core.api.errors import STATUS_OF
from core.api.throttling import address_of, limited
from core.db import retrying
from core.errors import NotFound, Unavailable
from core.models import Organization
from core.rates import RateClass, count

COOKIE = "holdfast_visit"
GONE = 410


class AskForm(forms.Form):
    """Where the link is sent, if the address is known."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "aria-required": "true"}),
        error_messages={
            "invalid": gettext_lazy("Write an address like mia@example.com."),
            "required": gettext_lazy("This is needed."),
        },
    )

    def __init__(self, sent: Any = None) -> None:
        super().__init__(sent, auto_id="%s")
        self.use_required_attribute = False


def show_form(
    request: HttpRequest, organization: Organization, *, form: AskForm | None = None
) -> HttpResponse:
    """Ask for the address, or say what is wrong with the one that was typed."""
    form = form or AskForm()
    if form.errors:
        form.fields["email"].widget.attrs |= {
            "aria-invalid": "true",
            "aria-describedby": "wrong-email",
            "autofocus": True,
        }
    return _form(request, organization, form, status=400 if form.errors else 200)


def answer_form(request: HttpRequest, organization: Organization) -> HttpResponse:
    """Send the link, or do not: the answer is the same, in words and in time."""
    form = AskForm(request.POST)
    if not form.is_valid():
        return show_form(request, organization, form=form)
    email = form.cleaned_data["email"]
    if (refused := _counted(request, email)) is not None:
        why, status = refused
        return _form(
            request, organization, form, refused=too_many(why, organization), status=status
        )
    ask_for_link(organization, email, caller=caller_for(organization))
    return HttpResponseRedirect(f"{reverse('own:own', args=[organization.slug])}?done=asked")


def _counted(request: HttpRequest, email: str) -> tuple[str, int] | None:
    """Count this against the network it comes from, and against the address, known or not.

    Returns why it is refused, and the status of that; None when it may go on.
    """
    for client in (address_of(request), f"link:{Customer.index_of_email(email).hex()}"):
        usage = count(RateClass.STANDARD, client)
        if not usage.is_known:
            return "NOBODY_COUNTS", STATUS_OF[Unavailable.code]
        if usage.is_exceeded:
            return "ASKED_TOO_OFTEN", STATUS_OF["RATE_LIMITED"]
    return None


def _form(
    request: HttpRequest,
    organization: Organization,
    form: AskForm,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "organization": organization,
        "form": form,
        "refused": refused,
        "done": request.GET.get("done", ""),
        "minutes": settings.CUSTOMER_LINK_MINUTES,
        "address": reverse("own:own", args=[organization.slug]),
    }
    return render(request, "own/ask.html", context, status=status)


@limited(RateClass.LENIENT)
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def open_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """One button; a POST uses the link up and leads on to everything of the customer's own."""
    try:
        link = retrying(link_named_by, token)
    except NotFound:
        with translation.override(language_for(request, None)):
            return guarded(render(request, "manage/nothing_here.html", status=404))
    request.caller = caller_of(link)  # type: ignore[attr-defined]  # for the log lines
    with translation.override(language_for(request, link.organization)):
        if request.method != "POST":
            return guarded(_show(request, link))
        try:
            return guarded(_opened(open_link(link, caller=caller_of(link))))
        except LinkOver:
            return guarded(_show(request, retrying(link_named_by, token)))


def _show(request: HttpRequest, link: CustomerLink) -> HttpResponse:
    can_be_opened = link.can_be_opened_at(timezone.now())
    context = {
        "organization": link.organization,
        "can_be_opened": can_be_opened,
        "address": request.path,
        "own_address": reverse("own:own", args=[link.organization.slug]),
        "minutes": settings.CUSTOMER_LINK_MINUTES,
        "hours": settings.CUSTOMER_VISIT_HOURS,
    }
    return render(request, "own/open.html", context, status=200 if can_be_opened else GONE)


def _opened(link: CustomerLink) -> HttpResponse:
    """Let the browser in, and lead to everything of the customer's own."""
    address = reverse("own:own", args=[link.organization.slug])
    response = HttpResponseRedirect(address)
    response.set_cookie(
        COOKIE,
        visit_token(link),
        max_age=settings.CUSTOMER_VISIT_HOURS * 3600,
        path=address,  # no other organization's page ever sees it
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def visit_in(request: HttpRequest, organization: Organization) -> CustomerLink | None:
    """Return the link by which whoever asks is in at `organization`; None when they are not."""
    token = request.COOKIES.get(COOKIE, "")
    if not token:
        return None
    return retrying(visit_of, token, organization=organization, now=timezone.now())


def caller_of(link: CustomerLink) -> Caller:
    return Caller(
        CallerKind.CUSTOMER, link.organization_id, id=link.customer_id, scopes=frozenset()
    )
