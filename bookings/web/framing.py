"""What every page of the booking page has around it: whose it is, its language, its frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from bookings.selectors.page import organization_with_page
from core.access import Caller, CallerKind
from core.models import Organization

View = Callable[..., HttpResponseBase]


def booking_page(view: View) -> View:
    """Find the organization that the address names and give `view` its request and that.

    Where there is none, or `view` raises Http404, a kind page says so. The page is in the
    reader's language where we speak it, else in the organization's, and only the websites that
    the organization names may show it in a frame.
    """

    @wraps(view)
    def page(request: HttpRequest, organization: str, **named: str) -> HttpResponseBase:
        found = organization_with_page(organization)
        if found is not None:
            request.caller = caller_for(found)  # type: ignore[attr-defined]  # for the log lines
        with translation.override(language_for(request, found)):
            try:
                response = view(request, found, **named) if found else _nothing(request, None)
            except Http404:
                response = _nothing(request, found)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        patch_vary_headers(response, ["Accept-Language"])
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return framed(request, response, found)

    # Neither a cookie nor a session is used: see tokens.
    exempt: View = csrf_exempt(page)
    return exempt


def _nothing(request: HttpRequest, organization: Organization | None) -> HttpResponse:
    context = {"organization": organization}
    return render(request, "book/nothing_here.html", context, status=404)


def caller_for(organization: Organization) -> Caller:
    """Return who the services are told is acting: somebody, known by what they type."""
    return Caller(CallerKind.CUSTOMER, organization.pk)


def language_for(request: HttpRequest, organization: Organization | None) -> str:
    """Return the first language of the browser that we speak, else the organization's."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    spoken_there = [organization.locale] if organization else []
    for language in [*(code for code, _ in asked), *spoken_there]:
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def framed(
    request: HttpRequest, response: HttpResponseBase, organization: Organization | None
) -> HttpResponseBase:
    """Let the websites that the organization names, and no other, show this in a frame."""
    origins = organization.embed_origins if organization else []
    if not origins:
        return response
    # The older header knows only "nobody" and "ourselves", so it stays away.
    setattr(response, "xframe_options_exempt", True)  # noqa: B010  (as Django's decorator does)
    allow = csp_replace({"frame-ancestors": ["'self'", *origins]})
    return allow(lambda _: response)(request)
